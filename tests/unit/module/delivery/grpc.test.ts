// The meaning of gRPC's answers: the final status counts, wherever it is.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Answer } from "../../../host/options.ts";
import { Random } from "../../../host/random.ts";
import { droppedBecause } from "../account.ts";
import { field } from "../protobuf.ts";
import { framed } from "../reading.ts";
import { Sidecar } from "../sidecar.ts";

const GRPC = { collector: { transport: "grpc" } };

async function reporting(changes: object = {}): Promise<Sidecar> {
  const sidecar = await Sidecar.start({ ...GRPC, ...changes });
  sidecar.requests(4);
  sidecar.tick();
  return sidecar;
}

/** Status and message after a body, or in the headers if there is no body. */
const PLACES: Record<string, (status: Headers, body?: Uint8Array) => Answer> = {
  "in the trailers": (status, body) => ({ status: 200, trailers: status, body: body ?? new Uint8Array() }),
  "in the headers": (status) => ({ status: 200, headers: status }),
};

/** All codes of gRPC, and their effects. */
const LATER = [1, 4, 10, 11, 14, 15];
const REFUSED = [2, 3, 5, 6, 7, 9, 12, 13, 16, 17, 33, 46, 4711];

for (const [place, answered] of Object.entries(PLACES)) {
  describe(`gRPC's status ${place}`, () => {
    it("0 means that the report was accepted", async () => {
      const sidecar = await reporting();
      sidecar.answer(answered([["grpc-status", "0"]]));
      assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
    });

    for (const code of LATER) {
      it(`${code} means to retry later`, async () => {
        const sidecar = await reporting();
        sidecar.answer(answered([["grpc-status", String(code)]]));
        assert.deepEqual(sidecar.account, { recorded: 4, sent: 0, dropped: 0, buffered: 4 });
        assert.deepEqual(sidecar.lines("warn"), [
          `collector lightstep: it is not available (grpc-status ${code}); nothing is lost yet`,
        ]);
        sidecar.untilNextCall();
        assert.deepEqual(sidecar.host.calls[1]?.body, sidecar.host.calls[0]?.body);
      });
    }

    for (const code of REFUSED) {
      it(`${code} refuses the report`, async () => {
        const sidecar = await reporting();
        sidecar.answer(
          answered([
            ["grpc-status", String(code)],
            ["grpc-message", "no such thing"],
          ]),
        );
        assert.deepEqual(droppedBecause(sidecar.host), { refused: 4 });
        assert.deepEqual(sidecar.lines("warn"), [
          `collector lightstep: it refused the report (grpc-status ${code}: no such thing); 4 spans lost, 1 report given up`,
        ]);
      });
    }

    it("8 asks for half as much, later", async () => {
      const sidecar = await reporting();
      sidecar.answer(answered([["grpc-status", "8"]]));
      assert.equal(sidecar.account.buffered, 4);
      assert.equal(sidecar.host.inFlight.length, 0, "not at once");
      const time = sidecar.untilNextCall();
      assert.ok(time >= 125 && time <= 250, `${time} ms`);
      sidecar.answer(answered([["grpc-status", "0"]]));
      sidecar.answer(answered([["grpc-status", "0"]]));
      assert.deepEqual(
        sidecar.readings.map(({ spans }) => spans.length),
        [4, 2, 2],
      );
      assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
    });

    it("that is not a number counts as unknown to gRPC", async () => {
      const sidecar = await reporting();
      sidecar.answer(answered([["grpc-status", "OK"]]));
      assert.deepEqual(droppedBecause(sidecar.host), { refused: 4 });
    });
  });
}

describe("a gRPC answer", () => {
  it("without a status refuses the report: it counts as UNKNOWN", async () => {
    for (const answer of [
      { status: 200 },
      { status: 200, body: framed(new Uint8Array()) },
      { status: 200, trailers: [] },
    ]) {
      const sidecar = await reporting();
      sidecar.answer(answer);
      assert.deepEqual(droppedBecause(sidecar.host), { refused: 4 });
      assert.ok(sidecar.lines("warn")[0]?.includes("(grpc-status 2)"));
    }
  });

  it("is judged by its HTTP status first", async () => {
    const trailers: Headers = [["grpc-status", "0"]];
    const later = await reporting();
    later.answer({ status: 503, trailers });
    assert.equal(later.account.buffered, 4);
    const refused = await reporting();
    refused.answer({ status: 404, trailers });
    assert.deepEqual(droppedBecause(refused.host), { refused: 4 });
  });

  it("is judged by the trailers' status rather than the headers'", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 200, headers: [["grpc-status", "0"]], trailers: [["grpc-status", "3"]] });
    assert.deepEqual(droppedBecause(sidecar.host), { refused: 4 });
  });

  it("may ask for a wait", async () => {
    const sidecar = await reporting();
    sidecar.answer({ status: 200, headers: [["retry-after", "3"]], trailers: [["grpc-status", "14"]] });
    const time = sidecar.untilNextCall();
    assert.ok(time >= 3000 && time <= 4000, `${time} ms`);
  });

  it("that the host cut off in the middle counts as a failed connection", async () => {
    const sidecar = await reporting();
    sidecar.answer("reset");
    assert.equal(sidecar.account.buffered, 4);
  });

  // ReportResponse { errors: ["no"] }, ReportResponse { commands: [{ disable: true }] }
  const errors = field(4, "no");
  const disable = field(1, field(1, 1));
  const taken: Headers = [["grpc-status", "0"]];

  it("says what the message in its frame says", async () => {
    const refused = await reporting();
    refused.answer({ status: 200, body: framed(errors), trailers: taken });
    assert.deepEqual(droppedBecause(refused.host), { refused: 4 });
    const stopped = await reporting();
    stopped.answer({ status: 200, body: framed(disable), trailers: taken });
    stopped.request();
    stopped.tick();
    assert.deepEqual(droppedBecause(stopped.host), { disabled: 1 });
  });

  it("is ignored if the frame is invalid: too short, compressed, or of another length", async () => {
    const compressed = Buffer.from(framed(errors));
    compressed[0] = 1;
    const cut = framed(errors).subarray(0, -1);
    const longer = Buffer.concat([framed(errors), Buffer.alloc(1)]);
    for (const body of [errors, compressed, cut, longer, framed(errors).subarray(0, 4), new Uint8Array(5)]) {
      const sidecar = await reporting();
      sidecar.answer({ status: 200, body, trailers: taken });
      assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
    }
  });

  it("of random bytes, status and message never traps, and the account balances", async () => {
    const random = new Random(5);
    for (const protocol of ["lightstep", "otlp"]) {
      const sidecar = await Sidecar.start({
        collector: { protocol, transport: "grpc" },
        buffer: { flush_spans: 1 },
        retry: { attempts: 1, base_ms: 1, max_ms: 1 },
      });
      for (let i = 0; i < 5000; i++) {
        sidecar.request();
        if (sidecar.host.inFlight.length === 0) sidecar.pass(2);
        if (sidecar.host.inFlight.length === 0) continue;
        const content = Buffer.from(random.bytes(random.below(24)), "latin1");
        const body = random.once(2) ? framed(content) : content;
        const trailers: Headers = [
          ["grpc-status", random.once(2) ? "0" : random.pick(["1", "8", "2", "99", "-1", "", random.bytes(3)])],
          ["grpc-message", random.bytes(random.below(300))],
        ];
        sidecar.answer({ status: 200, body, trailers });
        sidecar.host.calls.length = 0;
      }
      const { sent, dropped } = sidecar.account;
      assert.ok(sent > 500 && dropped > 500, `${sent} sent, ${dropped} dropped`);
    }
  });
});
