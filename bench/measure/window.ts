// One measurement of one Envoy: load over connections that are already open, and the CPU time it takes.
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Subject } from "../bench.ts";
import type { Limit } from "../load/closed.ts";
import type { Latency, Pace } from "../load/open.ts";
import { cpuNanos } from "./process.ts";

/** The kind of load. */
export interface Load {
  protocol: "http1" | "http2";
  streams: number;
  /** In addition to the variant's. */
  headers?: Record<string, string>;
}

export interface Sample {
  requests: number;
  failures: number;
  /** CPU microseconds per request in the Envoy process. */
  cpu: number;
  perSecond: number;
  /** How many cores Envoy kept busy during the load. */
  cores: number;
}

/** Envoy passes an answer on before it writes its logs, so some CPU time follows the last answer. */
const SETTLE_MS = 50;

/** Requests before the first reading, so that a window does not pay for refilling the caches after another. */
const LEAD_IN: Limit = { requests: 200, ms: 60_000 };

/** Runs a closed loop. */
export async function saturate(bench: Bench, subject: Subject, load: Load, limit: Limit): Promise<Sample> {
  await open(bench, subject, load);
  subject.requests += (await bench.load.ask("saturate", LEAD_IN)).requests;
  const before = cpuNanos(subject.envoy.pid);
  const { requests, failures, seconds } = await bench.load.ask("saturate", limit);
  const during = cpuNanos(subject.envoy.pid) - before;
  subject.requests += requests;
  await sleep(SETTLE_MS);
  const cpu = cpuNanos(subject.envoy.pid) - before;
  await bench.load.ask("close");
  // Reports are decoded now, while nothing is measured.
  if (subject.collector !== 0) await bench.collectors.ask("tally", subject.collector);
  return {
    requests,
    failures,
    cpu: cpu / 1000 / requests,
    perSecond: requests / seconds,
    cores: during / seconds / 1e9,
  };
}

/** Runs an open loop. */
export async function pace(bench: Bench, subject: Subject, load: Load, at: Pace): Promise<Latency> {
  await open(bench, subject, load);
  const latency = await bench.load.ask("pace", at);
  subject.requests += latency.requests;
  await bench.load.ask("close");
  if (subject.collector !== 0) await bench.collectors.ask("tally", subject.collector);
  return latency;
}

function open(bench: Bench, { port, variant }: Subject, { protocol, streams, headers }: Load): Promise<void> {
  return bench.load.ask("open", { port, protocol, streams, headers: { ...headers, ...variant.headers } });
}
