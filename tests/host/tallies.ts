// Counts the module's host calls by import, and answers instead of the host if a test wants a call to fail.
import { OK } from "./status.ts";

/** A status, or a function that returns one for the number of the call (1 = the first). OK lets the call through. */
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

  /** Counts one call of `tally`. Returns the test's answer to it, or OK to let the host answer. */
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

  /** How often each import was called; omits imports that were not. */
  get counts(): Record<string, number> {
    const called = [...this.tallies].filter(([, tally]) => tally.count > 0);
    return Object.fromEntries(called.map(([name, tally]) => [name, tally.count]));
  }

  clear(): void {
    for (const tally of this.tallies.values()) tally.count = 0;
  }
}
