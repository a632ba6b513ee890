// Progress on a terminal: one line per step, its result at the line's end. Knows nothing of what the steps are.
import type { Writable } from "node:stream";

export class Progress {
  #open = false;

  constructor(private readonly out: Writable) {}

  /** Shows `title` while `work` runs, then what it says of its result. */
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

  /** A line about the step that is under way. */
  note(line: string): void {
    this.out.write(this.#open ? `\n  ${line}\n` : `  ${line}\n`);
    this.#open = false;
  }
}
