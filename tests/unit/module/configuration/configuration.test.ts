// A mistake in the configuration causes a refusal and one log line that an operator can act on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MISTAKES, TEXTS } from "./mistakes.ts";
import { configuration, INBOUND, Sidecar } from "../sidecar.ts";

/** Why the configuration is refused, or null if it's accepted. */
async function refusalOf(text: string): Promise<string | null> {
  const sidecar = await Sidecar.bare();
  const { host } = sidecar;
  const accepted = host.configure(INBOUND, text);
  if (accepted) assert.deepEqual(host.logs, []);
  else assert.equal(host.logs.length, 1, "one line");
  const [line] = host.logs;
  if (!line) return null;
  assert.equal(line.level, "error");
  assert.ok(line.text.startsWith("configuration refused: "), line.text);
  assert.ok(!line.text.includes("\n"), "on one line");
  return line.text.slice("configuration refused: ".length);
}

describe("a configuration is refused, with the path, the value found and the values allowed, when", () => {
  for (const [what, changes, path, found, allowed] of MISTAKES) {
    it(what, async () => {
      assert.equal(await refusalOf(configuration(changes)), `${path}: ${found}; allowed: ${allowed}`);
    });
  }
});

describe("a configuration is refused when the text", () => {
  for (const [what, text, reason] of TEXTS) {
    it(what, async () => assert.equal(await refusalOf(text), reason));
  }
});

describe("a key with a line break", () => {
  // config/section.ts shows keys and the names of headers unescaped.
  it("is still refused in one line", async () => {
    for (const text of ['{"a\\nb":1}', '{"a\\nb":1,"a\\nb":2}']) assert.ok(await refusalOf(text));
    assert.ok(await refusalOf(configuration({ collector: { headers: { "a\nb": "x" } } })));
    assert.ok(await refusalOf(configuration({ tags: { request_headers: { a: "x\ny" } } })));
  });
});

describe("a configuration is accepted when", () => {
  it("it has only the cluster", async () => assert.equal(await refusalOf(configuration()), null));

  it("its sections are empty", async () => {
    const empty = {
      collector: {},
      service: {},
      propagation: {},
      sampling: {},
      span: {},
      buffer: {},
      retry: {},
      log: {},
    };
    assert.equal(await refusalOf(configuration(empty)), null);
  });

  it("an integer is written as 2e3 or 2000.0", async () => {
    assert.equal(await refusalOf('{"collector":{"cluster":"x","timeout_ms":2e3}}'), null);
    assert.equal(await refusalOf('{"collector":{"cluster":"x","timeout_ms":2000.0}}'), null);
  });
});

describe("a refused configuration", () => {
  it("leaves the previous one active", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    assert.equal(sidecar.host.configure(INBOUND, "{}"), false);
    sidecar.request();
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [2]);
  });
});
