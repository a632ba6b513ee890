// Changed and simultaneous configurations: which share a delivery, and which do not.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { INBOUND, OUTBOUND, Sidecar, type Changes } from "../sidecar.ts";

/** ReportResponse { commands: [{ disable: true }] } */
const DISABLE = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);
const ANOTHER: Changes = { collector: { cluster: "another" } };
/** Root contexts of a later configuration. */
const NEXT = 3;
const AFTER_NEXT = 4;

const clusters = (sidecar: Sidecar) => sidecar.host.calls.map((call) => call.cluster);

describe("two root contexts", () => {
  it("of equal configuration share a report", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [2]);
    const kinds = sidecar.reports[0]?.spans.map((span) => span.tags["span.kind"]);
    assert.deepEqual(kinds, ["server", "client"]);
  });

  it("that differ only in what no report shows share a report", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND, { sampling: { rate: 0.5 }, span: { max_tag_length: 64 } });
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [2]);
  });

  const differences: Record<string, Changes> = {
    cluster: ANOTHER,
    authority: { collector: { authority: "example.com" } },
    path: { collector: { path: "/reports" } },
    headers: { collector: { headers: { a: "b" } } },
    access_token: { collector: { access_token: "t" } },
    timeout_ms: { collector: { timeout_ms: 1 } },
    protocol: { collector: { protocol: "otlp" } },
    transport: { collector: { transport: "grpc" } },
    compression: { collector: { compression: "deflate" } },
    retry: { retry: { attempts: 4 } },
    tags: { tags: { literal: { stage: "canary" } } },
    service: { service: { name: "ratings" } },
    version: { service: { version: "v2" } },
    buffer: { buffer: { max_bytes: 100_000 } },
  };
  for (const [what, changes] of Object.entries(differences)) {
    it(`of different ${what} have a report each`, async () => {
      const sidecar = await Sidecar.start();
      sidecar.collectors = 2;
      sidecar.configure(OUTBOUND, changes);
      sidecar.request();
      sidecar.request({ root: OUTBOUND });
      sidecar.tick(INBOUND);
      sidecar.tick(OUTBOUND);
      assert.deepEqual(
        sidecar.readings.map(({ spans }) => spans.length),
        [1, 1],
      );
      assert.equal(sidecar.host.inFlight.length, 2);
    });
  }

  it("have a report each even if their values look equal when joined", async () => {
    const sidecar = await Sidecar.start({ tags: { literal: { stage: "canary", place: "eu" } } });
    sidecar.collectors = 2;
    sidecar.configure(OUTBOUND, { tags: { literal: { stage: "canary\nplace\neu" } } });
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    sidecar.tick(INBOUND);
    sidecar.tick(OUTBOUND);
    assert.deepEqual(
      sidecar.reports.map(({ reporterTags }) => reporterTags.place),
      ["eu", undefined],
    );
  });

  it("of different collectors each get their own answer", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.configure(OUTBOUND, ANOTHER);
    sidecar.requests(2);
    sidecar.requests(3, { root: OUTBOUND });
    sidecar.tick(INBOUND);
    sidecar.tick(OUTBOUND);
    sidecar.host.answer(sidecar.host.calls[1]?.token ?? 0, { status: 400 });
    assert.deepEqual(sidecar.account, { recorded: 5, sent: 0, dropped: 3, buffered: 2 });
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 5, sent: 2, dropped: 3, buffered: 0 });
  });
});

describe("a changed configuration", () => {
  it("takes over, and spans buffered by the previous one are sent to the previous collector", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.requests(3);
    sidecar.configure(NEXT, ANOTHER);
    sidecar.request({ root: NEXT });
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.tick(NEXT);
    assert.deepEqual(clusters(sidecar), ["lightstep", "another"]);
    assert.deepEqual(sidecar.spansPerReport, [3, 1]);
    sidecar.answer();
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.ok(sidecar.host.isAlive(NEXT));
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("of the same collector continues with the same buffer", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    sidecar.configure(NEXT, { span: { max_tag_length: 64 } });
    assert.equal(sidecar.done(INBOUND), true);
    sidecar.request({ root: NEXT });
    sidecar.tick(NEXT);
    assert.deepEqual(sidecar.spansPerReport, [4]);
  });

  it("may come to the same root context", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.requests(3);
    sidecar.configure(INBOUND, ANOTHER);
    sidecar.request();
    sidecar.tick();
    assert.deepEqual(clusters(sidecar), ["lightstep", "another"]);
    sidecar.answer();
    sidecar.answer();
    assert.ok(sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("that equals the previous one may come to the same root context", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    sidecar.configure(INBOUND);
    sidecar.request();
    sidecar.tick();
    sidecar.answer();
    assert.deepEqual(sidecar.spansPerReport, [4]);
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  // report/members.ts join(): the timer was that of the last root context to leave.
  it("that equals an earlier one has a timer again", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.configure(NEXT, ANOTHER);
    sidecar.done(INBOUND);
    sidecar.answer();
    sidecar.configure(AFTER_NEXT);
    sidecar.request({ root: AFTER_NEXT });
    assert.equal(sidecar.host.tickPeriod(AFTER_NEXT), 1000);
  });

  // report/members.ts leave(): the timer of the root context that waits has ended.
  it("that comes while the last report is in flight has a timer", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.configure(NEXT);
    sidecar.request({ root: NEXT });
    assert.equal(sidecar.host.tickPeriod(NEXT), 1000);
  });

  // report/deliveries.ts deliveryFor(): returns the delivery of an equal identity, disabled or not, over or not.
  it("reports again to a collector that asked to stop", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1 } });
    sidecar.request();
    sidecar.answer({ status: 200, body: DISABLE });
    sidecar.done(INBOUND);
    sidecar.configure(NEXT, { buffer: { flush_spans: 1 } });
    sidecar.request({ root: NEXT });
    assert.equal(sidecar.host.calls.length, 2);
  });

  it("that equals the previous one leaves the buffer, the timer and the report in flight alone", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.forgetHostCalls();
    sidecar.request();
    sidecar.tick();
    sidecar.requests(3);
    sidecar.configure(INBOUND);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
    sidecar.answer("reset");
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 0, dropped: 0, buffered: 4 });
    assert.equal(sidecar.host.hostCalls.proxy_done, undefined);
    sidecar.untilNextCall();
    sidecar.answer();
    sidecar.tick();
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("that equals the previous one keeps its delivery: the new root joins before the old one leaves", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    sidecar.host.forgetHostCalls();
    for (let times = 0; times < 3; times++) sidecar.configure(INBOUND);
    const { proxy_http_call, proxy_set_tick_period_milliseconds, proxy_done } = sidecar.host.hostCalls;
    assert.deepEqual(
      [proxy_http_call, proxy_set_tick_period_milliseconds, proxy_done],
      [undefined, undefined, undefined],
      "nothing sets out, no timer is touched, and no root context is let go",
    );
    assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
    // It leaves once, however often it joined.
    assert.equal(sidecar.done(INBOUND), false);
    assert.deepEqual(sidecar.spansPerReport, [3]);
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("that joins others stops its own timer, and leaves theirs alone", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.configure(OUTBOUND, ANOTHER);
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    sidecar.configure(INBOUND, ANOTHER);
    assert.deepEqual(
      [INBOUND, OUTBOUND].map((root) => sidecar.host.tickPeriod(root)),
      [0, 1000],
    );
  });

  it("that joins when only a report is in flight has a timer for the spans after it", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.configure(OUTBOUND, ANOTHER);
    sidecar.request({ root: OUTBOUND });
    assert.equal(sidecar.done(OUTBOUND), false);
    sidecar.request();
    sidecar.configure(INBOUND, ANOTHER);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
  });

  it("that equals the previous one still waits as long as the collector asked", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    sidecar.tick();
    sidecar.answer({ status: 429, headers: [["retry-after", "60"]] });
    sidecar.configure(INBOUND);
    assert.equal(sidecar.host.calls.length, 1);
    const waited = sidecar.untilNextCall();
    assert.ok(waited >= 59_000, `${waited} ms`);
  });

  it("of another collector does not end the root context that it came to", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.forgetHostCalls();
    sidecar.collectors = 2;
    sidecar.requests(3);
    sidecar.configure(INBOUND, ANOTHER);
    sidecar.answer();
    assert.equal(sidecar.host.hostCalls.proxy_done, undefined);
  });

  it("of another collector also waits, at its end, for the report to the previous one", async () => {
    const sidecar = await Sidecar.start();
    sidecar.collectors = 2;
    sidecar.requests(3);
    sidecar.configure(INBOUND, ANOTHER);
    sidecar.request();
    assert.equal(sidecar.done(INBOUND), false);
    assert.deepEqual(clusters(sidecar), ["lightstep", "another"]);
    sidecar.host.answer(sidecar.host.calls[1]?.token ?? 0, { status: 200 });
    assert.ok(sidecar.host.isAlive(INBOUND));
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("drops nothing when it alternates with the previous one", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.forgetHostCalls();
    sidecar.collectors = 2;
    sidecar.requests(3);
    sidecar.configure(INBOUND, ANOTHER);
    sidecar.configure(INBOUND);
    sidecar.request();
    sidecar.answer("reset");
    assert.equal(sidecar.host.hostCalls.proxy_done, undefined);
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 0, dropped: 0, buffered: 4 });
    while (sidecar.account.buffered > 0) {
      sidecar.untilNextCall();
      sidecar.answer();
    }
    assert.equal(sidecar.account.sent, 4);
  });
});
