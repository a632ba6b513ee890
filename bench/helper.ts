// A part of the benchmark that runs as a process of its own, so that it takes no time from the others: started, asked by
// name, ended. Knows how questions travel; refuses to know what they are about.
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

/** This side of a helper; `A` is what the other side gave to serve(). */
export class Helper<A extends Answers> {
  readonly #child: ChildProcess;
  readonly #forget: () => void;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;

  /** Starts the program in the file `module`. */
  constructor(module: URL) {
    // Its options are those of this process, tsx among them.
    this.#child = fork(fileURLToPath(module), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#forget = atExit(() => this.#child.kill("SIGKILL"));
    this.#child.on("message", (message) => this.#settle(message as Answer));
    this.#child.on("exit", (code, signal) => this.#fail(`a helper ended (${signal ?? `code ${code}`})`));
    this.#child.on("error", (error) => this.#fail(error.message));
  }

  /** The answer to the question `name`. Throws what the other side threw. */
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

/** The other side: answers questions until the process that asks is gone. */
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
  // Ctrl-C goes to the whole group: whoever asks decides when this ends.
  process.on("SIGINT", () => {});
}
