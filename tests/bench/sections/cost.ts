// From rounds of samples to what a variant costs: each sample against that of no tracing in the same round, because what
// slows the machine down slows down both.
import type { Sample } from "../measure/window.ts";
import { median, spread } from "../measure/statistics.ts";
import { NATIVE, NO_TRACING } from "../envoys/variant.ts";
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

  cost(name: string): Cost {
    const added = this.#added(name);
    const native = median(this.#added(NATIVE.name));
    return {
      cpu: spread(this.of(name).map(({ cpu }) => cpu)),
      added: name === NO_TRACING.name ? null : spread(added),
      ofNative: name !== NO_TRACING.name && native > 0 ? median(added) / native : null,
    };
  }

  #added(name: string): number[] {
    const base = this.of(NO_TRACING.name);
    return this.of(name).map(({ cpu }, round) => cpu - (base[round]?.cpu ?? NaN));
  }
}
