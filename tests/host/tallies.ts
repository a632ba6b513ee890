// Counts the host calls of the module, by import, and answers in the host's place where a test wants it to fail.
import { OK } from "./status.ts";

/** A status to answer with, or a function from the number of the call (1 = the first) to one; OK lets the call through. */
export type Script = number | ((call: number) => number);

class Tally {
  count = 0;
  script: Script = OK;
}

export class Tallies {
  private tallies = new Map<string, Tally>();

  of(name: string): Tally {
    let tally = this.tallies.get(name);
    if (!tally) this.tallies.set(name, (tally = new Tally()));
    return tally;
  }

  /** Counts one call of `tally`; what the test wants to be answered instead of the host, or OK. */
  meet(tally: Tally): number {
    tally.count++;
    return typeof tally.script === "number" ? tally.script : tally.script(tally.count);
  }

  script(name: string, script: Script): void {
    const tally = this.tallies.get(name);
    if (!tally) throw new Error(`the module does not import ${name}`);
    tally.script = script;
  }

  obeyAll(): void {
    for (const tally of this.tallies.values()) tally.script = OK;
  }

  /** How often each import was called, without those that were not. */
  get counts(): Record<string, number> {
    const called = [...this.tallies].filter(([, tally]) => tally.count > 0);
    return Object.fromEntries(called.map(([name, tally]) => [name, tally.count]));
  }

  clear(): void {
    for (const tally of this.tallies.values()) tally.count = 0;
  }
}
