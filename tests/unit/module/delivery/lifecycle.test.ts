// The end of a root context: a listener goes, a configuration changes, Envoy shuts down. Its buffer is still sent.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { INTERNAL_FAILURE } from "../../../host/status.ts";
import { droppedBecause } from "../account.ts";
import { INBOUND, OUTBOUND, Sidecar } from "../sidecar.ts";

/** ReportResponse { commands: [{ disable: true }] } */
const DISABLE = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);

/** A sidecar with listeners in both directions and, if `underWay`, a report of one span in flight from INBOUND. */
async function both(underWay: boolean): Promise<Sidecar> {
  const sidecar = await Sidecar.start();
  sidecar.configure(OUTBOUND);
  if (underWay) {
    sidecar.request();
    sidecar.tick();
    assert.equal(sidecar.host.inFlight[0]?.root, INBOUND);
  }
  return sidecar;
}

describe("the only root context", () => {
  it("ends at once when nothing is buffered", async () => {
    const sidecar = await Sidecar.start();
    assert.equal(sidecar.done(INBOUND), true);
    assert.deepEqual(sidecar.host.calls, []);
  });

  it("ends at once when everything has been sent", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.tick();
    sidecar.answer();
    assert.equal(sidecar.done(INBOUND), true);
    assert.deepEqual(sidecar.account, { recorded: 1, sent: 1, dropped: 0, buffered: 0 });
  });

  it("waits while spans are buffered: they are sent, and the answer ends it", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    assert.equal(sidecar.done(INBOUND), false);
    assert.deepEqual(sidecar.spansPerReport, [3]);
    assert.ok(sidecar.host.isAlive(INBOUND));
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("waits for the report in flight and for all that follow it", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(7);
    assert.equal(sidecar.done(INBOUND), false);
    for (const spans of [2, 2, 2, 1]) {
      assert.ok(sidecar.host.isAlive(INBOUND));
      assert.equal(sidecar.spansPerReport.at(-1), spans);
      sidecar.answer();
    }
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.equal(sidecar.account.sent, 7);
  });

  it("ends when the last report fails, and the spans are counted as dropped", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.answer("reset");
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 3, buffered: 0 });
  });

  it("ends at once when Envoy does not accept the last report", async () => {
    const sidecar = await Sidecar.start({}, { clusters: [] });
    sidecar.requests(3);
    assert.equal(sidecar.done(INBOUND), true);
    assert.deepEqual(droppedBecause(sidecar.host), { no_cluster: 3 });
  });

  it("drops the batches waiting after a report that Envoy does not accept", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(7);
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.host.refuse("proxy_http_call", INTERNAL_FAILURE);
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 7, sent: 2, dropped: 5, buffered: 0 });
  });

  it("does not wait for a later retry: it retries once, at once", async () => {
    const sidecar = await Sidecar.start({ retry: { base_ms: 60_000, max_ms: 60_000 } });
    sidecar.requests(3);
    sidecar.tick();
    sidecar.answer("reset");
    assert.equal(sidecar.done(INBOUND), false);
    assert.deepEqual(sidecar.spansPerReport, [3, 3]);
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("ends with the first report that fails, however many attempts remain", async () => {
    for (const answer of [{ status: 503, headers: [["retry-after", "1"]] }, "reset"] as const) {
      const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 }, retry: { attempts: 100 } });
      sidecar.requests(7);
      sidecar.done(INBOUND);
      sidecar.answer();
      sidecar.answer(answer);
      assert.ok(!sidecar.host.isAlive(INBOUND));
      assert.deepEqual(sidecar.account, { recorded: 7, sent: 2, dropped: 5, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 5 });
      assert.equal(sidecar.host.inFlight.length, 0);
    }
  });

  it("continues after a report that was refused", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(5);
    sidecar.done(INBOUND);
    sidecar.answer();
    sidecar.answer({ status: 400 });
    assert.ok(sidecar.host.isAlive(INBOUND));
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 5, sent: 3, dropped: 2, buffered: 0 });
  });

  it("continues in halves if a report is too large", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(4);
    sidecar.done(INBOUND);
    sidecar.answer({ status: 413 });
    sidecar.answer();
    assert.ok(sidecar.host.isAlive(INBOUND));
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("ends when time is up: no report is sent later than collector.timeout_ms after its end began", async () => {
    const sidecar = await Sidecar.start({ collector: { timeout_ms: 5000 }, buffer: { flush_spans: 2 } });
    sidecar.requests(20);
    const left = sidecar.host.now;
    sidecar.done(INBOUND);
    const times: number[] = [];
    while (sidecar.host.inFlight.length > 0) {
      times.push(sidecar.host.now - left);
      sidecar.host.now += 2000;
      sidecar.answer();
    }
    assert.deepEqual(times, [0, 2000, 4000]);
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 20, sent: 6, dropped: 14, buffered: 0 });
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 14 });
  });

  it("waits for the report in flight, even if its time runs out meanwhile", async () => {
    const sidecar = await Sidecar.start({ collector: { timeout_ms: 1 } });
    sidecar.request();
    sidecar.tick();
    // The clock may advance, or be set, between any two readings.
    sidecar.host.refuse("proxy_get_current_time_nanoseconds", () => {
      sidecar.host.now += 2;
      return 0;
    });
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 1, sent: 1, dropped: 0, buffered: 0 });
  });

  it("does not send to a collector that told it to stop", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(7);
    sidecar.done(INBOUND);
    sidecar.answer({ status: 200, body: DISABLE });
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.account, { recorded: 7, sent: 2, dropped: 5, buffered: 0 });
    assert.deepEqual(droppedBecause(sidecar.host), { disabled: 5 });
  });

  it("leaves failed reports to a root context that came meanwhile", async () => {
    const sidecar = await Sidecar.start();
    sidecar.requests(3);
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.configure(OUTBOUND);
    sidecar.answer("reset");
    assert.ok(!sidecar.host.isAlive(INBOUND));
    sidecar.untilNextCall(OUTBOUND);
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("publishes its counts, even though no more ticks come", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    sidecar.done(INBOUND);
    assert.deepEqual(sidecar.account, { recorded: 1, sent: 0, dropped: 0, buffered: 1 });
  });
});

describe("the inbound root context", () => {
  it("ends at once when no report is in flight, and leaves the buffer and the timer to the outbound one", async () => {
    const sidecar = await both(false);
    sidecar.requests(3);
    assert.equal(sidecar.done(INBOUND), true);
    assert.equal(sidecar.host.tickPeriod(OUTBOUND), 1000);
    sidecar.tick(OUTBOUND);
    assert.equal(sidecar.host.inFlight[0]?.root, OUTBOUND);
    sidecar.answer();
    assert.equal(sidecar.account.sent, 3);
  });

  it("waits for its own report, but no longer", async () => {
    const sidecar = await both(true);
    sidecar.requests(3, { root: OUTBOUND });
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.answer();
    assert.ok(!sidecar.host.isAlive(INBOUND));
    assert.deepEqual(sidecar.host.inFlight, []);
    sidecar.tick(OUTBOUND);
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
  });

  it("hands over a timer that works", async () => {
    const sidecar = await both(true);
    assert.equal(sidecar.done(INBOUND), false);
    sidecar.request({ root: OUTBOUND });
    assert.equal(sidecar.host.tickPeriod(OUTBOUND), 1000);
    sidecar.tick(INBOUND);
    sidecar.answer();
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    sidecar.tick(OUTBOUND);
    assert.deepEqual(sidecar.spansPerReport, [1, 1]);
  });

  // report/members.ts leave(): stops the timer of the root context that leaves, even if others remain.
  it("stops its own timer, whether it ends at once or waits", async () => {
    for (const underWay of [false, true]) {
      const sidecar = await both(underWay);
      sidecar.request();
      assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
      assert.equal(sidecar.done(INBOUND), !underWay);
      assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
      assert.equal(sidecar.host.tickPeriod(OUTBOUND), 1000);
      assert.deepEqual(sidecar.host.strayTimers, []);
    }
  });

  // report/members.ts leave(): the next speaker gets a timer only if there was one.
  it("hands over no timer when there is nothing to do", async () => {
    const sidecar = await both(false);
    assert.equal(sidecar.done(INBOUND), true);
    assert.equal(sidecar.host.tickPeriod(OUTBOUND), 0);
  });
});

describe("the outbound root context", () => {
  it("ends at once while a report of the inbound one is in flight", async () => {
    const sidecar = await both(true);
    assert.equal(sidecar.done(OUTBOUND), true);
    sidecar.answer();
    assert.equal(sidecar.account.sent, 1);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 1000);
  });
});

describe("both root contexts, with a report in flight and more buffered,", () => {
  for (const order of [
    [INBOUND, OUTBOUND],
    [OUTBOUND, INBOUND],
  ]) {
    it(`end when everything is answered: ${order.join(" before ")}`, async () => {
      const sidecar = await both(true);
      sidecar.requests(2);
      sidecar.requests(2, { root: OUTBOUND });
      for (const root of order) sidecar.done(root);
      sidecar.answer();
      assert.deepEqual(sidecar.spansPerReport, [1, 4]);
      assert.ok(sidecar.host.isAlive(order[1] as number), "the last one takes along what is left");
      sidecar.answer();
      assert.deepEqual([sidecar.host.isAlive(INBOUND), sidecar.host.isAlive(OUTBOUND)], [false, false]);
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 5, dropped: 0, buffered: 0 });
      assert.ok(
        sidecar.host.calls.every((call) => call.state === "answered"),
        "no call was cancelled",
      );
    });

    it(`end when the connection fails, without another attempt: ${order.join(" before ")}`, async () => {
      const sidecar = await both(true);
      sidecar.requests(4, { root: OUTBOUND });
      for (const root of order) sidecar.done(root);
      sidecar.answer("reset");
      assert.deepEqual(sidecar.spansPerReport, [1]);
      assert.deepEqual([sidecar.host.isAlive(INBOUND), sidecar.host.isAlive(OUTBOUND)], [false, false]);
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 0, dropped: 5, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 5 });
    });
  }
});
