// The course of every fault: load, fault, recovery, quiet; then the verdict. Each step ends with an event, never at a
// fixed time. Knows what no fault may do; refuses to know which fault it is.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { eventually } from "../../wait.ts";
import { startLoad, type Load } from "./load.ts";
import { residentOf, setScene, TIGHT, type Scene, type SceneOptions } from "./scene.ts";
import { assertAccount, assertUnharmed, readAccount, settled, type Account } from "./verdict.ts";

const PER_SECOND = 150;
/** Minimum numbers of requests answered before the fault, during it and after it. */
const WARMING = 20;
const FAULTY = 100;
const HEALED = 50;
/** Reports that the collector gets during a fault that neither loses spans nor causes retries. */
const REPORTS = 5;
/** Buffers, connections and V8's garbage: measured 0.4 to 1.5 MiB. A leak of 20 KB a request would exceed it. */
const MEMORY_MIB = 8;

/** What may happen to the spans. */
export interface Fate {
  /** The allowed reasons for losing spans. By default nothing may be lost. */
  lost?: string[];
  /** Spans must be lost: the fault leaves no other way. */
  mustLose?: boolean;
  /** Reports must be retried. */
  mustRetry?: boolean;
  /** Reports may break off after the collector has read them, and so arrive twice. docs/delivery.md says which. */
  mayRepeat?: boolean;
  /** How much memory may grow, if Envoy itself has a higher bound. */
  memoryMib?: number;
}

/** When the fault begins and ends. */
export interface Course {
  /** Before the load starts. */
  before?(scene: Scene): unknown;
  /** The fault begins, under load. */
  begin(scene: Scene, load: Load): unknown;
  /** Whether the fault has had its effect, besides those that the fate requires. */
  isFelt?(scene: Scene): boolean | Promise<boolean>;
  /** The fault ends, still under load. */
  end?(scene: Scene, load: Load): unknown;
}

/** Runs one scene under load from beginning to end, and checks everything that must hold for all of them. */
export async function underLoad(
  context: TestContext,
  options: SceneOptions,
  fate: Fate,
  course: Course,
): Promise<void> {
  const scene = await setScene(fate.lost?.includes("buffer_full") ? withoutRoom(options) : options);
  const { envoy, collector } = scene;
  try {
    await course.before?.(scene);
    const memory = residentOf(envoy);
    const load = startLoad(scene.port, PER_SECOND);
    await load.answers(WARMING);
    const reports = collector.ledger.receipts.length;
    await course.begin(scene, load);
    await load.answers(FAULTY);
    await eventually(
      "the fault to be felt",
      () => readAccount(envoy),
      hasMet(fate, () => collector.ledger.receipts.length - reports),
    );
    await eventually("the fault to have its effect", async () => (await course.isFelt?.(scene)) ?? true, Boolean);
    await course.end?.(scene, load);
    await load.answers(HEALED);
    const seen = await load.stop();
    const account = await settled(envoy, seen.sent);
    const grown = (residentOf(envoy) - memory) / 1024 / 1024;
    context.diagnostic(`${JSON.stringify(account)}, ${grown.toFixed(1)} MiB more`);
    assertUnharmed(seen);
    assertAccount(account, seen.sent, collector.ledger.totals());
    assert.deepEqual(collector.ledger.broken, [], "every report can be read");
    assertFate(account, fate);
    if (!fate.mayRepeat) assert.equal(collector.ledger.repeats(), 0, "no span comes twice without a reason");
    assert.ok(grown < (fate.memoryMib ?? MEMORY_MIB), `memory grew by ${grown.toFixed(1)} MiB`);
  } catch (problem) {
    if (problem instanceof Error) problem.message += `\n--- log of Envoy\n${envoy.log().slice(-4000)}`;
    throw problem;
  } finally {
    await scene.stop();
  }
}

/** Where the buffer may be full, it soon is. Elsewhere it holds what a busy machine may be late by. */
function withoutRoom(options: SceneOptions): SceneOptions {
  const buffer = { ...TIGHT, ...(options.config?.buffer as Config | undefined) };
  return { ...options, config: { ...options.config, buffer } };
}

/** Whether the account shows what the fate requires, or, if it requires nothing, whether enough `reports` came. */
function hasMet({ mustLose = false, mustRetry = false }: Fate, reports: () => number): (account: Account) => boolean {
  return ({ dropped, retried }) => {
    if (!mustLose && !mustRetry) return reports() >= REPORTS;
    return (!mustLose || dropped > 0) && (!mustRetry || retried > 0);
  };
}

function assertFate(account: Account, { lost = [], mustLose = false, mustRetry = false }: Fate): void {
  const told = JSON.stringify(account);
  const others = Object.keys(account.reasons).filter((reason) => !lost.includes(reason));
  assert.deepEqual(others, [], `no other reason for a loss: ${told}`);
  if (mustLose) assert.ok(account.dropped > 0, `spans are lost: ${told}`);
  if (mustRetry) assert.ok(account.retried > 0, `reports are tried again: ${told}`);
}
