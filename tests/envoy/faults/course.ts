// The course of every fault: load, fault, healing, quiet; then the verdict. Each step ends with an event, none at a time. Knows what no
// fault may do; refuses to know which fault it is.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { eventually } from "../../wait.ts";
import { startLoad, type Load } from "./load.ts";
import { residentOf, setScene, type Scene, type SceneOptions } from "./scene.ts";
import { assertAccount, assertUnharmed, readAccount, settled, type Account } from "./verdict.ts";

const PER_SECOND = 150;
/** Requests that are answered before the fault, during it and after it, at least. */
const WARMING = 20;
const FAULTY = 100;
const HEALED = 50;
/** Reports that the collector gets during a fault that neither loses spans nor has reports tried again. */
const REPORTS = 5;
/** Buffer, batches, connections and V8's garbage: measured 0.4 to 1.5 MiB. A leak of 20 KB with each request would be more. */
const MEMORY_MIB = 8;

/** What may become of the spans. */
export interface Fate {
  /** The reasons for which spans may be lost. Without any, nothing is lost. */
  lost?: string[];
  /** Spans have to be lost: the fault leaves no other way. */
  mustLose?: boolean;
  /** Reports have to be tried again. */
  mustRetry?: boolean;
  /** Reports may break off after the collector has read them, and so come twice. docs/delivery.md says which. */
  mayRepeat?: boolean;
  /** What memory may grow by, where Envoy itself has a higher bound. */
  memoryMib?: number;
}

/** When the fault begins and ends. */
export interface Course {
  /** Before there is any load. */
  before?(scene: Scene): unknown;
  /** The fault begins, under load. */
  begin(scene: Scene, load: Load): unknown;
  /** Whether the fault has had its effect, besides those that the fate requires. */
  isFelt?(scene: Scene): boolean | Promise<boolean>;
  /** The fault is over, still under load. */
  end?(scene: Scene, load: Load): unknown;
}

/** One scene under load from its beginning to its end, and everything that has to be true of every one of them. */
export async function underLoad(
  context: TestContext,
  options: SceneOptions,
  fate: Fate,
  course: Course,
): Promise<void> {
  const scene = await setScene(options);
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

/** Whether the account shows what the fate requires, or else so many `reports` as it takes. */
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
