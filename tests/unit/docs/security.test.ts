// docs/security.md lists the capabilities as in the code.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const names = (text: string): string[] =>
  [...text.matchAll(/`((?:proxy|environ|random)_\w+)`/g)].map(([, name]) => name ?? "");

const rows = read("docs/security.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split(" | ").map((cell) => cell.trim()));

test("each import and each callback of the module is in one row", async () => {
  const module = await WebAssembly.compile(readFileSync(new URL("../../../build/lightspan.wasm", import.meta.url)));
  const used = [...WebAssembly.Module.imports(module), ...WebAssembly.Module.exports(module)].map(({ name }) => name);
  const capabilities = used.filter((name) => /^(proxy_(?!abi)|environ_|random_)/.test(name));
  assert.deepEqual(rows.flatMap(([left = ""]) => names(left)).sort(), capabilities.sort());
});

test("the rows of those that cause every configuration to be refused are what the code needs", () => {
  const refusing = rows.filter(([, right = ""]) => right.startsWith("the configuration is refused"));
  const needed = [...read("assembly/host/capabilities.ts").matchAll(/need\("(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(refusing.flatMap(([left = ""]) => names(left)).sort(), needed.sort());
});

test("mere costs are described in the words of the log", () => {
  const costs = [...read("assembly/host/capabilities.ts").matchAll(/tell\(\w+, "([^"]+)", "([^"]+)"\)/g)];
  assert.equal(costs.length, 3);
  for (const [, list = "", cost = ""] of costs) {
    const row = rows.find(([left = ""]) => names(left).join(", ") === list);
    assert.ok(row?.[1]?.startsWith(cost), `${list}: ${cost}`);
  }
});
