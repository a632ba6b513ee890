// What an answer of the collector means for the spans of its report.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeResponse } from "../../../satellite/receive/lightstep.ts";
import type { Answer } from "../../host/options.ts";
import { Random } from "../../host/random.ts";
import { droppedBecause } from "./account.ts";
import { INBOUND, Sidecar } from "./sidecar.ts";

const TIMES = { receiveMicros: 1_700_000_000_000_000, transmitMicros: 1_700_000_000_000_100 };
/** ReportResponse { commands: [{ disable: true }] } */
const DISABLE = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);

function errors(...texts: string[]): Uint8Array {
  return encodeResponse({ ...TIMES, errors: texts });
}

/** A sidecar whose report of three spans is under way. */
async function reporting(): Promise<Sidecar> {
  const sidecar = await Sidecar.start();
  sidecar.requests(3);
  sidecar.tick();
  return sidecar;
}

const SENT: Record<string, Answer> = {
  "200": { status: 200 },
  "200 with a ReportResponse": { status: 200, body: encodeResponse(TIMES) },
  "202": { status: 202 },
  "204": { status: 204 },
  "200 with a body that is no ReportResponse": { status: 200, body: "<html>\xff\xff\xff\xff\xff</html>" },
  "200 with a body of a megabyte": { status: 200, body: Buffer.alloc(1 << 20, 0x22) },
};

const LOST: [what: string, answer: Answer, reason: string, cause: string][] = [
  ["301", { status: 301 }, "refused", "it refused the report (status 301)"],
  ["400", { status: 400 }, "refused", "it refused the report (status 400)"],
  ["401", { status: 401 }, "refused", "it refused the report (status 401)"],
  ["429", { status: 429 }, "unavailable", "it is not available (status 429)"],
  ["500", { status: 500 }, "refused", "it refused the report (status 500)"],
  ["503", { status: 503 }, "unavailable", "it is not available (status 503)"],
  ["504", { status: 504 }, "unavailable", "it is not available (status 504)"],
  ["a reset", "reset", "unavailable", "it is not available (the connection failed or was reset)"],
  [
    "200 with errors",
    { status: 200, body: errors("rate limited", "and more") },
    "refused",
    "it refused the report (rate limited)",
  ],
  [
    "200 with an error of many lines",
    { status: 200, body: errors("no\r\ntoken\u0007") },
    "refused",
    "it refused the report (no  token )",
  ],
  [
    "200 with an error without text",
    { status: 200, body: errors("") },
    "refused",
    "it refused the report (without a text)",
  ],
];

describe("the spans of a report are sent when the answer is", () => {
  for (const [what, answer] of Object.entries(SENT)) {
    it(what, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer);
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
      assert.deepEqual([sidecar.count("reports_sent"), sidecar.count("reports_failed")], [1, 0]);
      assert.deepEqual(sidecar.host.logs, []);
    });
  }
});

describe("the spans of a report are lost, counted and told of when the answer is", () => {
  for (const [what, answer, reason, cause] of LOST) {
    it(what, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer);
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 3, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { [reason]: 3 });
      assert.deepEqual([sidecar.count("reports_sent"), sidecar.count("reports_failed")], [0, 1]);
      assert.deepEqual(sidecar.lines("warn"), [
        `collector lightstep: ${cause}; 1 reports failed and 3 spans were lost`,
      ]);
      assert.equal(sidecar.host.logs.length, 1);
    });
  }
});

describe("an answer", () => {
  it("with a long error is told in 200 bytes", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 200, body: errors("x".repeat(5000)) });
    assert.ok(sidecar.lines("warn")[0]?.includes(`(${"x".repeat(200)})`));
  });

  it("that nobody asked for is nothing", async () => {
    const sidecar = await reporting();
    assert.equal(sidecar.host.answer(4711, { status: 200 }), false);
    sidecar.answer();
    assert.equal(sidecar.host.answer(sidecar.host.calls[0]?.token ?? 0, { status: 500 }), false);
    assert.equal(sidecar.account.sent, 3);
  });

  it("of random bytes is taken for a yes, a no, or the end, and never traps", async () => {
    const random = new Random(7);
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1 } });
    for (let i = 1; i <= 20_000; i++) {
      sidecar.request();
      const call = sidecar.host.inFlight[0];
      const body = Buffer.from(random.bytes(random.below(24)), "latin1");
      // A first byte of 0x22 begins the field of errors.
      if (random.once(2) && body.length > 0) body[0] = random.pick([0x22, 0x12, 0x1a]);
      if (call) sidecar.answer({ status: 200, body });
    }
    const { recorded, sent, dropped } = sidecar.account;
    assert.ok(sent > 0 && dropped > 0 && recorded === sent + dropped);
  });
});

describe("a collector that says Command.disable", () => {
  it("gets no more reports, and what is recorded is counted as dropped", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 3 } });
    sidecar.requests(7);
    sidecar.answer({ status: 200, body: DISABLE });
    assert.deepEqual(sidecar.account, { recorded: 7, sent: 3, dropped: 4, buffered: 0 });
    sidecar.requests(10);
    sidecar.tick();
    assert.deepEqual(sidecar.account, { recorded: 17, sent: 3, dropped: 14, buffered: 0 });
    assert.deepEqual(droppedBecause(sidecar.host), { disabled: 14 });
    assert.equal(sidecar.host.calls.length, 1);
    assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    assert.ok(sidecar.lines("warn")[0]?.startsWith("collector lightstep: told us to stop"));
  });

  it("may refuse the report at the same time", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 200, body: Buffer.concat([DISABLE, errors("no")]) });
    assert.deepEqual(droppedBecause(sidecar.host), { refused: 3 });
    sidecar.request();
    sidecar.tick();
    assert.deepEqual(droppedBecause(sidecar.host), { refused: 3, disabled: 1 });
  });

  it("is not believed without a 2xx", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 500, body: DISABLE });
    sidecar.request();
    sidecar.tick();
    assert.equal(sidecar.host.calls.length, 2);
  });
});
