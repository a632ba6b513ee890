// Gathers every string literal of assembly/ in one block of UTF-8 bytes, before the compiler sees the sources. AssemblyScript
// would keep each as a UTF-16 string with a header, and `text("…")` would turn it into bytes at start-up. RATIONALE.md has
// what it saves. Unchanged, the sources mean the same: the unit tests compile them as they are.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

/** Not a file: what the gathered literals become. Served to the compiler under this name. */
const POOL = "assembly/bytes/literals";
/** Says why the VM dies, perhaps for want of memory: its strings must be there already. */
const UNTOUCHED = "assembly/host/abort.ts";

/** The sources of assembly/ by their names, with their literals gathered, and the pool that they import. */
export function gatherLiterals(root) {
  const names = readdirSync(join(root, "assembly"), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `assembly/${name.replaceAll("\\", "/")}`)
    .sort();
  const pool = new Pool();
  const sources = new Map();
  for (const name of names) {
    const source = readFileSync(join(root, name), "utf8");
    sources.set(name, name === UNTOUCHED ? source : rewrite(name, source, pool));
  }
  return sources.set(`${POOL}.ts`, pool.source());
}

function rewrite(name, source, pool) {
  const edits = [];
  let importsText = false;
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) importsText ||= /\btext\b/.test(node.importClause?.getText() ?? "");
    else if (ts.isExportDeclaration(node)) return;
    else if (importsText && isText(node)) edits.push([node, `literalSlice(${pool.place(node.arguments[0].text)})`]);
    else if (ts.isStringLiteral(node) && node.text !== "")
      edits.push([node, `literalString(${pool.place(node.text)})`]);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true));
  if (edits.length === 0) return source;
  for (const [node, text] of edits.reverse()) {
    source = source.slice(0, node.getStart()) + text + source.slice(node.getEnd());
  }
  const path = relative(join(name, ".."), POOL).replaceAll("\\", "/");
  // In the first line, so that the compiler's messages name the right one.
  return `import { literalSlice, literalString } from "${path.startsWith(".") ? path : `./${path}`}"; ${source}`;
}

function isText(node) {
  return (
    ts.isCallExpression(node) && node.expression.getText() === "text" && ts.isStringLiteral(node.arguments[0] ?? node)
  );
}

class Pool {
  #places = new Map();

  /** The number of the literal. */
  place(text) {
    if (Buffer.byteLength(text) > 255) throw new Error(`literal too long for the pool: ${text}`);
    if (!this.#places.has(text)) this.#places.set(text, this.#places.size);
    return this.#places.get(text);
  }

  source() {
    const literals = [...this.#places.keys()].map((text) => Buffer.from(text));
    const list = (bytes) => `memory.data<u8>([${[...bytes]}])`;
    return `
      import { Slice, toText } from "./slice";
      const bytes: usize = ${list(Buffer.concat(literals))};
      const sizes: usize = ${list(literals.map((literal) => literal.length))};
      const slices: usize = memory.data(${literals.length * 8}, 8);

      function fill(): void {
        let at = bytes;
        for (let i: usize = 0; i < ${literals.length}; i++) {
          let size = load<u8>(sizes + i);
          literalSlice(i).set(at, size);
          at += size;
        }
      }
      fill();

      // @ts-ignore: decorator
      @inline
      export function literalSlice(place: usize): Slice {
        return changetype<Slice>(slices + place * 8);
      }

      export function literalString(place: usize): string {
        return toText(literalSlice(place));
      }
    `;
  }
}
