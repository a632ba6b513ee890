// The soak of `npm run soak` in half a minute: faults come and go at the collector, and its whole verdict holds.
// Latency is left out, because the comparison depends on what else the machine does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { soak } from "../../soak/soak.ts";
import { asText, judge, LATENCY } from "../../soak/verdict.ts";

test("a short soak: no request is harmed, no loss of spans is uncounted, memory does not grow", async (context) => {
  const result = await soak({ seconds: 24, perSecond: 150, workers: 2, seed: 1 }, () => {});
  const findings = judge(result);
  context.diagnostic(asText(result, findings));
  const problems = findings.filter(({ what, problem }) => what !== LATENCY && problem !== undefined);
  assert.deepEqual(problems, []);
  assert.ok(result.spells.length >= 6, `${result.spells.length} faults`);
  assert.ok(result.account.dropped > 0 && result.account.retried > 0, "the faults are felt");
});
