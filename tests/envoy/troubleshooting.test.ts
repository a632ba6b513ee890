// The words of Envoy's log that docs/troubleshooting.md tells people to look for, against Envoy's log: the smallest example,
// with one thing wrong in it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { run } from "../../envoy/command.ts";
import { envoyBinary, wasm } from "./ground.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const document = read("docs/troubleshooting.md");
const folder = mkdtempSync(join(tmpdir(), "lightspan-troubleshooting-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const noModule = join(folder, "lightspan.wasm");
writeFileSync(noModule, "<html>404</html>");

describe("Envoy's log has the words of docs/troubleshooting.md where", () => {
  for (const [what, change, words] of [
    [
      "a configuration is refused",
      (yaml: string) => yaml.replace('"protocol"', '"protcol"'),
      "configuration refused: ",
    ],
    ["there is no file", (yaml: string) => yaml.replace(wasm, `${wasm}.nowhere`), "Invalid path: "],
    ["the file is no module", (yaml: string) => yaml.replace(wasm, noModule), "Failed to load Wasm code"],
  ] as const) {
    it(what, async () => {
      assert.ok(document.includes(`\`${words.trim()}`), "the document does not say so");
      const file = join(folder, "envoy.yaml");
      writeFileSync(file, change(read("envoy/example/otlp.yaml").replace("build/lightspan.wasm", wasm)));
      const { output } = await run(await envoyBinary, ["--mode", "validate", "-c", file], process.env);
      assert.ok(output.includes(words), output);
    });
  }
});
