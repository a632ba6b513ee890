// What every test in real Envoy stands on: the program, the module, a wait that tells what it waited for, and Envoy's
// log in the message of a failure.
import { existsSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findEnvoy } from "../../runner/find.ts";
import { warningsOf } from "../../runner/log.ts";
import type { EnvoyProcess } from "../../runner/process.ts";

/** Path of the module under test. */
export const wasm = fileURLToPath(new URL("../../build/lightspan.wasm", import.meta.url));
if (!existsSync(wasm)) throw new Error("build/lightspan.wasm is missing: npm run build makes it");

/** Path of Envoy, found or downloaded once. */
export const envoyBinary: Promise<string> = findEnvoy((line) => console.error(line));

/** Asks again and again until `check` gives something that is not undefined; then that. Says `what` if it never does. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | Promise<T | undefined>,
  patienceMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs / 1000} s: ${what}`);
    await sleep(25);
  }
}

/** Where a server of a test listens. */
export interface Listening {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** Has `server` listen on a free port of the loopback. */
export async function listen(server: Server): Promise<Listening> {
  // Envoy keeps its connections; one that closes just as a request sets out would make that request fail.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, close };
}

/**
 * Runs `body`, and stops `envoys` whatever happens. At its end no request may be unaccounted for. A failure's message gets the
 * warnings of every Envoy's log.
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

/** Waits until `envoy` says that each request has ended and is counted: requests = recorded + unsampled. One that has ended says nothing. */
export async function noneUnaccounted(envoy: EnvoyProcess): Promise<void> {
  let last: Record<string, number> | undefined;
  const check = async (): Promise<true | undefined> => {
    last = await account([envoy]).catch(() => undefined);
    if (last === undefined) return true;
    const { requests = 0, requests_open = 0, spans_recorded = 0, spans_unsampled = 0 } = last;
    return (requests_open === 0 && requests === spans_recorded + spans_unsampled) || undefined;
  };
  try {
    await eventually("requests = spans_recorded + spans_unsampled, and none open", check);
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`);
  }
}

/** Lightspan's counters, summed over Envoys, without their prefix: `spans_sent` and so on. */
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
