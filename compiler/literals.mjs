// Gathers every string literal of assembly/ into one block of UTF-8 bytes before the compiler sees the sources.
// Otherwise, AssemblyScript would store each as a UTF-16 string with a header, and `text("…")` would convert it at
// start-up. RATIONALE.md says how much this saves. The original sources have the same meaning: the unit tests compile
// them unchanged.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

/** The gathered literals are served to the compiler under this name. There is no such file. */
const POOL = "assembly/bytes/literals";
/** Logs why the VM dies. It may be out of memory, so these strings can't be created at run time. */
const UNTOUCHED = "assembly/host/abort.ts";

/** The sources of assembly/ by name, with their literals gathered, and the pool that they import. */
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
  const used = new Set();
  const use = (node, imported, replacement) => {
    used.add(imported);
    edits.push([node, replacement]);
  };
  let importsText = false;
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) importsText ||= /\btext\b/.test(node.importClause?.getText() ?? "");
    else if (ts.isExportDeclaration(node)) return;
    else if (importsText && isText(node)) {
      const constant = `slice${pool.indexOf(node.arguments[0].text)}`;
      use(node, constant, constant);
    } else if (ts.isStringLiteral(node) && node.text !== "")
      use(node, "literalString", `literalString(${pool.indexOf(node.text)})`);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true));
  if (edits.length === 0) return source;
  for (const [node, replacement] of edits.reverse()) {
    source = source.slice(0, node.getStart()) + replacement + source.slice(node.getEnd());
  }
  const path = relative(join(name, ".."), POOL).replaceAll("\\", "/");
  // On the first line, so that line numbers in the compiler's messages stay right.
  return `import { ${[...used].join(", ")} } from "${path.startsWith(".") ? path : `./${path}`}"; ${source}`;
}

function isText(node) {
  return (
    ts.isCallExpression(node) && node.expression.getText() === "text" && ts.isStringLiteral(node.arguments[0] ?? node)
  );
}

class Pool {
  #indices = new Map();

  /** The index of the literal, which is added if it's new. */
  indexOf(text) {
    if (Buffer.byteLength(text) > 255) throw new Error(`literal too long for the pool: ${text}`);
    if (!this.#indices.has(text)) this.#indices.set(text, this.#indices.size);
    return this.#indices.get(text);
  }

  source() {
    const literals = [...this.#indices.keys()].map((text) => Buffer.from(text));
    const list = (bytes) => `memory.data<u8>([${[...bytes]}])`;
    // The slices come first, because a low address is a short one in the code.
    return `
      import { Slice, toText } from "./slice";
      const slices: usize = memory.data(${literals.length * 8}, 8);
      const bytes: usize = ${list(Buffer.concat(literals))};
      const sizes: usize = ${list(literals.map((literal) => literal.length))};

      function fill(): void {
        let at = bytes;
        for (let i: usize = 0; i < ${literals.length}; i++) {
          let size = load<u8>(sizes + i);
          changetype<Slice>(slices + i * 8).set(at, size);
          at += size;
        }
      }
      fill();

      export function literalString(index: usize): string {
        return toText(changetype<Slice>(slices + index * 8));
      }

      ${literals.map((_, i) => `export const slice${i}: Slice = changetype<Slice>(slices + ${i * 8});`).join("\n")}
    `;
  }
}
