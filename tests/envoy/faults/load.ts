// Requests at a steady pace, whether the answers come or not: what a user of the mesh sees of a fault. Knows statuses, bodies
// and times; refuses to know what is behind the address.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What became of all requests. */
export interface Seen {
  sent: number;
  /** What was not a 200 with the right body, in words, and how often. */
  wrong: Map<string, number>;
  /** Milliseconds, in order of size. */
  latencies: number[];
}

export interface Load {
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<Seen>;
}

const PATIENCE_MS = 20_000;

const running = new Set<Load>();

/** Ends every load: one that outlives its scene, since a test has failed, would go on for ever. */
export async function stopLoads(): Promise<void> {
  await Promise.all([...running].map((load) => load.stop()));
}

/** Sends `perSecond` requests a second to http://127.0.0.1:`port`, each with a path of its own that the answer has to repeat. */
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
    while (!isOver) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1000);
      while (seen.sent <= due) {
        const going = one(`/${seen.sent++}`);
        pending.add(going);
        void going.then(() => pending.delete(going));
      }
      await sleep(1000 / perSecond);
    }
  };
  const sending = send();
  const load: Load = {
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

/** What is wrong with the answer; undefined if nothing is. */
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
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)));
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}

/** The milliseconds that `share` of all requests did not exceed. */
export function percentile({ latencies }: Seen, share: number): number {
  return latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
}

/** `p50 1.2 ms, p99 8.0 ms, slowest 12.0 ms` */
export function describe(seen: Seen): string {
  const at = (share: number): string => `${percentile(seen, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(1)}`;
}
