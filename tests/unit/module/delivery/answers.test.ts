// The effect of a collector's answer on the spans of its report.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeResponse } from "../../../../satellite/receive/lightstep.ts";
import type { Answer } from "../../../host/options.ts";
import { Random } from "../../../host/random.ts";
import { droppedBecause } from "../account.ts";
import { INBOUND, Sidecar } from "../sidecar.ts";

const TIMES = { receiveMicros: 1_700_000_000_000_000, transmitMicros: 1_700_000_000_000_100 };
/** ReportResponse { commands: [{ disable: true }] } */
const DISABLE = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);

function errors(...texts: string[]): Uint8Array {
  return encodeResponse({ ...TIMES, errors: texts });
}

function reports(sidecar: Sidecar): Record<string, number> {
  const [sent, failed, retried] = ["sent", "failed", "retried"].map((what) => sidecar.count(`reports_${what}`));
  return { sent, failed, retried } as Record<string, number>;
}

/** A sidecar with a report of three spans in flight. */
async function reporting(): Promise<Sidecar> {
  const sidecar = await Sidecar.start({ retry: { attempts: 3 } });
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

const REFUSED: [what: string, answer: Answer, cause: string][] = [
  ["301", { status: 301 }, "status 301"],
  ["400", { status: 400 }, "status 400"],
  ["401", { status: 401 }, "status 401"],
  ["404", { status: 404 }, "status 404"],
  ["500", { status: 500 }, "status 500"],
  ["501", { status: 501, headers: [["retry-after", "1"]] }, "status 501"],
  ["200 with errors", { status: 200, body: errors("rate limited", "and more") }, "rate limited"],
  ["200 with an error of many lines", { status: 200, body: errors("no\r\ntoken\u0007") }, "no  token "],
  ["200 with an error without text", { status: 200, body: errors("") }, "without a text"],
];

const LATER: [what: string, answer: Answer, cause: string][] = [
  ["429", { status: 429 }, "status 429"],
  ["502", { status: 502 }, "status 502"],
  ["503", { status: 503 }, "status 503"],
  ["504", { status: 504 }, "status 504"],
  [
    "503 with errors and a command to stop",
    { status: 503, body: Buffer.concat([DISABLE, errors("no")]) },
    "status 503",
  ],
  ["a reset", "reset", "the connection failed or was reset"],
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

describe("the spans of a report are lost, counted and logged when the answer is", () => {
  for (const [what, answer, cause] of REFUSED) {
    it(what, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer);
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 3, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { refused: 3 });
      assert.deepEqual(reports(sidecar), { sent: 0, failed: 1, retried: 0 });
      assert.deepEqual(sidecar.lines("warn"), [
        `collector lightstep: it refused the report (${cause}); 3 spans lost, 1 report given up`,
      ]);
      assert.equal(sidecar.host.logs.length, 1);
      sidecar.pass(60_000);
      assert.equal(sidecar.host.calls.length, 1, "it is not tried again");
    });
  }
});

describe("a report is kept, logged and retried when the answer is", () => {
  for (const [what, answer, cause] of LATER) {
    it(what, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer);
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 0, buffered: 3 });
      assert.deepEqual(reports(sidecar), { sent: 0, failed: 0, retried: 0 });
      const line = `collector lightstep: it is not available (${cause}); nothing is lost yet`;
      assert.deepEqual(sidecar.lines("warn"), [line]);
      sidecar.untilNextCall();
      const [first, second] = sidecar.host.calls;
      assert.deepEqual(second?.body, first?.body, "the same report");
      sidecar.answer();
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
      assert.deepEqual(reports(sidecar), { sent: 1, failed: 0, retried: 1 });
      assert.deepEqual(sidecar.lines("info"), ["collector lightstep: takes reports again"]);
      assert.equal(sidecar.host.logs.length, 2);
    });

    it(`${what}, and lost after the last try`, async () => {
      const sidecar = await reporting();
      for (const tries of [1, 2, 3]) {
        assert.equal(sidecar.host.calls.length, tries);
        sidecar.answer(answer);
        if (tries < 3) sidecar.untilNextCall();
      }
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 3, buffered: 0 });
      assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 3 });
      assert.deepEqual(reports(sidecar), { sent: 0, failed: 1, retried: 2 });
      sidecar.pass(60_000);
      assert.equal(sidecar.host.calls.length, 3);
    });
  }
});

describe("an answer", () => {
  it("with a long error is logged in 200 bytes", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 200, body: errors("x".repeat(5000)) });
    assert.ok(sidecar.lines("warn")[0]?.includes(`(${"x".repeat(200)})`));
  });

  it("to no call is ignored", async () => {
    const sidecar = await reporting();
    assert.equal(sidecar.host.answer(4711, { status: 200 }), false);
    sidecar.answer();
    assert.equal(sidecar.host.answer(sidecar.host.calls[0]?.token ?? 0, { status: 500 }), false);
    assert.equal(sidecar.account.sent, 3);
  });

  it("to a call that was never made, or is already answered, changes nothing, whatever it says", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.requests(5);
    const stray = () => {
      const before = sidecar.account;
      const under = sidecar.host.inFlight[0]?.token ?? 0;
      for (const token of [0, under - 1, under + 1, 0xffffffff])
        for (const answer of [{ status: 200 }, { status: 413 }, { status: 200, body: DISABLE }, "reset"] as const)
          sidecar.host.strayAnswer(INBOUND, token, answer);
      assert.deepEqual(sidecar.account, before);
      assert.deepEqual(sidecar.host.logs, []);
    };
    stray();
    sidecar.answer();
    stray();
    sidecar.answer();
    const last = sidecar.host.calls.at(-1)?.token ?? 0;
    sidecar.host.strayAnswer(INBOUND, last, { status: 400 });
    sidecar.tick();
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 5, sent: 5, dropped: 0, buffered: 0 });
  });

  it("of random bytes counts as an acceptance, a rejection or a command to stop, and never traps", async () => {
    const random = new Random(7);
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1 } });
    for (let i = 1; i <= 20_000; i++) {
      sidecar.request();
      const call = sidecar.host.inFlight[0];
      const body = Buffer.from(random.bytes(random.below(24)), "latin1");
      // 0x22 as the first byte begins the errors field.
      if (random.once(2) && body.length > 0) body[0] = random.pick([0x22, 0x12, 0x1a]);
      if (call) sidecar.answer({ status: 200, body });
    }
    const { recorded, sent, dropped } = sidecar.account;
    assert.ok(sent > 0 && dropped > 0 && recorded === sent + dropped);
  });
});

describe("a collector that says Command.disable", () => {
  it("gets no more reports, and recorded spans are counted as dropped", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 3 } });
    sidecar.requests(7);
    sidecar.answer({ status: 200, body: DISABLE });
    assert.deepEqual(sidecar.account, { recorded: 7, sent: 3, dropped: 4, buffered: 0 });
    sidecar.requests(10);
    sidecar.tick();
    assert.deepEqual(sidecar.account, { recorded: 17, sent: 3, dropped: 14, buffered: 0 });
    assert.deepEqual(droppedBecause(sidecar.host), { disabled: 14 });
    assert.equal(sidecar.count("reports_failed"), 0);
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

  it("is ignored without a 2xx", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 500, body: DISABLE });
    sidecar.request();
    sidecar.tick();
    assert.equal(sidecar.host.calls.length, 2);
  });
});
