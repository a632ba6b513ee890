// A report that is too large for the collector is split in half, and each half again, down to single spans.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer } from "../../../host/options.ts";
import { droppedBecause } from "../account.ts";
import { ANSWERED, request } from "../requests.ts";
import { Sidecar, type Changes } from "../sidecar.ts";

const TOO_LARGE: Answer = { status: 413 };
const TAKEN: Answer = { status: 200, trailers: [["grpc-status", "0"]] };

const FORMATS: Record<string, Record<string, string>> = {
  "Lightstep over HTTP": {},
  "Lightstep over gRPC": { transport: "grpc" },
  "OTLP over HTTP": { protocol: "otlp" },
  "OTLP over gRPC": { protocol: "otlp", transport: "grpc" },
  "Zipkin over HTTP": { protocol: "zipkin" },
  "Lightstep, deflated,": { compression: "deflate" },
};

/** A sidecar with a report of `spans` spans in flight, each with its number in its path. */
async function reporting(spans: number, changes: Changes = {}): Promise<Sidecar> {
  const sidecar = await Sidecar.start(changes);
  for (let i = 0; i < spans; i++) numbered(sidecar, i);
  sidecar.tick();
  return sidecar;
}

function numbered(sidecar: Sidecar, number: number): void {
  const headers = request({ "x-b3-sampled": "1" }).map(([name, value]): [string, string] => [
    name,
    name === ":path" ? `/${number}` : value,
  ]);
  sidecar.request({ headers, responseHeaders: ANSWERED });
}

/** The numbers of the spans in a reading. */
function numbersIn(spans: { tags: Record<string, string> }[]): number[] {
  return spans.map((span) => Number(/\/(\d+)$/.exec(span.tags["http.url"] ?? "")?.[1]));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

for (const [name, collector] of Object.entries(FORMATS)) {
  describe(`${name} a report that is too large`, () => {
    it("is sent at once in two halves, in order, each a complete report", async () => {
      const sidecar = await reporting(7, { collector });
      sidecar.answer(TOO_LARGE);
      sidecar.answer(TAKEN);
      sidecar.answer(TAKEN);
      const readings = sidecar.readings;
      assert.deepEqual(
        readings.map(({ spans }) => numbersIn(spans)),
        [range(0, 7), range(0, 3), range(3, 7)],
      );
      const [whole, ...halves] = readings;
      assert.deepEqual(
        halves.flatMap(({ spans }) => spans),
        whole?.spans,
      );
      for (const half of halves) assert.deepEqual([half.service, half.tags], [whole?.service, whole?.tags]);
      assert.deepEqual(sidecar.account, { recorded: 7, sent: 7, dropped: 0, buffered: 0 });
      assert.deepEqual([sidecar.count("reports_sent"), sidecar.count("reports_failed")], [2, 0]);
      assert.equal(sidecar.count("reports_retried"), 0, "two new reports, no second try");
      assert.deepEqual(sidecar.host.logs, []);
    });

    it("is split until it is small enough, for a collector that accepts three spans at most", async () => {
      const sidecar = await reporting(50, { collector });
      const taken: number[] = [];
      while (sidecar.host.inFlight.length > 0) {
        const spans = numbersIn(sidecar.readings.at(-1)?.spans ?? []);
        if (spans.length <= 3) taken.push(...spans);
        sidecar.answer(spans.length > 3 ? TOO_LARGE : TAKEN);
      }
      assert.deepEqual(taken, range(0, 50));
      assert.deepEqual(sidecar.account, { recorded: 50, sent: 50, dropped: 0, buffered: 0 });
    });

    it("is refused if it has one span", async () => {
      const sidecar = await reporting(3, { collector });
      while (sidecar.host.inFlight.length > 0) {
        const isBig = numbersIn(sidecar.readings.at(-1)?.spans ?? []).includes(1);
        sidecar.answer(isBig ? TOO_LARGE : TAKEN);
      }
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 2, dropped: 1, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { refused: 1 });
      assert.deepEqual(sidecar.lines("warn"), [
        "collector lightstep: it refused the report (status 413); 1 span lost, 1 report given up",
      ]);
    });
  });
}

describe("a collector that has found a report too large", () => {
  it("gets later ones with half the bytes, each a little larger than the one before", async () => {
    const sidecar = await reporting(40);
    const whole = sidecar.host.calls[0]?.body.length ?? 0;
    sidecar.answer(TOO_LARGE);
    const half = sidecar.host.calls[1]?.body.length ?? 0;
    assert.ok(half > whole / 3 && half < (whole * 2) / 3);
    sidecar.answer(TAKEN);
    sidecar.answer(TAKEN);
    for (let i = 0; i < 100; i++) numbered(sidecar, i);
    while (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
    const later = sidecar.host.calls.slice(3).map((call) => call.body.length);
    assert.ok(later.length >= 3, "reports set out before the tick");
    let allowed = half;
    for (const size of later) {
      assert.ok(size >= half && size < allowed * 1.2, `${size} bytes, where ${allowed} were taken`);
      allowed = Math.max(allowed, size);
    }
    for (let i = 0; i < 8000; i++) {
      numbered(sidecar, i);
      while (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
    }
    assert.equal(sidecar.spansPerReport.at(-1), 200, "in the end as large as configured");
  });

  it("gets the half again if it then fails", async () => {
    const sidecar = await reporting(6);
    sidecar.answer(TOO_LARGE);
    sidecar.answer("reset");
    sidecar.untilNextCall();
    sidecar.answer(TAKEN);
    sidecar.answer(TAKEN);
    assert.deepEqual(sidecar.spansPerReport, [6, 3, 3, 3]);
    assert.equal(sidecar.count("reports_retried"), 1);
    assert.equal(sidecar.account.sent, 6);
  });

  it("may do so after a failed attempt, and each half has all its attempts", async () => {
    const sidecar = await reporting(2, { retry: { attempts: 2 } });
    sidecar.answer("reset");
    sidecar.untilNextCall();
    sidecar.answer(TOO_LARGE);
    sidecar.answer("reset");
    sidecar.untilNextCall();
    sidecar.answer("reset");
    assert.deepEqual(sidecar.account, { recorded: 2, sent: 0, dropped: 1, buffered: 1 });
    sidecar.untilNextCall();
    sidecar.answer(TAKEN);
    assert.deepEqual(sidecar.account, { recorded: 2, sent: 1, dropped: 1, buffered: 0 });
  });
});

describe("gRPC's RESOURCE_EXHAUSTED", () => {
  it("to every report eventually drops all spans, and never traps", async () => {
    const sidecar = await reporting(9, { collector: { transport: "grpc" }, retry: { attempts: 3 } });
    for (let i = 0; sidecar.account.buffered > 0; i++) {
      assert.ok(i < 100, "it ends");
      if (sidecar.host.inFlight.length === 0) sidecar.untilNextCall();
      sidecar.answer({ status: 200, trailers: [["grpc-status", "8"]] });
    }
    assert.deepEqual(sidecar.account, { recorded: 9, sent: 0, dropped: 9, buffered: 0 });
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 9 });
    assert.equal(sidecar.count("reports_failed"), 9);
  });
});
