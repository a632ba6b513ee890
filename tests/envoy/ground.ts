// The basis of every test in real Envoy: the program, the module, a server to forward to, the account of requests, and
// Envoy's log in the message of a failure.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { findEnvoy } from "../../runner/find.ts";
import { warningsOf } from "../../runner/log.ts";
import type { EnvoyProcess } from "../../runner/process.ts";
import { eventually } from "../wait.ts";

/** Path of the module under test. */
export const wasm = fileURLToPath(new URL("../../build/lightspan.wasm", import.meta.url));
if (!existsSync(wasm)) throw new Error("build/lightspan.wasm is missing: npm run build makes it");

/** Path of Envoy, found or downloaded once. */
export const envoyBinary: Promise<string> = findEnvoy((line) => console.error(line));

/** Where a test's server listens. */
export interface Listening {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** Makes `server` listen on a free loopback port. */
export async function listen(server: Server): Promise<Listening> {
  // Envoy reuses its connections. Closing one just as a request is sent would fail that request.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, close };
}

/** A collector that takes every report and reads none: for tests that count spans and look at none of them. */
export function startSink(): Promise<Listening> {
  return listen(createServer((request, response) => request.resume().on("end", () => response.end())));
}

/**
 * Runs `body` and then stops `envoys` in any case. At the end of `body` every request must be accounted for. On
 * failure, the message gets the warnings from each Envoy's log.
 */
export async function during(envoys: EnvoyProcess[], body: () => Promise<void>): Promise<void> {
  try {
    await body();
    await Promise.all(envoys.map(noneUnaccounted));
  } catch (error) {
    if (error instanceof Error) {
      const logs = envoys.map(
        (envoy) => `--- log of Envoy ${envoy.name}\n${warningsOf(envoy.log()) || "(no warnings)"}`,
      );
      error.message = [error.message, ...logs].join("\n");
    }
    throw error;
  } finally {
    await Promise.all(envoys.map((envoy) => envoy.stop()));
  }
}

/** Waits until every request of `envoy` is counted: requests = recorded + unsampled. Passes if Envoy has ended. */
export async function noneUnaccounted(envoy: EnvoyProcess): Promise<void> {
  const read = (): Promise<Record<string, number>> => account([envoy]).catch(() => ({}));
  await eventually("requests = spans_recorded + spans_unsampled, and none open", read, (counts) => {
    const { requests = 0, requests_open = 0, spans_recorded = 0, spans_unsampled = 0 } = counts;
    return requests_open === 0 && requests === spans_recorded + spans_unsampled;
  });
}

/** Lightspan's counters, summed over Envoys, without their prefix: `spans_sent` etc. */
export async function account(envoys: EnvoyProcess[]): Promise<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const envoy of envoys) {
    for (const [name, value] of await envoy.stats("wasmcustom.lightspan.")) {
      const key = name.slice("wasmcustom.lightspan.".length);
      sum[key] = (sum[key] ?? 0) + value;
    }
  }
  return sum;
}
