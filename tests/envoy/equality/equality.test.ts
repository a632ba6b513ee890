// Equal to Envoy's own tracer, proved by running both: the same traffic goes through two real Envoys of one configuration,
// one with the native Zipkin tracer, one with Lightspan, and their spans have to say the same. What differs and must
// remain stands in docs/tags.md, which this test reads and holds.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { account, noneUnaccounted } from "../ground.ts";
import { eventually } from "../../wait.ts";
import type { Case } from "./case.ts";
import { cases } from "./cases.ts";
import { compare, pairsOf, timeFaults } from "./compare.ts";
import { judge, rows } from "./differences.ts";
import { hasIpv6, isOf, startPair, type Pair } from "./pair.ts";
import { describe } from "./report.ts";
import type { Observed } from "./spans.ts";
import type { Ids } from "./visit.ts";

/** How long a span is waited for, and how long it is watched that none comes. */
const PATIENCE_MS = 3000;
const SILENCE_MS = 150;
/** After so many that did not come, nobody waits long any more. */
const DISAPPOINTMENTS = 20;

let pair: Pair;
before(async () => {
  pair = await startPair();
});
after(() => pair?.stop());

/** What each case was sent with and how many spans came of it, for the account at the end. */
const sent: { ids: Ids; native: number; ours: number }[] = [];

/** By how much of Envoy's duration ours is longer, for each case that lasts a while. */
const deviations: number[] = [];

function deviationOf([native, ours]: [Observed, Observed | undefined]): number[] {
  return ours ? [(ours.durationMicros - native.durationMicros) / native.durationMicros] : [];
}

let disappointments = 0;

function newIds(): Ids {
  const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
  // A UUID, but for the 9: the digit by which Envoy marks what its tracers sample.
  const requestId = [hex(4), hex(2), `9${hex(2).slice(1)}`, `8${hex(2).slice(1)}`, hex(6)].join("-");
  return { traceId: hex(16), parentId: hex(8), requestId };
}

/** The spans of one case on both sides, when all of them have come. */
async function spansOf({ spans = 1 }: Case, ids: Ids) {
  const isQuick = spans === 0 || disappointments > DISAPPOINTMENTS;
  const deadline = Date.now() + (isQuick ? SILENCE_MS : PATIENCE_MS);
  for (;;) {
    const [native, ours] = [pair.native.spansOf(ids), pair.ours.spansOf(ids)];
    const isWhole = spans > 0 && native.length >= spans && pairsOf(native, ours).length <= ours.length;
    if (isWhole) return { native, ours };
    if (Date.now() > deadline) {
      if (spans > 0) disappointments++;
      return { native, ours };
    }
    await sleep(5);
  }
}

async function hold(each: Case): Promise<void> {
  const ids = newIds();
  const logs = [pair.native, pair.ours].map((side) => [side.envoy.name, side.listen()] as const);
  const begin = Date.now();
  const visits = [pair.native, pair.ours].map((side) => each.send(side.visit(each.listener ?? "plain", ids)));
  const visited = await Promise.allSettled(visits);
  const { native, ours } = await spansOf(each, ids);
  sent.push({ ids, native: native.length, ours: ours.length });
  const end = Date.now();

  const faults = visited.flatMap((visit) => (visit.status === "rejected" ? [String(visit.reason)] : []));
  const expected = each.spans ?? 1;
  if (native.length !== expected) faults.push(`Envoy's tracer made ${native.length} spans, not ${expected}`);
  faults.push(...judge(each.name, compare(each, native, ours, ids.parentId)));
  faults.push(...timeFaults(each, [...native, ...ours], begin, end));
  if (each.delayMs !== undefined) deviations.push(...pairsOf(native, ours).flatMap(deviationOf));
  if (faults.length === 0) return;
  const logged = Object.fromEntries(logs.map(([name, heard]) => [name, heard()]));
  assert.fail([each.name, ...faults, "", describe(ids, native, ours, logged)].join("\n"));
}

test("the table of differences names cases that exist, each once", () => {
  const names = cases.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "two cases have the same name");
  assert.deepEqual(
    rows.map((row) => row.case).filter((name) => !names.includes(name)),
    [],
  );
});

// Most of a case is waiting: some go on at once.
test("what Envoy's tracer says, Lightspan says", { concurrency: 4 }, async (context) => {
  const held = cases.map((each) => {
    const skip = each.listener === "ipv6" && !hasIpv6 ? "this machine has no IPv6 loopback" : false;
    return context.test(each.name, { skip }, () => hold(each));
  });
  await Promise.all(held);
});

// A busy machine holds up the one or the other; of all together, neither is slower.
test("the durations are the same on the whole", () => {
  const median = [...deviations].sort((a, b) => a - b)[deviations.length >> 1] ?? Number.NaN;
  assert.ok(Math.abs(median) < 0.1, `the median of ${deviations.length} deviations is ${median}`);
});

test("no span came late, twice or from nowhere", async () => {
  for (const side of ["native", "ours"] as const) {
    const { receiver, envoy } = pair[side];
    assert.deepEqual(receiver.complaints, [], envoy.name);
    const strays = receiver.spans().filter((span) => !sent.some(({ ids }) => isOf(span, ids)));
    assert.deepEqual(strays, [], `strays ${envoy.name}`);
    const counted = sent.reduce((sum, each) => sum + each[side], 0);
    assert.equal(receiver.spans().length, counted, `spans ${envoy.name}`);
  }
});

test("Lightspan sent every span that it recorded", async () => {
  await eventually("the counters to agree", async () => {
    const { spans_recorded = 0, spans_sent = 0, spans_dropped = 0 } = await account([pair.ours.envoy]);
    assert.equal(spans_dropped, 0);
    return spans_recorded === spans_sent && spans_sent === pair.ours.receiver.spans().length ? true : undefined;
  });
});

test("Lightspan counted every request, and none is open", () => noneUnaccounted(pair.ours.envoy));

test("both workers of both Envoys took part", async () => {
  for (const { envoy } of [pair.native, pair.ours]) {
    const stats = await envoy.stats("listener.");
    for (const worker of ["worker_0", "worker_1"]) {
      const connections = [...stats].filter(([name]) => name.endsWith(`${worker}.downstream_cx_total`));
      const sum = connections.reduce((total, [, count]) => total + count, 0);
      assert.ok(sum > 10, `${worker} of Envoy ${envoy.name} took ${sum} connections`);
    }
  }
});
