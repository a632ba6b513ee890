// `npm run bench -- --instructions`: what each variant of the main table costs in instructions. They say less than
// microseconds, because not all take the same time and the kernel's are not among them; but what else the machine does changes
// nothing, so two runs say the same, and a change of a hundredth shows.
import type { Progress } from "../../demo/progress.ts";
import { Bench } from "../bench.ts";
import type { Variant } from "../envoys/variant.ts";
import { saturate } from "../measure/window.ts";
import { WINDOW } from "../plan.ts";
import type { InstructionRow } from "../results.ts";
import { USUAL } from "../sections/main.ts";
import { useCallgrind, type Callgrind } from "./callgrind.ts";

/** Callgrind makes everything slower by far. */
const PATIENCE_MS = 120_000;
/** For V8 to compile what is called often with its optimizing compiler, and for connections to be open. */
const WARM_UP = { requests: 2000, ms: PATIENCE_MS };
const COUNTED = { ...WINDOW, ms: PATIENCE_MS };

/** Counts each of `variants`, one after the other; `envoy` is the program. Throws Problem where there is no valgrind. */
export async function countInstructions(
  envoy: string,
  variants: Variant[],
  progress: Progress,
): Promise<InstructionRow[]> {
  const callgrind = useCallgrind(envoy, process.env);
  const bench = await Bench.open(envoy, callgrind.program);
  try {
    const rows: InstructionRow[] = [];
    for (const variant of variants) {
      const perRequest = await progress.step(variant.label, () => countOne(bench, variant, callgrind), thousands);
      rows.push({ name: variant.name, label: variant.label, base: variant.base, perRequest });
    }
    return rows;
  } finally {
    await bench.close();
  }
}

function thousands(count: number): string {
  return `${(count / 1000).toFixed(1)} thousand`;
}

async function countOne(bench: Bench, variant: Variant, callgrind: Callgrind): Promise<number> {
  const [subject] = await bench.start([variant]);
  if (subject === undefined) return NaN;
  try {
    await saturate(bench, subject, USUAL, WARM_UP);
    let requests = NaN;
    const count = await callgrind.count(subject.envoy.pid, async () => {
      // Those before the first reading of a window are counted as well: callgrind counts all.
      const before = subject.requests;
      await saturate(bench, subject, USUAL, COUNTED);
      requests = subject.requests - before;
    });
    return count / requests;
  } finally {
    await bench.stop([subject]);
  }
}
