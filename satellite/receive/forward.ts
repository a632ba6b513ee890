// Passes accepted reports on to one other collector, over HTTP, as the bytes that arrived: so that a person can look here
// and lose nothing there. Bounded in bytes, in order, one at a time; never retries: the sender had its answer long ago.

import type { Arrival } from "./intake.ts";

/** What waits, at most. What comes on top of it is dropped, and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** Reports so far: `sent` were answered with a 2xx, `failed` otherwise or not at all, `dropped` were never tried. */
export interface ForwardCounts {
  sent: number;
  failed: number;
  dropped: number;
}

export class Forwarder {
  readonly counts: ForwardCounts = { sent: 0, failed: 0, dropped: 0 };
  readonly #base: URL;
  readonly #queue: Arrival[] = [];
  readonly #stop = new AbortController();
  #waitingBytes = 0;
  #busy = false;

  /** `url` is the collector's, to which each format's own path is added. Throws an Error that says what is wrong with it. */
  constructor(url: string) {
    const base = URL.canParse(url) ? new URL(url) : null;
    if (!base || !/^https?:$/.test(base.protocol)) {
      throw new Error(`cannot forward to ${JSON.stringify(url)}: it must be a URL such as http://127.0.0.1:4318`);
    }
    this.#base = base;
  }

  /** Queues a report; returns at once. */
  send(arrival: Arrival): void {
    if (this.#waitingBytes + arrival.body.length > MAX_WAITING_BYTES) {
      this.counts.dropped++;
      return;
    }
    this.#waitingBytes += arrival.body.length;
    this.#queue.push(arrival);
    if (!this.#busy) void this.#work();
  }

  /** Gives up what waits and what is under way. */
  close(): void {
    this.#queue.length = 0;
    this.#stop.abort();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (await this.#deliver(next)) this.counts.sent++;
      else this.counts.failed++;
      this.#waitingBytes -= next.body.length;
    }
    this.#busy = false;
  }

  async #deliver({ format, body, token }: Arrival): Promise<boolean> {
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
      return response.ok;
    } catch {
      return false;
    }
  }
}
