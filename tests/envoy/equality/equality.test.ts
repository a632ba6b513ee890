// Lightspan equals Envoy's own tracer. The same traffic goes through two real Envoys with one configuration, one with
// the native Zipkin tracer and one with Lightspan, and their spans must say the same. The unavoidable differences are
// in docs/tags.md, which this test reads and enforces.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { account, noneUnaccounted } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";
import type { Case } from "./case.ts";
import { cases } from "./cases.ts";
import { compare, pairsOf, timeFaults } from "./compare.ts";
import { judge, rows } from "./differences.ts";
import { hasIpv6, isOf, startPair, type Pair } from "./pair.ts";
import { describe } from "./report.ts";
import type { Observed } from "./spans.ts";
import type { Ids } from "./visit.ts";

/** How long a case without spans is watched. A later span is caught as a stray by the test at the end. */
const SILENCE_MS = 150;
/** After this many spans have failed to come, the others are not awaited either. */
const DISAPPOINTMENTS = 3;

let pair: Pair;
before(async () => {
  pair = await startPair();
});
after(() => pair?.stop());

/** The ids of each case and the number of its spans, for the account at the end. */
const sent: { ids: Ids; native: number; ours: number }[] = [];

/** For each case of known length: our duration's relative deviation from Envoy's, and each as a share of it. */
const deviations: number[] = [];
const shares: number[] = [];

function measure(delayMs: number, [native, ours]: [Observed, Observed | undefined]): void {
  if (ours === undefined) return;
  deviations.push((ours.durationMicros - native.durationMicros) / native.durationMicros);
  shares.push(ours.durationMicros / 1000 / delayMs, native.durationMicros / 1000 / delayMs);
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

let disappointments = 0;

function newIds(): Ids {
  const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
  // A UUID, except for the 9: the digit by which Envoy marks requests that its tracers sample.
  const requestId = [hex(4), hex(2), `9${hex(2).slice(1)}`, `8${hex(2).slice(1)}`, hex(6)].join("-");
  return { traceId: hex(16), parentId: hex(8), requestId };
}

/** The spans of one case on both sides, once all of them have come. */
async function spansOf({ name, spans = 1 }: Case, ids: Ids) {
  const known = rows.find((row) => row.case === name && row.tag === "(spans)")?.lightspan;
  const isQuick = spans === 0 || disappointments > DISAPPOINTMENTS;
  const deadline = Date.now() + (isQuick ? SILENCE_MS : PATIENCE_MS);
  for (;;) {
    const [native, ours] = [pair.native.spansOf(ids), pair.ours.spansOf(ids)];
    const isWhole = spans > 0 && native.length >= spans && ours.length >= Number(known ?? pairsOf(native, ours).length);
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
  faults.push(...timeFaults([...native, ...ours], begin, end));
  const { delayMs } = each;
  if (delayMs !== undefined) for (const both of pairsOf(native, ours)) measure(delayMs, both);
  if (faults.length === 0) return;
  const logged = Object.fromEntries(logs.map(([name, heard]) => [name, heard()]));
  assert.fail([each.name, ...faults, "", describe(ids, native, ours, logged)].join("\n"));
}

test("the table of differences names only existing cases, and no two cases share a name", () => {
  const names = cases.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "two cases have the same name");
  assert.deepEqual(
    rows.map((row) => row.case).filter((name) => !names.includes(name)),
    [],
  );
});

// A case is mostly waiting, so several run at once.
test("Lightspan says what Envoy's tracer says", { concurrency: 4 }, async (context) => {
  const held = cases.map((each) => {
    const skip = each.listener === "ipv6" && !hasIpv6 ? "this machine has no IPv6 loopback" : false;
    return context.test(each.name, { skip }, () => hold(each));
  });
  await Promise.all(held);
});

// A busy machine delays one or the other, and Envoy sets its timers when its loop begins. The median shows neither.
test("durations agree on the whole, with each other and with the upstream or the timer", () => {
  const deviation = median(deviations);
  assert.ok(Math.abs(deviation) < 0.1, `the median of ${deviations.length} deviations is ${deviation}`);
  const share = median(shares);
  assert.ok(share > 0.9, `the median of ${shares.length} durations is ${share} of what is known`);
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
  const read = (): Promise<Record<string, number>> => account([pair.ours.envoy]);
  const counts = await eventually(
    "the counters to agree",
    read,
    ({ spans_recorded, spans_sent = 0, spans_dropped }) => {
      return spans_dropped !== 0 || (spans_recorded === spans_sent && spans_sent === pair.ours.receiver.spans().length);
    },
  );
  assert.equal(counts.spans_dropped, 0);
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
