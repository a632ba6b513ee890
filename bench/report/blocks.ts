// Marked blocks in the documents, which this program rewrites and people must not edit:
//
//   <!-- bench:NAME -->
//   …
//   <!-- /bench:NAME -->
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

/** Replaces `blocks` in the document of that name in docs/. Throws if it has no such block. */
export async function rewrite(document: string, blocks: Record<string, string>): Promise<void> {
  const path = fileURLToPath(new URL(`../../docs/${document}`, import.meta.url));
  let text = readFileSync(path, "utf8");
  for (const [name, content] of Object.entries(blocks)) text = replaceBlock(text, name, content, document);
  // Markdown tables are aligned to their longest cells.
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}

function replaceBlock(text: string, name: string, content: string, document: string): string {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/${document} has no block ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
