// How Lightstep is told about lost spans: as `spans.dropped` in InternalMetrics, each in one acknowledged report.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer } from "../../../host/options.ts";
import { Random } from "../../../host/random.ts";
import { Sidecar, type Changes } from "../sidecar.ts";

const REFUSED: Answer = { status: 400 };
const TAKEN: Answer = { status: 200, trailers: [["grpc-status", "0"]] };

/** Records `spans` and has them sent in a report of their own, which is answered. */
function report(sidecar: Sidecar, spans: number, answer: Answer): void {
  sidecar.requests(spans);
  sidecar.tick();
  sidecar.answer(answer);
}

/** The count of lost spans in each report so far. */
const told = (sidecar: Sidecar) => sidecar.readings.map(({ lost }) => lost);

for (const transport of ["http", "grpc"]) {
  const start = (changes: Changes = {}) => Sidecar.start({ ...changes, collector: { transport } });

  describe(`Lightstep over ${transport} is told about lost spans`, () => {
    it("in the next report only", async () => {
      const sidecar = await start();
      report(sidecar, 3, REFUSED);
      report(sidecar, 1, TAKEN);
      report(sidecar, 1, TAKEN);
      assert.deepEqual(told(sidecar), [0, 3, 0]);
    });

    it("again, together with the report's own spans, when the report that counted them is lost", async () => {
      const sidecar = await start();
      report(sidecar, 3, REFUSED);
      report(sidecar, 2, REFUSED);
      report(sidecar, 1, TAKEN);
      assert.deepEqual(told(sidecar), [0, 3, 5]);
    });

    it("identically when the report is retried", async () => {
      const sidecar = await start();
      report(sidecar, 3, REFUSED);
      report(sidecar, 2, "reset");
      sidecar.untilNextCall();
      sidecar.answer(TAKEN);
      report(sidecar, 1, TAKEN);
      assert.deepEqual(told(sidecar), [0, 3, 3, 0]);
    });

    it("by only one half when the report that counts them is too large", async () => {
      const sidecar = await start();
      report(sidecar, 3, REFUSED);
      report(sidecar, 4, { status: 413 });
      sidecar.answer(TAKEN);
      sidecar.answer(TAKEN);
      assert.deepEqual(told(sidecar), [0, 3, 3, 0]);
      assert.equal(sidecar.account.sent, 4);
    });

    it("that were dropped for lack of room", async () => {
      const sidecar = await start({ buffer: { max_bytes: 65536, flush_spans: 10 } });
      sidecar.requests(200);
      sidecar.tick();
      const { dropped } = sidecar.account;
      while (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
      report(sidecar, 1, TAKEN);
      const sum = told(sidecar).reduce((total, lost) => total + lost, 0);
      assert.ok(dropped > 0);
      assert.equal(sum, dropped);
    });

    it("exactly once for each span, whatever happens", async () => {
      const random = new Random(3);
      const sidecar = await start({
        buffer: { max_bytes: 65536, flush_spans: 5 },
        retry: { base_ms: 10, max_ms: 100 },
      });
      const answers: Answer[] = [TAKEN, TAKEN, REFUSED, "reset", { status: 503 }, { status: 413 }];
      let sum = 0;
      const answer = (what: Answer) => {
        const lost = sidecar.readings.at(-1)?.lost ?? 0;
        if (what === TAKEN) sum += lost;
        sidecar.answer(what);
      };
      for (let i = 0; i < 3000; i++) {
        sidecar.requests(random.once(100) ? 100 : random.below(4));
        sidecar.pass(random.below(60));
        if (sidecar.host.inFlight.length > 0 && random.once(2)) answer(random.pick(answers));
        if (sidecar.host.inFlight.length === 0) sidecar.host.calls.length = 0;
      }
      while (sidecar.account.buffered > 0) {
        if (sidecar.host.inFlight.length === 0) sidecar.untilNextCall();
        answer(TAKEN);
      }
      sidecar.request();
      sidecar.tick();
      answer(TAKEN);
      assert.ok(sidecar.account.dropped > 500, `${sidecar.account.dropped}`);
      assert.equal(sum, sidecar.account.dropped);
    });
  });
}
