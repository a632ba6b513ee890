// When a report is retried: the waits, measured by the module's timer; waits that a collector asks for; answers that
// never come.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Answer } from "../../../host/options.ts";
import { droppedBecause } from "../account.ts";
import { INBOUND, OUTBOUND, Sidecar, type Changes } from "../sidecar.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DOWN: Answer = { status: 503 };
/** `host.now` at the start: 2023-11-14 22:13:20 GMT, a Tuesday. */
const START = 1_700_000_000_000;

/** A sidecar with a report of three spans in flight. */
async function reporting(changes: Changes = {}, seed = 1): Promise<Sidecar> {
  const sidecar = await Sidecar.start(changes, { now: START, seed });
  sidecar.requests(3);
  sidecar.tick();
  return sidecar;
}

/** The waits between `tries` attempts of one report, all answered with `answer`. */
async function waits(tries: number, changes: Changes, answer: Answer = DOWN, seed = 1): Promise<number[]> {
  const sidecar = await reporting(changes, seed);
  const times: number[] = [];
  for (let i = 1; i < tries; i++) {
    sidecar.answer(answer);
    times.push(sidecar.untilNextCall());
  }
  return times;
}

describe("the waits before a report's retries", () => {
  it("double up to the longest, each randomly between half and all of it", async () => {
    const [attempts, base_ms, max_ms] = [12, 100, 3000];
    const delays = [100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000, 3000, 3000];
    for (let seed = 1; seed <= 50; seed++) {
      const times = await waits(attempts, { retry: { attempts, base_ms, max_ms } }, DOWN, seed);
      assert.equal(times.length, delays.length);
      times.forEach((time, i) => {
        const delay = delays[i] as number;
        assert.ok(time >= delay / 2 && time <= delay, `${time} ms as wait ${i} of ${delay} ms (seed ${seed})`);
      });
    }
  });

  it("differ from worker to worker over the whole range", async () => {
    const first: number[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      first.push((await waits(2, { retry: { base_ms: 1000 } }, DOWN, seed))[0] as number);
    }
    assert.ok(new Set(first).size > 100, `${new Set(first).size} different waits`);
    assert.ok(Math.min(...first) < 520 && Math.max(...first) > 980);
  });

  it("are at most 250 and 500 milliseconds by default", async () => {
    const [first = 0, second = 0] = await waits(3, {});
    assert.ok(first >= 125 && first <= 250 && second >= 250 && second <= 500, `${first}, ${second}`);
  });

  it("are as long as the timer's interval allows, and no longer if the interval is shorter", async () => {
    const changes = { retry: { base_ms: 5000, max_ms: 5000 }, buffer: { flush_interval_ms: 100 } };
    const [time = 0] = await waits(2, changes);
    assert.ok(time >= 2500 && time <= 5100, `${time} ms`);
  });

  it("start over once a report is accepted", async () => {
    const sidecar = await reporting({ retry: { attempts: 10, base_ms: 100, max_ms: 60_000 } });
    for (let i = 0; i < 6; i++) {
      sidecar.answer(DOWN);
      sidecar.untilNextCall();
    }
    sidecar.answer();
    sidecar.request();
    sidecar.tick();
    sidecar.answer(DOWN);
    const time = sidecar.untilNextCall();
    assert.ok(time <= 100, `${time} ms`);
  });

  it("keep doubling with the next report when one is given up", async () => {
    const sidecar = await reporting({ retry: { attempts: 1, base_ms: 1000, max_ms: 60_000 } });
    sidecar.answer(DOWN);
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 3 });
    for (const delay of [1000, 2000, 4000]) {
      const before = sidecar.host.now;
      sidecar.request();
      sidecar.untilNextCall();
      const time = sidecar.host.now - before;
      assert.ok(time >= delay / 2 && time <= delay + 1000, `${time} ms of ${delay}`);
      sidecar.answer(DOWN);
    }
    assert.equal(sidecar.count("reports_retried"), 0);
  });

  it("end when the clock is set back", async () => {
    const sidecar = await reporting({ retry: { base_ms: 60_000, max_ms: 60_000 } });
    sidecar.answer(DOWN);
    sidecar.host.now -= HOUR;
    sidecar.tick();
    assert.equal(sidecar.host.calls.length, 2);
  });
});

describe("retry.attempts", () => {
  for (const attempts of [1, 2, 7]) {
    it(`${attempts}: the number of attempts in all`, async () => {
      const sidecar = await reporting({ retry: { attempts } });
      for (let i = 1; i < attempts; i++) {
        sidecar.answer(DOWN);
        sidecar.untilNextCall();
      }
      assert.equal(sidecar.account.buffered, 3);
      sidecar.answer(DOWN);
      sidecar.pass(60 * SECOND);
      assert.equal(sidecar.host.calls.length, attempts);
      assert.equal(sidecar.count("reports_retried"), attempts - 1);
      assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 3, buffered: 0 });
      assert.equal(sidecar.host.tickPeriod(INBOUND), 0, "there is nothing to do");
    });
  }

  it("is 12 by default: no span is lost if a collector refuses connections for 18 seconds", async () => {
    const sidecar = await reporting();
    const away = sidecar.host.now + 18 * SECOND;
    while (sidecar.host.now < away) {
      sidecar.answer("reset");
      sidecar.untilNextCall();
    }
    sidecar.answer();
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
    sidecar.requests(2);
    sidecar.tick();
    for (let i = 1; i < 12; i++) {
      sidecar.answer("reset");
      sidecar.untilNextCall();
    }
    sidecar.answer("reset");
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 2 });
  });

  it("applies to each report separately", async () => {
    const sidecar = await reporting({ retry: { attempts: 2 } });
    sidecar.answer(DOWN);
    sidecar.requests(4);
    sidecar.untilNextCall();
    sidecar.answer(DOWN);
    sidecar.untilNextCall();
    sidecar.answer(DOWN);
    sidecar.untilNextCall();
    sidecar.answer();
    assert.deepEqual(sidecar.spansPerReport, [3, 3, 4, 4]);
    assert.deepEqual(sidecar.account, { recorded: 7, sent: 4, dropped: 3, buffered: 0 });
  });
});

describe("while a report waits for its retry", () => {
  it("spans gather in one batch after it", async () => {
    const sidecar = await reporting({ retry: { base_ms: 10_000, max_ms: 10_000 } });
    sidecar.answer(DOWN);
    for (let i = 0; i < 4; i++) {
      sidecar.requests(2);
      sidecar.tick();
    }
    sidecar.untilNextCall();
    sidecar.answer();
    sidecar.tick();
    sidecar.answer();
    assert.deepEqual(sidecar.spansPerReport, [3, 3, 8]);
  });

  it("full batches queue up and are then sent one after the other, in order", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 }, retry: { base_ms: 10_000, max_ms: 10_000 } });
    sidecar.requests(2);
    sidecar.answer(DOWN);
    sidecar.requests(7);
    assert.equal(sidecar.host.calls.length, 1);
    sidecar.untilNextCall();
    for (const spans of [2, 2, 2]) {
      assert.equal(sidecar.spansPerReport.at(-1), spans);
      sidecar.answer();
    }
    sidecar.answer();
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [2, 2, 2, 2, 2, 1]);
  });

  it("it may give way to new spans, like any batch that is not in flight", async () => {
    const sidecar = await Sidecar.start({
      buffer: { max_bytes: 65536, flush_spans: 10 },
      retry: { base_ms: HOUR, max_ms: HOUR },
    });
    sidecar.requests(10);
    sidecar.answer(DOWN);
    sidecar.requests(500);
    sidecar.tick();
    const { dropped, buffered } = sidecar.account;
    assert.ok(dropped > 10 && buffered > 0);
    assert.deepEqual(droppedBecause(sidecar.host), { buffer_full: dropped });
  });

  it("its root context may end: another one retries", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    sidecar.requests(3);
    sidecar.tick();
    sidecar.answer(DOWN);
    assert.equal(sidecar.done(INBOUND), true);
    sidecar.untilNextCall(OUTBOUND);
    assert.equal(sidecar.host.inFlight[0]?.root, OUTBOUND);
    sidecar.answer();
    assert.equal(sidecar.account.sent, 3);
  });
});

describe("Retry-After", () => {
  const MAX: Changes = { retry: { base_ms: 250, max_ms: 5000 } };

  async function waitFor(value: string, status = 429): Promise<number> {
    const headers: Headers = [["retry-after", value]];
    return (await waits(2, MAX, { status, headers }))[0] as number;
  }

  for (const status of [429, 503]) {
    it(`in seconds is the minimum wait (${status})`, async () => {
      for (const seconds of [1, 7, 120]) {
        const time = await waitFor(String(seconds), status);
        assert.ok(time >= seconds * SECOND && time <= (seconds + 1) * SECOND, `${time} ms of ${seconds} s`);
      }
    });
  }

  it("as a date is the minimum wait", async () => {
    const time = await waitFor("Tue, 14 Nov 2023 22:13:50 GMT");
    assert.ok(time >= 30 * SECOND && time <= 31 * SECOND, `${time} ms`);
  });

  it("counts as at most an hour, in either form", async () => {
    for (const value of ["7200", "999999999", "Wed, 15 Nov 2023 22:13:20 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]) {
      const time = await waitFor(value);
      assert.ok(time >= HOUR && time <= HOUR + SECOND, `${time} ms for ${value}`);
    }
  });

  it("that has passed, or is in neither form, is ignored", async () => {
    const values = [
      "0",
      "Tue, 14 Nov 2023 22:13:20 GMT",
      "Thu, 01 Jan 1970 00:00:00 GMT",
      "soon",
      "",
      "-1",
      "1.5",
      "\u00ff",
    ];
    for (const value of values) {
      const time = await waitFor(value);
      assert.ok(time >= 125 && time <= 250, `${time} ms for ${JSON.stringify(value)}`);
    }
  });

  it("does not shorten the wait", async () => {
    const changes = { retry: { base_ms: 10_000, max_ms: 10_000 } };
    const [time = 0] = await waits(2, changes, { status: 429, headers: [["retry-after", "1"]] });
    assert.ok(time >= 5000, `${time} ms`);
  });
});

describe("an answer that never comes", () => {
  it("is awaited as long as the host may take, and then counts as unavailable", async () => {
    const sidecar = await reporting({ collector: { timeout_ms: 2000 } });
    const [call] = sidecar.host.calls;
    // Envoy would have answered by now. Here the call never ends: the host has two in flight, the module one.
    sidecar.collectors = 2;
    sidecar.pass(7 * SECOND);
    assert.equal(sidecar.host.calls.length, 1);
    sidecar.pass(3 * SECOND);
    assert.equal(sidecar.host.calls.length, 2);
    assert.deepEqual(sidecar.host.calls[1]?.body, call?.body);
    assert.deepEqual(sidecar.lines("warn"), [
      "collector lightstep: it is not available (the answer is overdue); nothing is lost yet",
    ]);
    sidecar.host.answer(sidecar.host.calls[1]?.token ?? 0, { status: 200 });
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("is ignored if it comes after all", async () => {
    const sidecar = await reporting({ collector: { timeout_ms: 2000 } });
    sidecar.collectors = 2;
    sidecar.pass(10 * SECOND);
    assert.equal(sidecar.host.inFlight.length, 2);
    sidecar.host.answer(sidecar.host.calls[0]?.token ?? 0, { status: 400 });
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 0, dropped: 0, buffered: 3 });
    sidecar.host.answer(sidecar.host.calls[1]?.token ?? 0, { status: 200 });
    assert.deepEqual(sidecar.account, { recorded: 3, sent: 3, dropped: 0, buffered: 0 });
  });

  it("three times drops the report", async () => {
    const sidecar = await reporting({ collector: { timeout_ms: 2000 }, retry: { attempts: 3 } });
    sidecar.collectors = 3;
    sidecar.pass(60 * SECOND);
    assert.equal(sidecar.host.calls.length, 3);
    assert.deepEqual(droppedBecause(sidecar.host), { unavailable: 3 });
    assert.equal(sidecar.count("reports_retried"), 2);
  });
});
