// `npm run bench -- --instructions`: what each variant of the main table costs in instructions. They say less than
// microseconds, because they take different times and exclude the kernel's. But other work on the machine does not
// change them, so two runs agree and a change of a hundredth shows.
import type { Progress } from "../../demo/progress.ts";
import { Bench } from "../bench.ts";
import type { Variant } from "../envoys/variant.ts";
import { saturate } from "../measure/window.ts";
import { WINDOW } from "../plan.ts";
import type { InstructionRow } from "../results.ts";
import { DEFAULT_LOAD } from "../sections/main.ts";
import { PATIENCE_MS, thousands, useCallgrind, type Callgrind } from "./callgrind.ts";

/** Lets V8's optimizing compiler compile frequently called code, and connections open. */
const WARM_UP = { requests: 2000, ms: PATIENCE_MS };
const COUNTED = { ...WINDOW, ms: PATIENCE_MS };

/** Counts each of `variants` in turn; `envoy` is the program. Throws Problem if there is no valgrind. */
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

async function countOne(bench: Bench, variant: Variant, callgrind: Callgrind): Promise<number> {
  const [subject] = await bench.start([variant]);
  if (subject === undefined) return NaN;
  try {
    const load = () => saturate(bench, subject, DEFAULT_LOAD, COUNTED);
    await saturate(bench, subject, DEFAULT_LOAD, WARM_UP);
    await callgrind.start(subject.envoy.pid);
    // Callgrind translates code when it first runs, and everything waits: not yet the usual load.
    await load();
    return await callgrind.perRequest(subject, load);
  } finally {
    await bench.stop([subject]);
  }
}
