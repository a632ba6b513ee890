// When spans are sent: how many in a report, how many reports at a time, and when the timer runs.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UNSAMPLED } from "../requests.ts";
import { configuration, INBOUND, OUTBOUND, Sidecar } from "../sidecar.ts";

describe("a report is sent", () => {
  it("when it has as many spans as buffer.flush_spans", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 3 } });
    sidecar.requests(2);
    assert.equal(sidecar.host.calls.length, 0);
    sidecar.request();
    assert.deepEqual(sidecar.spansPerReport, [3]);
  });

  it("when it reaches a quarter of buffer.max_bytes", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536 } });
    while (sidecar.host.calls.length === 0) sidecar.request();
    const size = sidecar.host.calls[0]?.body.length ?? 0;
    assert.ok(size >= 16384 && size < 16384 + 1000, `${size} bytes`);
  });

  it("at the first tick, with all spans so far", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(7);
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [7]);
  });

  it("after the answer to the previous one, if a batch has filled meanwhile", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(7);
    assert.deepEqual(sidecar.spansPerReport, [2]);
    for (const spans of [2, 2]) {
      sidecar.answer();
      assert.equal(sidecar.spansPerReport.at(-1), spans);
    }
    sidecar.answer();
    assert.deepEqual(sidecar.host.inFlight, [], "one span is left, and waits for the tick");
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [2, 2, 2, 1]);
  });

  it("one at a time, however many root contexts there are", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    for (const root of [OUTBOUND, 3, 4]) sidecar.configure(root, { buffer: { flush_spans: 2 } });
    for (const root of [INBOUND, OUTBOUND, 3, 4, 4, 3, OUTBOUND, INBOUND]) sidecar.request({ root });
    for (const root of [INBOUND, OUTBOUND, 3, 4]) sidecar.tick(root);
    assert.equal(sidecar.host.inFlight.length, 1);
    while (sidecar.host.inFlight.length > 0) sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 8, sent: 8, dropped: 0, buffered: 0 });
  });
});

describe("a report", () => {
  it("is sent where the configuration says, as Lightstep's collectors require", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.tick();
    const [call] = sidecar.host.calls;
    assert.equal(call?.cluster, "lightstep");
    assert.equal(call?.timeoutMs, 5000);
    assert.deepEqual(call?.headers, [
      [":method", "POST"],
      [":path", "/api/v2/reports"],
      [":authority", "lightstep"],
      ["content-type", "application/octet-stream"],
      ["accept", "application/octet-stream"],
      ["b3", "0"],
    ]);
  });

  it("identifies the reporter", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.tick();
    const [report] = sidecar.reports;
    assert.equal(report?.service, "reviews.default");
    assert.equal(report?.reporterTags["service.version"], "v3");
    assert.equal(report?.reporterTags["lightstep.tracer_platform"], "envoy");
  });
});

describe("the timer", () => {
  it("does not run if there is nothing to do", async () => {
    const sidecar = await Sidecar.start();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
  });

  it("runs from the first span until its report is answered", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_interval_ms: 250 } });
    sidecar.request();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 250);
    sidecar.tick();
    sidecar.tick();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 250, "the report is under way");
    sidecar.answer();
    sidecar.tick();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    sidecar.request();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 250, "and again");
  });

  it("runs for one tick after unsampled requests, so that they are counted", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(5, { headers: UNSAMPLED });
    assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
    sidecar.tick();
    assert.equal(sidecar.count("spans_unsampled"), 5);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    assert.deepEqual(sidecar.host.calls, []);
  });

  it("belongs to a single root context", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    sidecar.requests(3, { root: OUTBOUND });
    assert.deepEqual([sidecar.host.tickPeriod(INBOUND), sidecar.host.tickPeriod(OUTBOUND)], [1000, 0]);
  });
});

describe("a VM that is only configured, like Envoy's canary", () => {
  it("makes no call, sets no timer and logs nothing", async () => {
    const { host } = await Sidecar.bare();
    host.configure(INBOUND, configuration());
    // Each function is called once, to check that the VM is allowed to.
    const { proxy_get_property = 0, proxy_define_metric = 0, ...others } = host.hostCalls;
    assert.ok(proxy_get_property > 1 && proxy_define_metric > 1);
    assert.deepEqual(others, {
      ...{
        environ_get: 1,
        environ_sizes_get: 1,
        proxy_call_foreign_function: 2,
        proxy_done: 1,
        proxy_get_buffer_bytes: 2,
      },
      ...{ proxy_get_current_time_nanoseconds: 3, proxy_get_header_map_pairs: 1, proxy_get_header_map_value: 1 },
      ...{ proxy_get_shared_data: 2, proxy_http_call: 1, proxy_increment_metric: 1, proxy_log: 1 },
      ...{ proxy_remove_header_map_value: 1, proxy_replace_header_map_value: 1, proxy_set_effective_context: 1 },
      ...{ proxy_set_property: 1, proxy_set_shared_data: 2, proxy_set_tick_period_milliseconds: 1, random_get: 1 },
    });
    assert.deepEqual([host.calls, host.logs, host.tickPeriod(INBOUND)], [[], [], 0]);
  });
});
