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
    else if (importsText && isText(node)) edits.push([node, `literalSlice(${pool.slice(node.arguments[0].text)})`]);
    else if (ts.isStringLiteral(node) && node.text !== "") edits.push([node, pool.string(node.text)]);
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
  #slices = new Map();
  #strings = new Map();
  #bytes = Buffer.alloc(0);

  /** The number of the slice over these bytes. */
  slice(text) {
    if (!this.#slices.has(text)) this.#slices.set(text, this.#slices.size);
    return this.#slices.get(text);
  }

  /** The call that makes the string. */
  string(text) {
    const bytes = Buffer.from(text);
    let at = this.#strings.get(text);
    if (at === undefined) {
      at = this.#bytes.length;
      this.#strings.set(text, at);
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
    }
    return `literalString(${at}, ${bytes.length})`;
  }

  source() {
    const slices = [...this.#slices.keys()].map((text) => Buffer.from(text));
    const list = (bytes) => `memory.data<u8>([${[...bytes]}])`;
    return `
      import { Slice } from "./slice";
      const strings: usize = ${list(this.#bytes)};
      const texts: usize = ${list(Buffer.concat(slices))};
      const sizes: usize = ${list(slices.map((bytes) => bytes.length))};
      const slices: usize = memory.data(${slices.length * 8}, 8);

      function fill(): void {
        let at = texts;
        for (let i: usize = 0; i < ${slices.length}; i++) {
          let size = load<u8>(sizes + i);
          changetype<Slice>(slices + i * 8).set(at, size);
          at += size;
        }
      }
      fill();

      // @ts-ignore: decorator
      @inline
      export function literalSlice(index: usize): Slice {
        return changetype<Slice>(slices + index * 8);
      }

      export function literalString(at: usize, size: usize): string {
        return String.UTF8.decodeUnsafe(strings + at, size);
      }
    `;
  }
}
