// setup.mjs runs each step once, and again only after a change to something that the step depends on. The real script
// runs in a small tree whose builds and npm print that they ran. The last test checks what the real page is built from.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "lightspan-setup-"));
after(() => rmSync(work, { recursive: true, force: true }));

const lock = (version: string) =>
  JSON.stringify({
    packages: {
      "": { name: "small" },
      "node_modules/one": { version },
      "node_modules/elsewhere": { version: "1.0.0", optional: true },
    },
  });

/** A build that prints that it ran and writes its outputs one after the other. KILLED names the one it dies at. */
const building = (what: string, outputs: string[]) => `
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
console.log("ran ${what}");
for (const output of ${JSON.stringify(outputs)}) {
  if (process.env.KILLED === output) process.kill(process.pid, "SIGKILL");
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, "${what} " + Math.random());
}`;

const npm = `#!/bin/sh
echo "ran npm"
rm -rf node_modules/* && mkdir -p node_modules
[ "$KILLED" = npm ] && exit 1
node -e 'const { packages } = JSON.parse(fs.readFileSync("package-lock.json"));
delete packages[""]; delete packages["node_modules/elsewhere"];
fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages }))'
`;

const files: Record<string, string> = {
  "asconfig.json": "{}",
  "assembly/index.ts": "",
  "assembly/span/span.ts": "",
  "build.mjs": building("module", [
    "build/lightspan.wasm",
    "build/lightspan.schema.json",
    "build/lightspan.wasm.sha256",
  ]),
  "compiler/contract.mjs": "",
  "package-lock.json": lock("1.0.0"),
  "satellite/page/build.mjs": building("page", ["build/page/page.js", "build/page/index.html"]),
  "satellite/page/main.tsx": "",
  "satellite/store/family.ts": "",
  "tsconfig.json": "{}",
  "README.md": "",
  "bin/npm": npm,
};

let count = 0;
let tree = "";

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

/** Runs setup.mjs and returns the steps that ran, in order. `node` is the version that it sees. */
function setUp(options: { killed?: string; node?: string; npm?: string } = {}): string[] {
  const pretend =
    `for (const [name, value] of [["version", "v${options.node}"], ["versions", { node: "${options.node}" }]])` +
    ` Object.defineProperty(process, name, { value })`;
  const args = options.node ? ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`] : [];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, join(tree, "setup.mjs")], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${tree}/bin${delimiter}${process.env.PATH}`,
      KILLED: options.killed ?? "",
      npm_execpath: options.npm ?? "",
    },
  });
  assert.equal(status === 0, options.killed === undefined, stdout + stderr);
  return [...stdout.matchAll(/^ran (\w+)$/gm)].map(([, what = ""]) => what);
}

const template = join(work, "template");

/** Each test gets its own tree, in which every step is done. */
beforeEach(() => {
  if (!existsSync(template)) {
    tree = template;
    for (const [path, text] of Object.entries(files)) write(path, text);
    chmodSync(join(tree, "bin/npm"), 0o755);
    copyFileSync(`${root}setup.mjs`, join(tree, "setup.mjs"));
    assert.deepEqual(setUp(), ["npm", "module", "page"]);
  }
  tree = join(work, String(count++));
  cpSync(template, tree, { recursive: true });
});

describe("setup.mjs", () => {
  it("does nothing the second time, whatever the files' timestamps", () => {
    for (const path of Object.keys(files)) utimesSync(join(tree, path), new Date(), new Date());
    assert.deepEqual(setUp(), []);
  });

  const changes: [path: string, steps: string[]][] = [
    ["assembly/index.ts", ["module"]],
    ["assembly/span/span.ts", ["module"]],
    ["assembly/new.ts", ["module"]],
    ["asconfig.json", ["module"]],
    ["compiler/contract.mjs", ["module"]],
    ["build.mjs", ["module"]],
    ["build/lightspan.wasm", ["module"]],
    ["satellite/page/main.tsx", ["page"]],
    ["satellite/page/build.mjs", ["page"]],
    ["satellite/store/family.ts", ["page"]],
    ["tsconfig.json", ["page"]],
    ["build/page/page.js", ["page"]],
    ["setup.mjs", ["module", "page"]],
    ["README.md", []],
  ];
  for (const [path, steps] of changes) {
    it(`runs ${steps.join(" and ") || "nothing"} once when ${path} has changed`, () => {
      write(path, `${existsSync(join(tree, path)) ? readFileSync(join(tree, path), "utf8") : ""}\n// Changed.`);
      assert.deepEqual(setUp(), steps);
      assert.deepEqual(setUp(), []);
    });
  }

  for (const path of ["assembly/span/span.ts", "build/lightspan.wasm.sha256", "build/page/index.html"]) {
    it(`builds when ${path} is missing`, () => {
      rmSync(join(tree, path));
      assert.deepEqual(setUp(), [path.startsWith("build/page") ? "page" : "module"]);
      assert.deepEqual(setUp(), []);
    });
  }

  it("installs and builds when the lock file has changed", () => {
    write("package-lock.json", lock("1.0.1"));
    assert.deepEqual(setUp(), ["npm", "module", "page"]);
    assert.deepEqual(setUp(), []);
  });

  it("builds for another Node, and installs for another major version", () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    assert.deepEqual(setUp({ node: `${major}.${minor + 1}.0` }), ["module", "page"]);
    assert.deepEqual(setUp({ node: `${major + 1}.0.0` }), ["npm", "module", "page"]);
    assert.deepEqual(setUp({ node: `${major + 1}.0.0` }), []);
  });

  it("keeps packages that npm installed by hand, and ignores a broken record", () => {
    write("build/.setup.json", '{ "build.mjs": ');
    assert.deepEqual(setUp(), ["module", "page"]);
  });

  it("installs when node_modules is missing or lacks a package", () => {
    write("node_modules/.package-lock.json", JSON.stringify({ packages: {} }));
    assert.deepEqual(setUp(), ["npm"]);
    rmSync(join(tree, "node_modules"), { recursive: true });
    assert.deepEqual(setUp(), ["npm"]);
  });

  it("installs with the npm that runs it, even if another one comes first on the PATH", () => {
    write("npm-cli.js", 'console.log("ran own"); require("node:fs").writeFileSync("node_modules/own", "");');
    rmSync(join(tree, "node_modules/.package-lock.json"));
    assert.deepEqual(setUp({ npm: join(tree, "npm-cli.js") }), ["own"]);
    assert.ok(existsSync(join(tree, "node_modules/own")));
  });

  it("never empties a linked node_modules", () => {
    const other = join(tree, "other");
    cpSync(join(tree, "node_modules"), other, { recursive: true });
    writeFileSync(join(other, "theirs"), "");
    rmSync(join(tree, "node_modules"), { recursive: true });
    symlinkSync(other, join(tree, "node_modules"));
    assert.deepEqual(setUp(), []);
    write("package-lock.json", lock("1.0.1"));
    assert.deepEqual(setUp(), ["npm", "module", "page"]);
    assert.ok(existsSync(join(other, "theirs")));
  });

  const kills: [at: string, ran: string[], next: string[]][] = [
    ["npm", ["npm"], ["npm", "module", "page"]],
    ["build/lightspan.wasm", ["module"], ["module", "page"]],
    ["build/lightspan.wasm.sha256", ["module"], ["module", "page"]],
    ["build/page/index.html", ["page"], ["page"]],
  ];
  for (const [at, ran, next] of kills) {
    it(`does not consider a step finished that was killed at ${at}`, () => {
      if (at === "npm") write("package-lock.json", lock("1.0.1"));
      else if (at.startsWith("build/page")) write("satellite/page/main.tsx", "// Changed.");
      else for (const path of ["assembly/index.ts", "satellite/page/main.tsx"]) write(path, "// Changed.");
      assert.deepEqual(setUp({ killed: at }), ran);
      // The sources are again those of the last complete build, but its output is gone.
      if (at.startsWith("build/page")) write("satellite/page/main.tsx", "");
      assert.deepEqual(setUp(), next);
      assert.deepEqual(setUp(), []);
    });
  }
});

it("builds the page only from the satellite and npm packages", async () => {
  const page = `${root}satellite/page/`;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${page}main.tsx`, `${page}page.css`],
    outdir: "build/page",
    bundle: true,
    write: false,
    metafile: true,
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const others = Object.keys(metafile.inputs).filter((path) => !/^satellite\/|(^|\/)node_modules\//.test(path));
  assert.deepEqual(others, []);
});
