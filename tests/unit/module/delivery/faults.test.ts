// When reports cannot be sent: losses are counted, and logged now and then.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BAD_ARGUMENT, INTERNAL_FAILURE, UNIMPLEMENTED } from "../../../host/status.ts";
import { droppedBecause } from "../account.ts";
import { request, SPAN_ID, TRACE_ID } from "../requests.ts";
import { INBOUND, Sidecar } from "../sidecar.ts";

const EACH = { buffer: { flush_spans: 1 }, retry: { attempts: 3 } };
const SECOND = 1000;

describe("a report that Envoy does not accept", () => {
  it("because the cluster is missing is retried, then counted as no_cluster", async () => {
    const sidecar = await Sidecar.start(EACH, { clusters: ["another"] });
    sidecar.request();
    sidecar.pass(0);
    assert.deepEqual(sidecar.lines("warn"), ["collector lightstep: its cluster does not exist; nothing is lost yet"]);
    sidecar.pass(60_000);
    assert.deepEqual(droppedBecause(sidecar.host), { no_cluster: 1 });
    assert.deepEqual([sidecar.count("reports_failed"), sidecar.count("reports_retried")], [1, 2]);
    assert.deepEqual(sidecar.lines("warn").slice(1), [
      "collector lightstep: its cluster does not exist; 1 span lost, 1 report given up since the last such line",
    ]);
  });

  it("because the cluster is missing causes at most one log line every 30 seconds", async () => {
    const sidecar = await Sidecar.start(EACH, { clusters: [] });
    for (let seconds = 0; seconds < 600; seconds++) {
      sidecar.request();
      sidecar.pass(SECOND);
    }
    assert.ok(sidecar.account.dropped > 50);
    assert.deepEqual(droppedBecause(sidecar.host), { no_cluster: sidecar.account.dropped });
    const lines = sidecar.lines("warn");
    assert.ok(lines.length > 15 && lines.length <= 22, `${lines.length} lines`);
    assert.equal(sidecar.host.logs.length, lines.length);
  });

  it("because the cluster is missing is sent once the cluster appears", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.refuse("proxy_http_call", BAD_ARGUMENT);
    sidecar.requests(3);
    sidecar.pass(SECOND);
    sidecar.host.obey();
    sidecar.untilNextCall();
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
    assert.deepEqual(sidecar.lines("info"), ["collector lightstep: takes reports again"]);
  });

  it("for another reason is counted as unavailable", async () => {
    const sidecar = await Sidecar.start(EACH);
    sidecar.host.refuse("proxy_http_call", INTERNAL_FAILURE);
    sidecar.requests(3);
    sidecar.pass(120 * SECOND);
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 3 });
    assert.deepEqual([sidecar.count("reports_failed"), sidecar.count("reports_retried")], [3, 6]);
    assert.ok(sidecar.lines("warn")[0]?.includes("it is not available (proxy_status 10)"));
  });

  it("is retried, and the next one is sent after it", async () => {
    const sidecar = await Sidecar.start(EACH);
    sidecar.host.forgetHostCalls();
    sidecar.host.refuse("proxy_http_call", (call) => (call === 1 ? INTERNAL_FAILURE : 0));
    sidecar.request({ headers: numbered(1) });
    sidecar.request({ headers: numbered(2) });
    sidecar.untilNextCall();
    sidecar.answer();
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 2, sent: 2, dropped: 0, buffered: 0 });
    assert.deepEqual(reported(sidecar), [1, 2]);
  });
});

/** A request with its number in its path. */
function numbered(number: number): [string, string][] {
  const headers = request({ "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" });
  return headers.map(([name, value]) => [name, name === ":path" ? `/${number}` : value]);
}

/** The numbers of all reported requests. */
function reported(sidecar: Sidecar): number[] {
  const urls = sidecar.reports.flatMap((report) => report.spans.map((span) => String(span.tags["http.url"])));
  return urls.map((url) => Number(url.slice(url.lastIndexOf("/") + 1)));
}

describe("a full buffer", () => {
  it("drops the oldest waiting batch, and counts it", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536, flush_spans: 10 } });
    for (let i = 0; i < 200; i++) sidecar.request({ headers: numbered(i) });
    sidecar.tick();
    const { dropped, buffered } = sidecar.account;
    assert.ok(dropped > 0 && dropped % 10 === 0, `${dropped} spans were dropped, whole batches`);
    assert.deepEqual(droppedBecause(sidecar.host), { buffer_full: dropped });
    while (sidecar.host.inFlight.length > 0) sidecar.answer();
    assert.equal(sidecar.account.sent, buffered);
    const survivors = Array.from({ length: 200 }, (_, i) => i).filter((i) => i < 10 || i >= 10 + dropped);
    assert.deepEqual(reported(sidecar), survivors, "the report under way stays, and the newest spans do");
  });

  it("is logged in one line", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536 } });
    sidecar.requests(2000);
    assert.equal(sidecar.lines("warn").length, 1);
    assert.match(
      sidecar.lines("warn")[0] ?? "",
      /^collector lightstep: the buffer is full; \d+ spans lost, 0 reports given up$/,
    );
  });

  it("never exceeds its limit in bytes", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536, flush_spans: 10 } });
    sidecar.requests(500);
    sidecar.tick();
    while (sidecar.host.inFlight.length > 0) sidecar.answer();
    const bytes = sidecar.host.calls.reduce((sum, call) => sum + call.body.length, 0);
    assert.ok(bytes > 65536 / 2 && bytes <= 65536, `${bytes} bytes`);
  });

  it("rejects a span larger than itself", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536 } });
    const headers = request({ "x-b3-sampled": "1", "x-client-trace-id": "x".repeat(70_000) });
    sidecar.request({ headers });
    sidecar.tick();
    assert.deepEqual(sidecar.account, { recorded: 1, sent: 0, dropped: 1, buffered: 0 });
  });

  // report/batch.ts reserve(): batches are dropped one after the other before it is known that the room won't suffice.
  it("keeps the waiting spans when a span larger than itself comes", async () => {
    const sidecar = await Sidecar.start({ buffer: { max_bytes: 65536, flush_spans: 10 } });
    sidecar.requests(40);
    const headers = request({ "x-b3-sampled": "1", "x-client-trace-id": "x".repeat(70_000) });
    sidecar.request({ headers });
    sidecar.tick();
    assert.deepEqual(sidecar.account, { recorded: 41, sent: 0, dropped: 1, buffered: 40 });
  });
});

describe("a loss", () => {
  const LOSING = { buffer: { flush_spans: 1 }, retry: { attempts: 1 } };
  const refusedLine = (lost: string) => `collector lightstep: it refused the report (status 400); ${lost}`;

  async function refuse(sidecar: Sidecar, times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      sidecar.request();
      if (sidecar.host.inFlight.length === 0) sidecar.untilNextCall();
      sidecar.answer({ status: 400 });
    }
  }

  it("is logged when it happens, even right after a line that says that nothing is lost yet", async () => {
    const sidecar = await Sidecar.start(EACH);
    sidecar.request();
    for (const tries of [1, 2, 3]) {
      sidecar.answer("reset");
      if (tries < 3) sidecar.untilNextCall();
    }
    const cause = "collector lightstep: it is not available (the connection failed or was reset); ";
    assert.deepEqual(sidecar.lines("warn"), [
      `${cause}nothing is lost yet`,
      `${cause}1 span lost, 1 report given up since the last such line`,
    ]);
  });

  it("of another kind is logged when it happens, with all losses not logged so far", async () => {
    const sidecar = await Sidecar.start(LOSING);
    await refuse(sidecar, 3);
    sidecar.request();
    sidecar.answer("reset");
    assert.deepEqual(sidecar.lines("warn"), [
      refusedLine("1 span lost, 1 report given up"),
      "collector lightstep: it is not available (the connection failed or was reset); " +
        "3 spans lost, 3 reports given up since the last such line",
    ]);
  });

  it("that is the last one is logged without another request, and then the timer stops", async () => {
    const sidecar = await Sidecar.start(LOSING);
    await refuse(sidecar, 3);
    assert.deepEqual(sidecar.lines("warn"), [refusedLine("1 span lost, 1 report given up")]);
    sidecar.pass(29 * SECOND);
    assert.equal(sidecar.host.logs.length, 1);
    assert.equal(sidecar.host.tickPeriod(INBOUND), SECOND);
    sidecar.pass(2 * SECOND);
    assert.deepEqual(sidecar.lines("warn").slice(1), [
      refusedLine("2 spans lost, 2 reports given up since the last such line"),
    ]);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    sidecar.pass(600 * SECOND);
    assert.equal(sidecar.host.logs.length, 2);
  });

  it("that has been logged leaves the timer of an idle worker alone", async () => {
    const sidecar = await Sidecar.start(LOSING);
    await refuse(sidecar);
    sidecar.pass(2 * SECOND);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
  });

  it("of a kind that returns after half a minute is logged at once; one that continues, in the next line", async () => {
    const sidecar = await Sidecar.start(LOSING);
    await refuse(sidecar);
    sidecar.pass(20 * SECOND);
    await refuse(sidecar);
    sidecar.pass(20 * SECOND);
    await refuse(sidecar);
    assert.equal(sidecar.lines("warn").length, 2, "at 0 and at 30 seconds");
    sidecar.pass(60 * SECOND);
    assert.equal(sidecar.lines("warn").length, 3);
    await refuse(sidecar);
    assert.equal(sidecar.lines("warn").length, 4);
  });

  it("of a root context that ends is logged before it has ended", async () => {
    const sidecar = await Sidecar.start(LOSING);
    await refuse(sidecar, 2);
    assert.equal(sidecar.done(INBOUND), true);
    assert.deepEqual(sidecar.lines("warn").slice(1), [
      refusedLine("1 span lost, 1 report given up since the last such line"),
    ]);
  });

  it("makes the line of a later failure say that nothing more is lost", async () => {
    const sidecar = await Sidecar.start(EACH);
    await refuse(sidecar);
    sidecar.pass(60 * SECOND);
    sidecar.request();
    sidecar.answer("reset");
    assert.match(sidecar.lines("warn").at(-1) ?? "", /; nothing more is lost yet$/);
    sidecar.untilNextCall();
    sidecar.answer();
    sidecar.pass(60 * SECOND);
    sidecar.request();
    sidecar.answer("reset");
    assert.match(sidecar.lines("warn").at(-1) ?? "", /; nothing is lost yet$/);
  });
});

describe("a flood of failures", () => {
  it("causes a log line at once and then at most one every 30 seconds, with all losses", async () => {
    const sidecar = await Sidecar.start({ ...EACH, retry: { attempts: 2, max_ms: 500 } });
    const lines: string[] = [];
    let lost = 0;
    let givenUp = 0;
    for (let i = 0; i < 1000; i++) {
      sidecar.request();
      if (sidecar.host.inFlight.length > 0) sidecar.answer("reset");
      sidecar.pass(SECOND / 10);
      const line = sidecar.lines("warn")[lines.length];
      if (line === undefined) continue;
      lines.push(line);
      const [, spans = "0", reports = "0"] = /; (\d+) spans? lost, (\d+) reports? given up/.exec(line) ?? [];
      lost += Number(spans);
      givenUp += Number(reports);
      assert.deepEqual([lost, givenUp], [sidecar.account.dropped, sidecar.count("reports_failed")], line);
    }
    assert.equal(lines.length, 5, "the first failure, the first loss, three times half a minute");
    assert.ok(lines[0]?.endsWith("; nothing is lost yet"));
    for (const line of lines.slice(1)) assert.ok(line.endsWith(" since the last such line"), line);
    assert.ok(lost > 20, `${lost} spans`);
    assert.equal(sidecar.host.logs.length, lines.length);
  });

  it("that alternates between causes is no exception", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1, max_bytes: 65536 } });
    for (let i = 0; i < 3000; i++) {
      sidecar.request();
      if (i % 500 > 400) sidecar.answer(i % 2 === 0 ? { status: 400 } : { status: 200 });
      sidecar.host.now += 10;
    }
    const causes = sidecar.lines("warn").map((line) => line.slice(0, line.indexOf(";")));
    assert.equal(causes.length, new Set(causes).size, `${causes.join("\n")}`);
    assert.ok(causes.length <= 2, `${causes.length} lines`);
  });

  it("is followed by one line when reports are accepted again", async () => {
    const sidecar = await Sidecar.start(EACH);
    for (const answer of ["reset", { status: 200 }, { status: 200 }] as const) {
      sidecar.request();
      if (sidecar.host.inFlight.length === 0) sidecar.untilNextCall();
      sidecar.answer(answer);
    }
    assert.deepEqual(sidecar.lines("info"), ["collector lightstep: takes reports again"]);
  });

  it("is followed by one line that counts the losses since the last one", async () => {
    const sidecar = await Sidecar.start(EACH);
    sidecar.request();
    sidecar.answer({ status: 400 });
    sidecar.requests(2);
    sidecar.answer({ status: 400 });
    sidecar.answer();
    const lost = "; 1 span lost, 1 report given up";
    assert.deepEqual(
      sidecar.host.logs.map((line) => line.text),
      [
        `collector lightstep: it refused the report (status 400)${lost}`,
        `collector lightstep: takes reports again${lost} since the last line`,
      ],
    );
  });
});

describe("counters that Envoy does not accept", () => {
  it("are reported once, and the spans are still sent", async () => {
    const sidecar = await Sidecar.bare();
    sidecar.host.refuse("proxy_define_metric", UNIMPLEMENTED);
    assert.ok(sidecar.host.configure(INBOUND, '{"collector":{"cluster":"lightstep"}}'));
    assert.equal(sidecar.lines("error").length, 1);
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: numbered(1) });
    sidecar.host.tick(INBOUND);
    assert.deepEqual(sidecar.spansPerReport, [1]);
    assert.equal(sidecar.host.metrics.size, 0);
    sidecar.host.obey();
    sidecar.host.answer(sidecar.host.calls[0]?.token ?? 0, { status: 200 });
    assert.equal(sidecar.host.metrics.get("lightspan.spans_recorded"), 1);
    assert.equal(sidecar.host.metrics.get("lightspan.spans_sent"), 1);
  });

  it("catch up when Envoy accepts them again", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.refuse("proxy_increment_metric", BAD_ARGUMENT);
    sidecar.requests(5);
    sidecar.tick();
    assert.equal(sidecar.account.recorded, 0);
    sidecar.host.obey();
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 5, sent: 5, dropped: 0, buffered: 0 });
  });
});
