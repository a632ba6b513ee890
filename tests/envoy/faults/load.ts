// Sends requests at a steady pace, whether or not answers come: a fault as a user of the mesh sees it. Knows statuses,
// bodies and times; refuses to know what is at the address.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, PATIENCE_MS } from "../../wait.ts";

/** The outcome of all requests. */
export interface Seen {
  sent: number;
  /** What was wrong with answers other than a 200 with the right body, and how often. */
  wrong: Map<string, number>;
  /** Milliseconds, in ascending order. */
  latencies: number[];
}

export interface Load {
  /** How many requests have been answered so far, rightly or wrongly. */
  readonly answered: number;
  /** Waits until `more` requests have been answered from now on. */
  answers(more: number): Promise<void>;
  /** Sends no more, and waits for outstanding answers. */
  stop(): Promise<Seen>;
}

/** After a stall, at most this many requests are made up for at once: more would be a fault of their own. */
const BURST = 10;

const running = new Set<Load>();

/** Ends every load. One that outlives its scene after a failed test would go on forever. */
export async function stopLoads(): Promise<void> {
  await Promise.all([...running].map((load) => load.stop()));
}

/** Sends `perSecond` requests a second to 127.0.0.1:`port`. Each has its own path, which the answer must repeat. */
export function startLoad(port: number, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const seen: Seen = { sent: 0, wrong: new Map(), latencies: [] };
  const pending = new Set<Promise<void>>();
  let isOver = false;

  const one = async (path: string): Promise<void> => {
    const from = performance.now();
    const what = await ask(agent, port, path);
    seen.latencies.push(performance.now() - from);
    if (what !== undefined) seen.wrong.set(what, (seen.wrong.get(what) ?? 0) + 1);
  };
  const send = async (): Promise<void> => {
    const start = performance.now();
    let skipped = 0;
    while (!isOver) {
      const late = Math.floor(((performance.now() - start) * perSecond) / 1000) - skipped - seen.sent;
      skipped += Math.max(0, late - BURST);
      for (let left = Math.min(late, BURST); left >= 0; left--) {
        const going = one(`/${seen.sent++}`);
        pending.add(going);
        void going.then(() => pending.delete(going));
      }
      await sleep(1000 / perSecond);
    }
  };
  const sending = send();
  const load: Load = {
    get answered() {
      return seen.latencies.length;
    },
    async answers(more) {
      const all = seen.latencies.length + more;
      await eventually(
        `${all} answers`,
        () => seen.latencies.length,
        (answered) => answered >= all,
      );
    },
    async stop() {
      isOver = true;
      running.delete(load);
      await sending;
      await Promise.all(pending);
      agent.destroy();
      seen.latencies.sort((a, b) => a - b);
      return seen;
    },
  };
  running.add(load);
  return load;
}

/** Sends requests until `count` have been answered. */
export async function sendLoad(port: number, count: number): Promise<Seen> {
  const load = startLoad(port, 150);
  await load.answers(count);
  return load.stop();
}

/** What is wrong with the answer, if anything. */
function ask(agent: Agent, port: number, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ agent, port, path, host: "127.0.0.1", timeout: PATIENCE_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", (error) => resolve(`cut off: ${error.message}`));
      response.on("end", () => {
        const body = Buffer.concat(parts).toString();
        if (response.statusCode !== 200) resolve(`status ${response.statusCode}`);
        else resolve(body === path ? undefined : `another body: ${body.slice(0, 60)}`);
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}

/** The latency in milliseconds that `share` of all requests did not exceed. */
export function percentile({ latencies }: Seen, share: number): number {
  return latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
}

/** `p50 1.2 ms, p99 8.0 ms, slowest 12.0 ms` */
export function describe(seen: Seen): string {
  const at = (share: number): string => `${percentile(seen, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(1)}`;
}
