// Shows progress on a terminal: one line per step, with its result at the end. Does not know what the steps do.
import type { Writable } from "node:stream";

export class Progress {
  #open = false;

  constructor(private readonly out: Writable) {}

  /** Shows `title` while `work` runs, then `result` of its value. */
  async step<T>(title: string, work: () => Promise<T>, result: (value: T) => string): Promise<T> {
    this.out.write(`• ${title} … `);
    this.#open = true;
    try {
      const value = await work();
      this.out.write(this.#open ? `${result(value)}\n` : `  ${result(value)}\n`);
      return value;
    } catch (error) {
      if (this.#open) this.out.write("failed\n");
      throw error;
    } finally {
      this.#open = false;
    }
  }

  /** Prints a line about the current step. */
  note(line: string): void {
    this.out.write(this.#open ? `\n  ${line}\n` : `  ${line}\n`);
    this.#open = false;
  }
}
