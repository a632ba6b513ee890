// The rooms of the source, by their imports: arrows point one way, and no files or rooms form a circle. A room is a
// folder; in assembly/ and satellite/, each folder and each top-level file is one.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import test from "node:test";

const ROOT = new URL("../../../", import.meta.url);

/** The rooms of the filter, lowest first. A room may import its own layer and those below. */
const LAYERS = [["bytes"], ["context"], ["config", "span"], ["report"], ["filter"], ["index.ts"]];
/** Only these may talk to Envoy. */
const ABOVE_HOST = ["report", "filter", "index.ts"];

/** Which rooms each of the others may import. Nothing imports the tests. */
const MAY_IMPORT: Record<string, string[]> = {
  "satellite/duration.ts": [],
  "satellite/store": [],
  "satellite/receive": ["satellite/store"],
  "satellite/serve": ["satellite/receive", "satellite/store"],
  "satellite/terminal": ["satellite/duration.ts", "satellite/store"],
  "satellite/page": ["satellite/duration.ts", "satellite/serve", "satellite/store"],
  "satellite/server.ts": ["satellite/receive", "satellite/serve", "satellite/store"],
  "satellite/main.ts": ["satellite/receive", "satellite/server.ts", "satellite/store", "satellite/terminal"],
  runner: [],
  demo: ["runner", "satellite/server.ts", "satellite/store", "satellite/terminal"],
  bench: ["demo", "runner", "satellite/receive", ...["bytes", "context", "report", "span"].map(assembly)],
  cli: [],
  compiler: [],
  release: [],
  "assembly/host": ["assembly/bytes"],
};
LAYERS.forEach((layer, height) => {
  for (const room of layer) {
    const host = ABOVE_HOST.includes(room) ? ["host"] : [];
    MAY_IMPORT[assembly(room)] = [...LAYERS.slice(0, height + 1).flat(), ...host].map(assembly);
  }
});

function assembly(room: string): string {
  return `assembly/${room}`;
}

interface Import {
  from: string;
  to: string;
  /** Whether only types are imported, which are gone when the code runs. */
  typeOnly: boolean;
}

const imports = ["assembly", "bench", "cli", "compiler", "demo", "release", "runner", "satellite"]
  .flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  )
  .filter((file) => /\.(ts|tsx|mjs)$/.test(file))
  .flatMap(importsOf);

function importsOf(from: string): Import[] {
  const text = readFileSync(new URL(from, ROOT), "utf8");
  const statements =
    /^(?:import|export)( type)?\b[^;"'`]*?\bfrom "(\.[^"]+)"|^import "(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/gm;
  return [...text.matchAll(statements)].map(([, type, named, bare, dynamic]) => {
    const path = posix.join(posix.dirname(from), named ?? bare ?? dynamic ?? "");
    // AssemblyScript leaves the extension out.
    const to = existsSync(new URL(path, ROOT)) ? path : `${path}.ts`;
    assert.ok(existsSync(new URL(to, ROOT)), `${from} imports ${path}, which does not exist`);
    return { from, to, typeOnly: type !== undefined };
  });
}

function roomOf(file: string): string {
  const [folder = "", inner = ""] = file.split("/");
  return ["assembly", "satellite"].includes(folder) ? `${folder}/${inner}` : folder;
}

const betweenRooms = imports
  .map(({ from, to }) => [roomOf(from), roomOf(to)] as const)
  .filter(([from, to]) => from !== to);

/** The arrows that lead into a circle: what is left when arrows to dead ends are removed again and again. */
function circles(arrows: (readonly [from: string, to: string])[]): string[] {
  let left = arrows;
  for (;;) {
    const starts = new Set(left.map(([from]) => from));
    const kept = left.filter(([, to]) => starts.has(to));
    if (kept.length === left.length) return kept.map(([from, to]) => `${from} → ${to}`);
    left = kept;
  }
}

test("imports were found in every language and form", () => {
  for (const [from, to] of [
    ["assembly/index.ts", "assembly/filter"],
    ["satellite/page/app.tsx", "satellite/page"],
    ["demo/main.ts", "satellite/terminal"],
    ["cli/lightspan.mjs", "cli"],
  ] as const) {
    assert.ok(
      imports.some((each) => each.from === from && roomOf(each.to) === to),
      `${from} imports ${to}`,
    );
  }
});

test("no files import each other in a circle", () => {
  assert.deepEqual(circles(imports.map(({ from, to }) => [from, to])), []);
});

test("no rooms import each other in a circle", () => {
  assert.deepEqual(circles(betweenRooms), []);
});

test("each room imports only the rooms below it", () => {
  const wrong = betweenRooms.filter(([from, to]) => !MAY_IMPORT[from]?.includes(to));
  assert.deepEqual([...new Set(wrong.map(([from, to]) => `${from} → ${to}`))], []);
});

test("the page runs no code of the satellite but its tree and its durations", () => {
  const shared = imports
    .filter(
      ({ from, to, typeOnly }) => roomOf(from) === "satellite/page" && roomOf(to) !== "satellite/page" && !typeOnly,
    )
    .map(({ to }) => to);
  assert.deepEqual([...new Set(shared)].sort(), [
    "satellite/duration.ts",
    "satellite/store/family.ts",
    "satellite/store/kept.ts",
  ]);
});
