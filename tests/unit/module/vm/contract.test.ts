// Envoy's view of the release build: its imports, exports and size, and the version that it reports.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { inspect, MAX_SIZE } from "../../../../compiler/contract.mjs";
import { Host } from "../../../host/host.ts";
import { lightspan, Sidecar } from "../sidecar.ts";
import { module, padded, type Function, type Signature } from "../host/wasm.ts";

const NOTHING: Signature = { parameters: [], results: [] };
const EMPTY: Function = { ...NOTHING, body: [] };
const exported = WebAssembly.Module.exports(new WebAssembly.Module(Buffer.from(lightspan))).map(({ name }) => name);

/** A module with these imports and these exports, and a memory. */
function made(imports: string[], exports: string[]): Uint8Array {
  const functions = exports.filter((name) => name !== "memory");
  return module({
    imports: imports.map((name) => ({ module: "env", name, ...NOTHING })),
    functions: Object.fromEntries(functions.map((name) => [name, EMPTY])),
  });
}

describe("the release build", () => {
  it("has only allowed imports and exports, and an allowed size", async () => {
    assert.deepEqual(await inspect(lightspan), []);
    assert.ok(lightspan.length <= MAX_SIZE);
  });

  it("reports the version of package.json", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.tick();
    const { version } = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));
    assert.equal(sidecar.reports[0]?.reporterTags["lightstep.tracer_version"], version);
  });
});

describe("inspect", () => {
  it("accepts a correct module", async () => {
    assert.deepEqual(await inspect(made(["proxy_log"], exported)), []);
  });

  it("complains about env.abort, which no Envoy would link", async () => {
    const bytes = made(["proxy_log", "abort"], exported);
    assert.deepEqual(await inspect(bytes), ["imports env.abort, which is not allowed"]);
    await assert.rejects(Host.load(bytes), WebAssembly.LinkError);
  });

  it("complains about a host call that is not on its list", async () => {
    const bytes = made(["proxy_get_log_level"], exported);
    assert.deepEqual(await inspect(bytes), ["imports env.proxy_get_log_level, which is not allowed"]);
  });

  it("complains about an extra export", async () => {
    const bytes = made([], [...exported, "proxy_on_delete"]);
    assert.deepEqual(await inspect(bytes), ["exports proxy_on_delete, which nobody needs"]);
  });

  it("complains about a missing export", async () => {
    const fewer = exported.filter((name) => name !== "proxy_on_log");
    assert.deepEqual(await inspect(made([], fewer)), ["does not export proxy_on_log"]);
  });

  it("complains about a module that is too large", async () => {
    const bytes = padded(lightspan, MAX_SIZE);
    assert.deepEqual(await inspect(bytes), [`has ${bytes.length} bytes; at most ${MAX_SIZE} are allowed`]);
  });
});
