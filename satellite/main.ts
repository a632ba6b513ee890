// The satellite as a program: starts it, and prints each trace once it is quiet. Everything that concerns the process
// is here: flags, signals, exit status.

import { parseArgs } from "node:util";
import { formats } from "./receive/formats.ts";
import { startSatellite } from "./server.ts";
import { whenQuiet } from "./store/quiet.ts";
import { terminalStyle } from "./terminal/style.ts";
import { drawTree } from "./terminal/tree.ts";

const USAGE = "usage: satellite/main.ts [--port 8360] [--grpc-port PORT] [--forward URL]";

try {
  const { port, grpcPort, forward } = readFlags(process.argv.slice(2));
  const complain = (line: string): void => console.error(`satellite: ${line}`);
  const satellite = await startSatellite({ port, grpcPort, forward, complain });
  const { url } = satellite;
  console.log(`The page is at ${url}/; this terminal shows each trace too, once it is quiet.`);
  for (const { name, path } of formats) console.log(`  ${name.padEnd(10)} ${url}${path}`);
  console.log(`  over gRPC  127.0.0.1:${satellite.grpcPort}`);
  whenQuiet(satellite.store, (trace) => {
    console.log(`\n${drawTree(trace, terminalStyle(process.stdout, process.env))}`);
  });
  const stop = () => void satellite.close().then(() => process.exit(0));
  // `on`, not `once`: under npx, Ctrl-C arrives twice, from the terminal and from the parent.
  process.on("SIGINT", stop).on("SIGTERM", stop);
} catch (error) {
  console.error(`satellite: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

interface Flags {
  port: number;
  grpcPort: number;
  forward: string | undefined;
}

/** By default, gRPC gets the port after HTTP's, or any free one if HTTP does. */
function readFlags(args: string[]): Flags {
  const values = parse(args);
  const port = readPort("port", values.port);
  const next = port === 0 ? 0 : port + 1;
  const grpcPort = values["grpc-port"] === undefined ? next : readPort("grpc-port", values["grpc-port"]);
  return { port, grpcPort, forward: values.forward };
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new Error(`--${flag} is ${JSON.stringify(text)}: it must be a number from 0 to 65535; ${USAGE}`);
  }
  return port;
}

function parse(args: string[]) {
  const options = {
    port: { type: "string", default: "8360" },
    "grpc-port": { type: "string" },
    forward: { type: "string" },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // Node's first sentence names the flag; the next ones explain quoting over several lines.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/, 1);
    throw new Error(`${sentence}; ${USAGE}`, { cause: error });
  }
}
