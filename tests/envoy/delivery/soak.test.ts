// The soak of `npm run soak`, in half a minute: faults come and go at the collector, and everything that its verdict says holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isStarved, MOST_RUNS } from "../faults/unharmed.ts";
import { soak } from "../../soak/soak.ts";
import { asText, judge } from "../../soak/verdict.ts";

test("a short soak: no request is harmed, no span is lost without being counted, memory stays", async (context) => {
  for (let run = 1; ; run++) {
    const result = await soak({ seconds: 24, perSecond: 150, workers: 2, seed: run }, () => {});
    const findings = judge(result);
    context.diagnostic(asText(result, findings));
    const problems = findings.flatMap(({ what, problem }) => (problem === undefined ? [] : [`${what}: ${problem}`]));
    // What fails on a machine without time for any Envoy says nothing of Lightspan.
    if (problems.length > 0 && isStarved(result.plain) && run < MOST_RUNS) continue;
    assert.deepEqual(problems, []);
    assert.ok(result.spells.length >= 6, `${result.spells.length} faults`);
    assert.ok(result.account.dropped > 0 && result.account.retried > 0, "the faults are felt");
    return;
  }
});
