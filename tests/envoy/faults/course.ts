// The course of every fault: load, fault, healing, quiet; then the verdict. Knows what no fault may do; refuses to know which fault
// it is.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, startLoad, type Seen } from "./load.ts";
import { residentOf, setScene, TIMEOUT_MS, type Scene, type SceneOptions } from "./scene.ts";
import { assertUnharmed, isStarved, MOST_RUNS } from "./unharmed.ts";
import { assertAccount, settled, type Account } from "./verdict.ts";

const PER_SECOND = 150;
const FAULTY_MS = 1500;
const HEALED_MS = 500;
/** Buffer, batches, connections and V8's garbage: measured 0.4 to 1.5 MiB. A leak of 20 KB with each request would be more. */
const MEMORY_MIB = 8;

/** What may become of the spans. */
export interface Fate {
  /** The reasons for which spans may be lost, all of them together; none: nothing is lost. */
  lost?: string[];
  /** Spans have to be lost: the fault leaves no other way. */
  mustLose?: boolean;
  /** Reports have to be tried again. */
  mustRetry?: boolean;
  /** Reports may break off when the collector has read them already, and so come twice: docs/delivery.md says which. */
  mayRepeat?: boolean;
  /** What memory may grow by, where Envoy itself has a bound that is higher. */
  memoryMib?: number;
}

/** When the fault begins and ends. */
export interface Course {
  /** Before there is any load. */
  before?(scene: Scene): unknown;
  /** The fault begins; there is load. */
  begin(scene: Scene): unknown;
  /** It is over; there still is load. */
  end?(scene: Scene): unknown;
  faultyMs?: number;
}

/** Of one run: what requests saw without the filter, if it came so far, and what was not as it has to be. */
interface Outcome {
  plain?: Seen;
  problem?: unknown;
}

/**
 * One scene under load from its beginning to its end, and everything that has to be true of every one of them. A run that fails
 * while the Envoy without Lightspan was starved as well says nothing of Lightspan: there is another one.
 */
export async function underLoad(
  context: TestContext,
  options: SceneOptions,
  fate: Fate,
  course: Course,
): Promise<void> {
  for (let run = 1; ; run++) {
    const { plain, problem } = await play(context, options, fate, course);
    if (problem === undefined) return;
    if (plain === undefined || !isStarved(plain) || run === MOST_RUNS) throw problem;
    context.diagnostic(`run ${run} was on a machine without time; once more after: ${String(problem).split("\n", 1)}`);
  }
}

async function play(context: TestContext, options: SceneOptions, fate: Fate, course: Course): Promise<Outcome> {
  const scene = await setScene(options);
  let plain: Seen | undefined;
  try {
    await course.before?.(scene);
    const memory = residentOf(scene.envoy);
    const load = startLoad(scene.port, PER_SECOND);
    const plainLoad = startLoad(scene.plainPort, PER_SECOND);
    await sleep(200);
    await course.begin(scene);
    await sleep(course.faultyMs ?? FAULTY_MS);
    await course.end?.(scene);
    await sleep(HEALED_MS);
    const seen = await load.stop();
    plain = await plainLoad.stop();
    const account = await settled(scene.envoy, seen.sent);
    context.diagnostic(`with Lightspan: ${describe(seen)}; without: ${describe(plain)}`);
    const grown = (residentOf(scene.envoy) - memory) / 1024 / 1024;
    context.diagnostic(`${JSON.stringify(account)}, ${grown.toFixed(1)} MiB more`);
    assertUnharmed(seen, plain);
    assertAccount(account, seen.sent, scene.collector.ledger.totals());
    assert.deepEqual(scene.collector.ledger.broken, [], "every report can be read");
    assertFate(account, fate);
    const repeated = scene.collector.ledger.repeats(TIMEOUT_MS);
    if (!fate.mayRepeat) assert.equal(repeated, 0, "no span comes twice without a reason");
    assert.ok(grown < (fate.memoryMib ?? MEMORY_MIB), `memory grew by ${grown.toFixed(1)} MiB`);
    return { plain };
  } catch (problem) {
    if (problem instanceof Error) problem.message += `\n--- log of Envoy\n${scene.envoy.log().slice(-4000)}`;
    return { plain, problem };
  } finally {
    await scene.stop();
  }
}

function assertFate(account: Account, { lost = [], mustLose = false, mustRetry = false }: Fate): void {
  const told = JSON.stringify(account);
  const others = Object.keys(account.reasons).filter((reason) => !lost.includes(reason));
  assert.deepEqual(others, [], `no other reason for a loss: ${told}`);
  if (mustLose) assert.ok(account.dropped > 0, `spans are lost: ${told}`);
  if (mustRetry) assert.ok(account.retried > 0, `reports are tried again: ${told}`);
}
