// The mock host refuses what Envoy refuses. Otherwise the other tests would prove nothing.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Host } from "../../../host/host.ts";
import type { HostOptions } from "../../../host/options.ts";
import { probe } from "./probe.ts";

const ROOT = 1;
const REQUEST = "0";
const TRAILERS = "3";
/** The statuses behind a probe's letters. */
const [OK, NOT_FOUND, BAD_ARGUMENT, UNIMPLEMENTED] = ["A", "B", "C", "M"];

async function start(callbacks: Record<string, string[]>, options?: HostOptions): Promise<Host> {
  const host = await Host.load(probe(callbacks), options);
  host.configure(ROOT, "{}");
  return host;
}

const said = (host: Host) => host.logs.map((line) => line.text).join("");

describe("the mock host", () => {
  it("changes a counter only by positive amounts, and a gauge by any amount", async () => {
    const counter = ["proxy_define_metric 0 'c' 8", ...["1", "0", "-1"].map((by) => `proxy_increment_metric 1 ${by}`)];
    const gauge = ["proxy_define_metric 1 'g' 8", ...["5", "0", "-2"].map((by) => `proxy_increment_metric 2 ${by}`)];
    const host = await start({ proxy_on_configure: [...counter, ...gauge, "proxy_increment_metric 3 1"] });
    assert.equal(said(host), `${OK}${OK}${BAD_ARGUMENT}${BAD_ARGUMENT}${OK}${OK}${OK}${OK}${NOT_FOUND}`);
    assert.deepEqual(Object.fromEntries(host.metrics), { c: 1, g: 3 });
  });

  it("ends only a root context that waits", async () => {
    const host = await start({ proxy_on_configure: ["proxy_done"], proxy_on_done: [], proxy_on_tick: ["proxy_done"] });
    assert.equal(said(host), NOT_FOUND);
    assert.equal(host.done(ROOT), false);
    assert.ok(host.isAlive(ROOT));
    host.tick(ROOT);
    assert.ok(host.isAlive(ROOT), "no tick without a timer");
  });

  it("sets the timer of the stream's root context, and ticks no other", async () => {
    const host = await start({
      proxy_on_log: ["proxy_set_tick_period_milliseconds 250"],
      proxy_on_tick: ["proxy_set_tick_period_milliseconds 0", "proxy_done"],
      proxy_on_done: [],
    });
    host.configure(2, "{}");
    host.log(host.openStream(ROOT));
    assert.deepEqual([host.tickPeriod(ROOT), host.tickPeriod(2)], [250, 0]);
    host.done(ROOT);
    host.tick(2);
    host.tick(ROOT);
    assert.equal(said(host), `${OK}${OK}${OK}`);
    assert.ok(!host.isAlive(ROOT));
  });

  it("has header maps in the same callbacks as Envoy", async () => {
    const calls = [
      `proxy_get_header_map_pairs ${REQUEST} 8 16`,
      `proxy_get_header_map_value ${REQUEST} ':path' 8 16`,
      `proxy_get_header_map_value ${TRAILERS} 'grpc-status' 8 16`,
      `proxy_replace_header_map_value ${REQUEST} ':path' '/x'`,
    ];
    const host = await start({ proxy_on_configure: calls, proxy_on_request_headers: calls, proxy_on_log: calls });
    assert.equal(said(host), `${OK}${BAD_ARGUMENT}${BAD_ARGUMENT}${BAD_ARGUMENT}`, "none for a root context");
    host.logs.length = 0;
    const stream = host.openStream(ROOT);
    assert.deepEqual(host.requestHeaders(stream, [[":path", "/"]]), [[":path", "/x"]]);
    assert.equal(said(host), `${OK}${OK}${BAD_ARGUMENT}${OK}`);
    host.logs.length = 0;
    host.log(stream);
    assert.equal(said(host), `${OK}${OK}${NOT_FOUND}${BAD_ARGUMENT}`, "to read, in the log");
  });

  it("gives a stream's attributes to the stream, and not when acting for its root context", async () => {
    const ask = "proxy_get_property 'response' 8 16";
    const host = await start({
      proxy_on_log: [ask, "proxy_set_effective_context 77", "proxy_set_effective_context 1", ask],
    });
    host.log(host.openStream(ROOT), { properties: { response: "x" } });
    assert.equal(said(host), `${OK}${BAD_ARGUMENT}${OK}${NOT_FOUND}`);
  });

  it("rejects a call to a missing cluster, and one without :path", async () => {
    const calls = ["a", "b"].map((cluster) => `proxy_http_call '${cluster}' 0 0 0 0 0 0 1000 8`);
    const host = await start({ proxy_on_configure: calls }, { clusters: ["a"] });
    assert.equal(said(host), `${BAD_ARGUMENT}${BAD_ARGUMENT}`);
    assert.deepEqual(host.calls, []);
  });

  it("answers by script, and counts all calls", async () => {
    const host = await start({ proxy_on_log: ["proxy_set_effective_context 1", "proxy_done"] });
    host.refuse("proxy_set_effective_context", 12);
    host.refuse("proxy_done", (call) => (call === 2 ? 12 : 0));
    for (let i = 0; i < 2; i++) host.log(host.openStream(ROOT));
    host.obey();
    host.log(host.openStream(ROOT));
    assert.equal(said(host), `${UNIMPLEMENTED}${NOT_FOUND}${UNIMPLEMENTED}${UNIMPLEMENTED}${OK}${NOT_FOUND}`);
    assert.deepEqual(host.hostCalls, { proxy_log: 6, proxy_set_effective_context: 3, proxy_done: 3 });
    assert.throws(() => host.refuse("proxy_no_such", 1), /does not import/);
  });

  it("allows hardly any call at the start and in malloc", async () => {
    await assert.rejects(Host.load(probe({ _initialize: ["proxy_done"] })), /not allowed at the start/);
    const host = await start({ malloc: ["proxy_done"], proxy_on_log: ["proxy_get_property 'a' 8 16"] });
    assert.throws(() => host.log(host.openStream(ROOT), { properties: { a: "x" } }), /not allowed in malloc/);
    assert.throws(() => host.openStream(ROOT) && host.log(host.openStream(ROOT)), /the VM is dead/);
  });
});
