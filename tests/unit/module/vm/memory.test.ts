// If memory cannot grow, the VM fails, and first says why.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Host } from "../../../host/host.ts";
import { limitMemory } from "../../../host/limit.ts";
import { FRESH } from "../requests.ts";
import { configuration, INBOUND, lightspan, NODE, Sidecar } from "../sidecar.ts";

const PAGE = 65536;

async function limited(): Promise<Host> {
  const { host } = await Sidecar.start();
  const enough = limitMemory(lightspan, host.memorySize / PAGE);
  const small = await Host.load(enough, { node: NODE });
  assert.ok(small.configure(INBOUND, configuration()));
  return small;
}

const said = (host: Host): string[] => host.logs.map(({ level, text }) => `${level}: ${text}`);
const REASON = "critical: this VM fails: out of memory";

describe("if the memory cannot grow", () => {
  it("the last line says so, for an allocation by the host", async () => {
    const host = await limited();
    const large = [...FRESH.headers, ["x-large", "x".repeat(4_000_000)]] as const;
    assert.throws(() => host.requestHeaders(host.openStream(INBOUND), large), WebAssembly.RuntimeError);
    assert.deepEqual(said(host), [REASON]);
  });

  it("the last line says so, for the stream table", async () => {
    const host = await limited();
    assert.throws(() => {
      for (let i = 0; i < 100_000; i++) host.openStream(INBOUND);
    }, WebAssembly.RuntimeError);
    assert.deepEqual(said(host), [REASON]);
  });

  it("the last line says so, for a configuration", async () => {
    const host = await limited();
    const names = Array.from({ length: 60_000 }, (_, i) => [`h${i}`, "x".repeat(20)]);
    const large = configuration({ collector: { headers: Object.fromEntries(names) } });
    assert.throws(() => host.configure(2, large), WebAssembly.RuntimeError);
    assert.deepEqual(said(host), [REASON]);
  });
});
