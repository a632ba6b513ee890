// Passes accepted reports on to one other collector over HTTP, unchanged, so that a person can look at them here
// without losing them there. The queue is bounded, sent in order and one at a time. Never retries: the sender already
// has its answer.

import type { Arrival } from "./arrival.ts";

/** Size limit of the queue, including the report under way. Reports that exceed it are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** Minimum time between two complaints. */
const SILENCE_MS = 30_000;

/** Reports so far: `sent` got a 2xx, `failed` another answer or none, and `dropped` were never tried. */
export interface ForwardCounts {
  sent: number;
  failed: number;
  dropped: number;
}

export class Forwarder {
  readonly counts: ForwardCounts = { sent: 0, failed: 0, dropped: 0 };
  readonly #base: URL;
  readonly #complain: (line: string) => void;
  readonly #queue: Arrival[] = [];
  readonly #stop = new AbortController();
  #waitingBytes = 0;
  #busy = false;
  #silentUntil = 0;

  /**
   * `url` is the collector's; each format's own path is appended to it. `complain` gets a line when reports do not
   * arrive, the first time at once. Throws an Error that says what is wrong with the URL.
   */
  constructor(url: string, complain: (line: string) => void) {
    const base = URL.canParse(url) ? new URL(url) : null;
    if (!base || !/^https?:$/.test(base.protocol)) {
      throw new Error(`cannot forward to ${JSON.stringify(url)}: it must be a URL such as http://127.0.0.1:4318`);
    }
    this.#base = base;
    this.#complain = complain;
  }

  /** Queues a report; returns at once. */
  send(arrival: Arrival): void {
    if (this.#waitingBytes + arrival.body.length > MAX_WAITING_BYTES) {
      this.counts.dropped++;
      this.#lost("it is slower than what comes in");
      return;
    }
    this.#waitingBytes += arrival.body.length;
    this.#queue.push(arrival);
    if (!this.#busy) void this.#work();
  }

  /** Drops the queue and aborts the report under way. */
  close(): void {
    this.#queue.length = 0;
    this.#stop.abort();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const problem = await this.#deliver(next);
      if (problem === null) this.counts.sent++;
      else this.counts.failed++;
      this.#waitingBytes -= next.body.length;
      if (problem !== null) this.#lost(problem);
    }
    this.#busy = false;
  }

  #lost(why: string): void {
    if (Date.now() < this.#silentUntil || this.#stop.signal.aborted) return;
    this.#silentUntil = Date.now() + SILENCE_MS;
    const { failed, dropped } = this.counts;
    const lost = failed + dropped;
    this.#complain(`not passed on to ${this.#base.origin}: ${lost} report${lost === 1 ? "" : "s"} so far; ${why}`);
  }

  /** Sends a report. Returns what went wrong, or null. */
  async #deliver({ format, body, token }: Arrival): Promise<string | null> {
    const headers: Record<string, string> = { "content-type": format.contentType };
    if (token) headers["lightstep-access-token"] = token;
    try {
      const response = await fetch(this.#base.href.replace(/\/$/, "") + format.path, {
        method: "POST",
        headers,
        body: Buffer.from(body),
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      return response.ok ? null : `${format.path} is answered with ${response.status}`;
    } catch (error) {
      // fetch's error says only that it failed; the error's cause says why.
      const { cause = error } = error as Error;
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
}
