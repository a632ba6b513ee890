// The documents that have tables of a run in them. A quick run rewrites what it measured and leaves the rest.
import type { Results } from "../results.ts";
import { rewrite } from "./blocks.ts";
import { sizingTables } from "./sizing.ts";
import { asMarkdown, type Table } from "./table.ts";
import { furtherTables, mainTables, provenance } from "./tables.ts";

/** Writes the tables of `results` into docs/benchmark.md and docs/sizing.md. */
export async function writeDocuments(results: Results): Promise<void> {
  const block = (tables: Table[], ...notes: string[]): string =>
    [`Measured ${provenance(results)}`, ...tables.map(asMarkdown), ...notes].join("\n\n");
  const notes = results.notes.map((note) => `- ${note}`).join("\n");
  const further = furtherTables(results);
  await rewrite("benchmark.md", {
    main: block(mainTables(results), ...(notes === "" ? [] : [notes])),
    ...(further.length === 0 ? {} : { further: block(further) }),
  });
  await rewrite("sizing.md", { tables: block(sizingTables(results.main)) });
}
