// The satellite by itself: listens, and prints each trace once no span of it has come for a second. All that it does
// with the process is here: flags, signals, exit status.

import { parseArgs } from "node:util";
import { REPORTS_PATH, startSatellite } from "./server.ts";
import type { Satellite } from "./server.ts";
import { terminalStyle } from "./terminal.ts";
import { drawTree } from "./tree.ts";

const QUIET_MS = 1000;
const USAGE = "usage: satellite/main.ts [--port 8360]";

try {
  const satellite = await startSatellite({ port: readPort(process.argv.slice(2)) });
  console.log(`POST Lightstep reports to ${satellite.url}${REPORTS_PATH}; ${satellite.url}/ shows them in a browser.`);
  printQuietTraces(satellite);
  const stop = () => void satellite.close().then(() => process.exit(0));
  // Not once: under npx a Ctrl-C comes twice, from the terminal and from the parent.
  process.on("SIGINT", stop).on("SIGTERM", stop);
} catch (error) {
  console.error(`satellite: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

function readPort(args: string[]): number {
  const text = readFlags(args).port;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new Error(`--port is ${JSON.stringify(text)}: it must be a number from 0 to 65535; ${USAGE}`);
  }
  return port;
}

function readFlags(args: string[]): { port: string } {
  try {
    return parseArgs({ args, options: { port: { type: "string", default: "8360" } } }).values;
  } catch (error) {
    // Node's first sentence names the flag; the ones after it, over several lines, teach quoting.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/, 1);
    throw new Error(`${sentence}; ${USAGE}`, { cause: error });
  }
}

function printQuietTraces({ store }: Satellite): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  store.on("trace", (traceId) => {
    const timer = waiting.get(traceId);
    if (timer) timer.refresh();
    else
      waiting.set(
        traceId,
        setTimeout(() => print(traceId), QUIET_MS),
      );
  });
  const print = (traceId: string) => {
    waiting.delete(traceId);
    const trace = store.get(traceId);
    // It may have been forgotten in the meantime, under a flood.
    if (trace) console.log(`\n${drawTree(trace, terminalStyle(process.stdout, process.env))}`);
  };
}
