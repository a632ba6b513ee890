// The command line of the soak.
import { parseArgs } from "node:util";
import type { SoakOptions } from "./soak.ts";

export const USAGE = `usage: npm run soak -- [--minutes N] [--rate N] [--workers N] [--seed N] [--write-docs]
  --minutes N    how long, 10 by default; a part of one is fine
  --rate N       requests a second, 200 by default
  --workers N    of Envoy, 2 by default
  --seed N       of the order of the faults, 1 by default
  --write-docs   the picture goes to docs/pictures/soak.svg as well`;

/** The command line is invalid; the message says why, in one line. */
export class UsageError extends Error {}

export interface Options extends SoakOptions {
  writeDocs: boolean;
  help: boolean;
}

/** Reads the arguments after the program's name. Throws UsageError. */
export function readOptions(args: string[]): Options {
  const { minutes, rate, workers, seed, help, ...others } = parse(args);
  return {
    seconds: numberOf("minutes", minutes) * 60,
    perSecond: numberOf("rate", rate),
    workers: Math.ceil(numberOf("workers", workers)),
    seed: Math.ceil(numberOf("seed", seed)),
    writeDocs: others["write-docs"],
    help,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        minutes: { type: "string", default: "10" },
        rate: { type: "string", default: "200" },
        workers: { type: "string", default: "2" },
        seed: { type: "string", default: "1" },
        "write-docs": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    // Node's first sentence names the flag; the rest explain quoting.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/, 1);
    throw new UsageError(`soak: ${sentence}; --help lists the flags`, { cause: error });
  }
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`soak: --${flag} takes a number above 0, not ${text}`);
}
