// The command line of the benchmark.
import { parseArgs } from "node:util";

export interface Options {
  quick: boolean;
  micro: boolean;
  instructions: boolean;
  change: boolean;
  writeDocs: boolean;
  /** Another build of the module, measured with this one. */
  against: string | undefined;
  help: boolean;
}

export const USAGE = `usage: npm run bench -- [--quick | --instructions | --change | --micro] [--write-docs] [--against FILE]
  (none)          everything, ten minutes at most
  --quick         the main table alone, about a minute
  --instructions  the main table in instructions instead of time, counted by valgrind; repeatable, nine minutes
  --change        what the module costs more than the last commit's, in instructions per request; about a minute
  --micro         the module's hot paths alone, in Node, a few seconds
  --write-docs    also writes the tables and the picture into docs/
  --against FILE  another build of the module as two more rows of the main table; with --change, in the last commit's place`;

/** Something that the user can fix: the message suffices, without a stack. */
export class Problem extends Error {}

/** A wrong command line; the message says why, in one line. */
export class UsageError extends Problem {}

/** Reads the arguments after the program's name. Throws UsageError. */
export function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean", default: false },
        micro: { type: "boolean", default: false },
        instructions: { type: "boolean", default: false },
        change: { type: "boolean", default: false },
        "write-docs": { type: "boolean", default: false },
        against: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const { quick, micro, instructions, change, against, help } = values;
    return { quick, micro, instructions, change, writeDocs: values["write-docs"], against, help };
  } catch (error) {
    // Node's first sentence names the flag; the rest explains quoting.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/, 1);
    throw new UsageError(`bench: ${sentence}; --help lists the flags`, { cause: error });
  }
}
