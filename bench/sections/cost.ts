// Computes a variant's cost from rounds of samples: its least disturbed windows compared with those of its base.
import { NATIVE, type Variant } from "../envoys/variant.ts";
import { estimate, spread, undisturbed } from "../measure/statistics.ts";
import type { Sample } from "../measure/window.ts";
import type { Cost } from "../results.ts";

/** Each variant's samples, by its name, one per round. */
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
    const samples = this.of(name);
    const cpu = spread(samples.map((sample) => sample.cpu));
    if (base === null) return { cpu, added: null, ofNative: null };
    const added = (rounds: number[]): number => this.#added(name, base, rounds);
    const native = (rounds: number[]): number => this.#added(NATIVE.name, NATIVE.base ?? "", rounds);
    const isComparable = this.of(NATIVE.name).length > 0;
    return {
      cpu,
      added: estimate(samples.length, added),
      ofNative: isComparable ? estimate(samples.length, (rounds) => added(rounds) / native(rounds)) : null,
    };
  }

  /** Uses the same `rounds` of both, because a slower machine slows both down. */
  #added(name: string, base: string, rounds: number[]): number {
    const lowest = (each: string): number => {
      const samples = this.of(each);
      return undisturbed(rounds.map((round) => samples[round]?.cpu ?? NaN));
    };
    return lowest(name) - lowest(base);
  }
}
