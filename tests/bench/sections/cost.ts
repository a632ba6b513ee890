// From rounds of samples to what a variant costs: each sample against that of its base in the same round, because what slows the
// machine down slows down both.
import type { Sample } from "../measure/window.ts";
import { median, spread } from "../measure/statistics.ts";
import { NATIVE, type Variant } from "../envoys/variant.ts";
import type { Cost } from "../results.ts";

/** The samples of each variant, by its name, a sample for each round. */
export class Rows {
  readonly #samples = new Map<string, Sample[]>();

  add(name: string, sample: Sample): void {
    this.#samples.set(name, [...this.of(name), sample]);
  }

  of(name: string): Sample[] {
    return this.#samples.get(name) ?? [];
  }

  get failures(): number {
    return [...this.#samples.values()].flat().reduce((sum, { failures }) => sum + failures, 0);
  }

  cost({ name, base }: Variant): Cost {
    const added = base === null ? null : this.#added(name, base);
    const native = NATIVE.base === null ? NaN : median(this.#added(NATIVE.name, NATIVE.base));
    return {
      cpu: spread(this.of(name).map(({ cpu }) => cpu)),
      added: added && spread(added),
      ofNative: added !== null && native > 0 ? median(added) / native : null,
    };
  }

  #added(name: string, baseName: string): number[] {
    const base = this.of(baseName);
    return this.of(name).map(({ cpu }, round) => cpu - (base[round]?.cpu ?? NaN));
  }
}
