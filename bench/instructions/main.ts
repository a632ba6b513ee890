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
import { useCallgrind, type Callgrind } from "./callgrind.ts";

/** Callgrind makes everything much slower. */
const TIMEOUT_MS = 120_000;
/** Lets V8's optimizing compiler compile frequently called code, and connections open. */
const WARM_UP = { requests: 2000, ms: TIMEOUT_MS };
const COUNTED = { ...WINDOW, ms: TIMEOUT_MS };

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

function thousands(count: number): string {
  return `${(count / 1000).toFixed(1)} thousand`;
}

async function countOne(bench: Bench, variant: Variant, callgrind: Callgrind): Promise<number> {
  const [subject] = await bench.start([variant]);
  if (subject === undefined) return NaN;
  try {
    await saturate(bench, subject, DEFAULT_LOAD, WARM_UP);
    let requests = NaN;
    const count = await callgrind.count(subject.envoy.pid, async () => {
      // Callgrind also counts the requests before a window's first reading.
      const before = subject.requests;
      await saturate(bench, subject, DEFAULT_LOAD, COUNTED);
      requests = subject.requests - before;
    });
    return count / requests;
  } finally {
    await bench.stop([subject]);
  }
}
