// Runs a part of the benchmark in its own process, so that it takes no time from the others, and calls its functions by
// name. Knows how calls travel; refuses to know what they do.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atExit } from "../runner/cleanup.ts";

type Answers = Record<string, (...args: never[]) => unknown>;

interface Question {
  id: number;
  name: string;
  args: never[];
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** The calling side; `A` are the functions that the other side passed to serve(). */
export class Helper<A extends Answers> {
  readonly #child: ChildProcess;
  readonly #forget: () => void;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;

  /** Starts the program in the file `module`. */
  constructor(module: URL) {
    // It inherits this process's options, including tsx.
    this.#child = fork(fileURLToPath(module), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#forget = atExit(() => this.#child.kill("SIGKILL"));
    this.#child.on("message", (message) => this.#settle(message as Answer));
    this.#child.on("exit", (code, signal) => this.#fail(`a helper ended (${signal ?? `code ${code}`})`));
    this.#child.on("error", (error) => this.#fail(error.message));
  }

  /** Calls the function `name`. Throws what the other side threw. */
  ask<K extends keyof A & string>(name: K, ...args: Parameters<A[K]>): Promise<Awaited<ReturnType<A[K]>>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, name, args } satisfies Question);
    });
  }

  stop(): void {
    this.#forget();
    this.#child.removeAllListeners("exit");
    this.#child.kill("SIGKILL");
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  #fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

/** The called side: answers until the calling process is gone. */
export function serve(answers: Answers): void {
  process.on("message", (message) => {
    const { id, name, args } = message as Question;
    const reply = (answer: Omit<Answer, "id">): void => void process.send?.({ id, ...answer });
    Promise.resolve()
      .then(() => answers[name]?.(...args))
      .then((value) => reply({ value }))
      .catch((error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }));
  });
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches the whole group, but the calling process decides when this one ends.
  process.on("SIGINT", () => {});
}
