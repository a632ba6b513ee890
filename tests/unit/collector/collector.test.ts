// The scripted collector: senders observe each fault as intended, and the ledger records what really happened.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deflateSync } from "node:zlib";
import { Collector } from "../../envoy/collector/collector.ts";
import { Gate } from "../../envoy/collector/gate.ts";
import { accept, type Fault, type Outcome } from "../../envoy/collector/fault.ts";
import { eventually } from "../../wait.ts";
import { overGrpc, overHttp1, overHttp2, reportOf, type Heard } from "./senders.ts";

let collector: Collector;
beforeEach(async () => (collector = await Collector.start()));
afterEach(() => collector.die());

const senders = { "HTTP/1.1": overHttp1, "HTTP/2": overHttp2, gRPC: overGrpc };
type Way = keyof typeof senders;
const DEADLINE_EXCEEDED = 4;
const http: Way[] = ["HTTP/1.1", "HTTP/2"];
const all: Way[] = [...http, "gRPC"];

/** Outcomes become certain a moment after the sender got its answer or gave up. */
async function outcomes(): Promise<(Outcome | undefined)[]> {
  const now = () => collector.ledger.receipts.map(({ outcome }) => outcome);
  return eventually("every outcome", now, (outcomes) => !outcomes.includes(undefined));
}

/** Opens once the sender has an answer, or has given up. */
let givenUp = new Gate();

// How a gRPC client reports faults, by its own rules: UNAVAILABLE 14, INTERNAL 13, DEADLINE_EXCEEDED 4, UNKNOWN 2.
const faults: [what: string, fault: Fault, ways: Way[], heard: Record<string, Heard["heard"]>, outcome: Outcome][] = [
  ["accept", accept, all, { "HTTP/1.1": 200, "HTTP/2": 200, gRPC: 0 }, "acknowledged"],
  ...[202, 204].map((status): (typeof faults)[number] => [
    `status ${status}`,
    { kind: "status", status },
    http,
    { "HTTP/1.1": status, "HTTP/2": status },
    "acknowledged",
  ]),
  ...[301, 400, 401, 413, 429, 500, 503].map((status): (typeof faults)[number] => [
    `status ${status}`,
    { kind: "status", status, body: "no" },
    http,
    { "HTTP/1.1": status, "HTTP/2": status },
    "refused",
  ]),
  ["status 503, as a proxy's", { kind: "status", status: 503 }, ["gRPC"], { gRPC: 14 }, "refused"],
  ["status 401, as a proxy's", { kind: "status", status: 401 }, ["gRPC"], { gRPC: 16 }, "refused"],
  ["gRPC status 8", { kind: "grpc", code: 8, message: "slow down" }, ["gRPC"], { gRPC: 8 }, "refused"],
  ["trailers only", { kind: "grpc", code: 14, trailersOnly: true }, ["gRPC"], { gRPC: 14 }, "refused"],
  [
    "a reply that means no",
    { kind: "reply", message: new Uint8Array(), outcome: "refused" },
    all,
    { "HTTP/1.1": 200, "HTTP/2": 200, gRPC: 0 },
    "refused",
  ],
  ["garbage", { kind: "garbage" }, ["HTTP/1.1"], { "HTTP/1.1": "garbage" }, "unclear"],
  ["garbage", { kind: "garbage" }, ["HTTP/2", "gRPC"], { "HTTP/2": 200, gRPC: 0 }, "unclear"],
  ["an endless body", { kind: "endless" }, http, { "HTTP/1.1": "timeout", "HTTP/2": "timeout" }, "unclear"],
  ["a black hole", { kind: "blackhole" }, all, { "HTTP/1.1": "timeout", "HTTP/2": "timeout", gRPC: 4 }, "unanswered"],
  ["a reset before the answer", { kind: "reset", when: "before" }, all, { ...resets(), gRPC: 13 }, "unanswered"],
  ["a reset in its middle", { kind: "reset", when: "middle" }, http, { "HTTP/1.1": "cut", "HTTP/2": "cut" }, "unclear"],
  [
    "an answer after the sender has given up",
    { ...accept, after: () => givenUp.opened },
    all,
    { "HTTP/1.1": "timeout", "HTTP/2": "timeout", gRPC: 4 },
    "unanswered",
  ],
  [
    "a short delay",
    { ...accept, after: () => sleep(50) },
    all,
    { "HTTP/1.1": 200, "HTTP/2": 200, gRPC: 0 },
    "acknowledged",
  ],
];

function resets(): Record<string, "reset"> {
  return { "HTTP/1.1": "reset", "HTTP/2": "reset" };
}

for (const [what, fault, ways, heard, outcome] of faults) {
  for (const way of ways) {
    it(`${what} is heard as ${heard[way]} over ${way}, and ${outcome}; the next report is accepted`, async () => {
      givenUp = new Gate();
      collector.behave(fault, accept);
      const isTimeout = heard[way] === "timeout" || heard[way] === DEADLINE_EXCEEDED;
      assert.equal((await senders[way](collector.port, reportOf("1"), isTimeout ? 300 : 60_000)).heard, heard[way]);
      assert.deepEqual([0, 200].includes((await senders[way](collector.port, reportOf("2"))).heard as number), true);
      givenUp.open();
      assert.deepEqual(await outcomes(), [outcome, "acknowledged"]);
    });
  }
}

describe("an answer", () => {
  for (const way of http) {
    it(`carries Retry-After over ${way}`, async () => {
      for (const value of ["2", new Date(Date.now() + 5_000).toUTCString()]) {
        collector.behave({ kind: "status", status: 429, headers: { "retry-after": value } });
        assert.equal((await senders[way](collector.port, reportOf("1"))).retryAfter, value);
      }
    });
  }

  it("carries gRPC's pushback", async () => {
    collector.behave({ kind: "grpc", code: 14, trailers: { "grpc-retry-pushback-ms": "250" } });
    assert.equal((await overGrpc(collector.port, reportOf("1"))).retryAfter, "250");
  });

  it("refuses a body that unpacks to more than allowed, and accepts others", async () => {
    const small = reportOf("1");
    collector.behave({ kind: "accept", maxBytes: small.length });
    assert.equal((await overHttp1(collector.port, reportOf("2", "3"))).heard, 413);
    assert.equal((await overGrpc(collector.port, reportOf("2", "3"))).heard, 8);
    assert.equal((await overHttp1(collector.port, small)).heard, 200);
    assert.deepEqual(await outcomes(), ["refused", "refused", "acknowledged"]);
  });
});

describe("the script", () => {
  it("repeats its last fault", async () => {
    collector.behave({ kind: "status", status: 500 }, accept, { kind: "status", status: 503 });
    const heard = [];
    for (let count = 0; count < 4; count++) heard.push((await overHttp1(collector.port, reportOf("1"))).heard);
    assert.deepEqual(heard, [500, 200, 503, 503]);
  });
});

describe("the ledger", () => {
  it("counts spans by outcome, and lists those that came more than once", async () => {
    collector.behave({ kind: "status", status: 503 }, { kind: "reset", when: "before" }, accept);
    await overHttp1(collector.port, reportOf("1", "2"));
    await overHttp1(collector.port, reportOf("2"));
    await overHttp1(collector.port, reportOf("1", "2", "3"));
    await outcomes();
    assert.deepEqual(collector.ledger.totals(), {
      reports: 3,
      spans: 6,
      uniqueSpans: 3,
      uniqueAcknowledged: 3,
      acknowledged: 3,
      refused: 2,
      unclear: 0,
      unanswered: 1,
      open: 0,
    });
    const id = (digit: number) => String(digit).padStart(16, "0");
    assert.deepEqual(
      collector.ledger.duplicates(),
      new Map([
        [id(1), ["refused", "acknowledged"]],
        [id(2), ["refused", "unanswered", "acknowledged"]],
      ]),
    );
  });

  it("does not assume that an answer was read if the connection was reset right after it", async () => {
    const socket = connect(collector.port, "127.0.0.1").on("error", () => {});
    const body = reportOf("1");
    socket.write(
      "POST /api/v2/reports HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n" +
        `content-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    const outcome = () => collector.ledger.receipts[0]?.outcome;
    await eventually("the outcome of the answer", outcome);
    assert.deepEqual(await outcomes(), ["acknowledged"]);
    socket.resetAndDestroy();
    await eventually("another outcome after the reset", outcome, (now) => now !== "acknowledged");
    assert.deepEqual(await outcomes(), ["unclear"]);
  });

  it("records how each report was sent", async () => {
    await overHttp1(collector.port, reportOf("1"));
    await overGrpc(collector.port, reportOf("2"));
    const headers = { "content-type": "application/octet-stream", "content-encoding": "deflate" };
    const body = deflateSync(reportOf("3"));
    await fetch(`http://127.0.0.1:${collector.port}/api/v2/reports`, { method: "POST", headers, body });
    assert.deepEqual(
      collector.ledger.receipts.map(({ format, transport, encoding, tokenInHeader, tokenInBody }) => [
        ...[format, transport, encoding],
        ...[tokenInHeader, tokenInBody],
      ]),
      [
        ["lightstep", "http", "", true, true],
        ["lightstep", "grpc", "", true, true],
        ["lightstep", "http", "deflate", false, true],
      ],
    );
    assert.equal(collector.ledger.receipts[2]?.bytes, body.length);
  });

  it("says why a body is not a report, and answers it", async () => {
    assert.equal((await overHttp1(collector.port, Buffer.from("garbage"))).heard, 400);
    assert.equal((await overGrpc(collector.port, Buffer.from("garbage"))).heard, 3);
    assert.equal((await fetch(`http://127.0.0.1:${collector.port}/`)).status, 400);
    const [first, second, third] = collector.ledger.broken;
    assert.match(first ?? "", /not a Lightstep ReportRequest/);
    assert.equal(second, first);
    assert.equal(third, "no format is sent to /");
    assert.deepEqual(collector.ledger.receipts, []);
  });

  it("does not count truncated requests as received", async () => {
    const socket = connect(collector.port, "127.0.0.1");
    const head = "POST /api/v2/reports HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nabc";
    await new Promise((resolve) => socket.write(head, resolve));
    socket.destroy();
    await eventually(
      "the request to be cut",
      () => collector.ledger.cut,
      (cut) => cut > 0,
    );
    assert.deepEqual([collector.ledger.cut, collector.ledger.receipts.length], [1, 0]);
  });
});

describe("a collector that died", () => {
  it("resets requests in progress, refuses connections, and comes back on the same port with its ledger", async () => {
    collector.behave({ kind: "blackhole" }, accept);
    const underWay = [overHttp1(collector.port, reportOf("1")), overHttp2(collector.port, reportOf("2"))];
    const arrived = () => collector.ledger.receipts.length + collector.ledger.broken.length;
    await eventually("a report", arrived, (count) => count > 0);
    await sleep(50);
    await collector.die();
    await Promise.all(underWay);
    const { port } = collector;
    for (const way of http) assert.equal((await senders[way](port, reportOf("3"))).heard, "reset", way);
    await collector.comeBack();
    assert.equal(collector.port, port);
    for (const way of all) assert.ok([0, 200].includes((await senders[way](port, reportOf("4"))).heard as number), way);
    assert.equal((await outcomes())[0], "unanswered");
  });

  it("may die twice, and come back each time", async () => {
    for (let time = 0; time < 3; time++) {
      await collector.die();
      await collector.comeBack();
      assert.equal((await overHttp1(collector.port, reportOf("1"))).heard, 200);
    }
  });
});
