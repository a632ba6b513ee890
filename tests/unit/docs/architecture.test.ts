// The lists of docs/architecture.md, "What a change touches": exactly the files in a row name its tag, format or key.
// Comments, tests, documents, examples of configurations and the benchmark do not count.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { tableBelow } from "../../envoy/equality/markdown.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const ROOMS = ["assembly", "satellite", "cli", "demo", "runner"];
const SOURCE = /\.(ts|mjs|js|json|html)$/;

const read = (path: string) => readFileSync(root + path, "utf8");
const withoutComments = (source: string) => source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");

const sources = ROOMS.flatMap((room) =>
  readdirSync(root + room, { recursive: true, encoding: "utf8" })
    .map((name) => `${room}/${name}`)
    .filter((name) => SOURCE.test(name) && !name.includes("node_modules")),
).map((path) => [path, withoutComments(read(path))] as const);

const rows = tableBelow(read("docs/architecture.md"), "What a change touches").map(
  ([change = "", files = ""]) =>
    [/`(.+)`/.exec(change)?.[1] ?? "", [...files.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file)] as const,
);

/** The files of the row with the example `name`, except documents, with `other` in place of `name`. */
function listed(name: string, other = name): string[] {
  const [, files = []] = rows.find(([example]) => example === name) ?? [];
  return files
    .filter((file) => !file.startsWith("docs/"))
    .map((file) => file.replaceAll(name, other))
    .sort();
}

/** The sources that contain `pattern`. */
function naming(pattern: RegExp): string[] {
  return sources.flatMap(([path, source]) => (pattern.test(source) ? [path] : [])).sort();
}

/** The sources that name a tag, by its text or its constant. */
function namingTag(tag: string): string[] {
  const constant = new RegExp(`const (\\w+).*"${tag}"`).exec(read("assembly/span/names.ts"))?.[1] ?? "";
  return naming(new RegExp(`"${tag}"|\\bnames\\.${constant}\\b`));
}

describe("docs/architecture.md lists", () => {
  it("files that exist, and documents that name the example", () => {
    assert.equal(rows.length, 4);
    for (const file of rows.flatMap(([, files]) => files)) assert.ok(existsSync(root + file), file);
    for (const [example, files] of rows) {
      for (const file of files.filter((file) => file.startsWith("docs/"))) {
        assert.ok(read(file).toLowerCase().includes(example), `${file} names ${example}`);
      }
    }
  });

  for (const tag of ["upstream_cluster", "peer.address", "http.url", "request_size"]) {
    it(`what a tag touches: ${tag}`, () => assert.deepEqual(namingTag(tag), listed("upstream_cluster")));
  }

  for (const format of ["zipkin", "otlp"]) {
    it(`what a wire format touches: ${format}`, () => {
      assert.deepEqual(naming(new RegExp(format, "i")), listed("zipkin", format));
    });
  }

  it("what a propagation format touches: b3multi", () => {
    assert.deepEqual(naming(/b3multi/i), listed("b3multi"));
  });

  for (const key of ["max_tag_length", "flush_spans", "base_ms", "exclude_paths", "url_query"]) {
    it(`what a key touches: ${key}`, () => {
      assert.deepEqual(naming(new RegExp(`"${key}"`)), listed("max_tag_length"));
    });
  }
});
