// The documents that contain a run's tables. A quick run rewrites only what it measured.
import type { InstructionResults, Results } from "../results.ts";
import { rewrite } from "./blocks.ts";
import { sizingTables } from "./sizing.ts";
import { asMarkdown, type Table } from "./table.ts";
import { furtherTables, instructionsTable, mainTables, provenance } from "./tables.ts";

/** Writes the tables of `results` into docs/benchmark.md and docs/sizing.md. */
export async function writeDocuments(results: Results): Promise<void> {
  const further = furtherTables(results);
  await rewrite("benchmark.md", {
    main: block(results, mainTables(results), results.notes),
    ...(further.length === 0 ? {} : { further: block(results, further) }),
  });
  await rewrite("sizing.md", { tables: block(results, sizingTables(results.main)) });
}

/** Writes the table of `results` into docs/benchmark.md. */
export async function writeInstructions(results: InstructionResults): Promise<void> {
  await rewrite("benchmark.md", { instructions: block(results, [instructionsTable(results)], results.notes) });
}

function block(results: Results | InstructionResults, tables: Table[], notes: string[] = []): string {
  const list = notes.map((note) => `- ${note}`).join("\n");
  return [`Measured ${provenance(results)}`, ...tables.map(asMarkdown), ...(list === "" ? [] : [list])].join("\n\n");
}
