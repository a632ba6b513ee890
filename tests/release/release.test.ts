// A release built twice, in folders that share only the sources, gives the same bytes. Then a release is used as its
// recipients would: checksums, bill of materials, the package installed into an empty folder.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

const root = fileURLToPath(new URL("../../", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "lightspan-release-"));
after(() => rmSync(work, { recursive: true, force: true }));

const { name, version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { name: string; version: string };

/** A release from a copy of the sources at `folder`, with another umask, time zone and language. */
function releaseIn(folder: string, umask: string, environment: Record<string, string>): string {
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of list.split("\n").filter((line) => line !== "")) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(root + file, join(folder, file));
  }
  symlinkSync(`${root}node_modules`, join(folder, "node_modules"));
  const command = `umask ${umask} && node build.mjs && node release/main.mjs`;
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return join(folder, "build", "release");
}

function contentOf(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "hex")]));
}

let release = "";
before(() => {
  release = releaseIn(join(work, "a"), "022", { TZ: "UTC", LANG: "C" });
});

describe("a release", () => {
  it("is the same bytes in another folder, time zone and language, with another umask", () => {
    const other = releaseIn(join(work, "some", "other", "place"), "077", { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8" });
    const [one, two] = [contentOf(release), contentOf(other)];
    assert.deepEqual([...one.keys()], [...two.keys()]);
    // Compare names only: the bytes of two archives help nobody.
    assert.deepEqual(
      [...one.keys()].filter((file) => one.get(file) !== two.get(file)),
      [],
    );
  });

  it("has the files that docs/release.md lists", () => {
    const text = readFileSync(`${root}docs/release.md`, "utf8").replaceAll("VERSION", version);
    const listed = [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, file]) => file);
    assert.deepEqual(readdirSync(release).sort(), listed.sort());
  });

  it("has right sums of all its files", () => {
    const sums = spawnSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: release, encoding: "utf8" });
    assert.equal(sums.status, 0, sums.stdout + sums.stderr);
    assert.equal(sums.stdout.trim().split("\n").length, readdirSync(release).length - 1);
  });
});

describe("the bill of materials", () => {
  const text = (): string => readFileSync(join(release, `${name}-${version}.cdx.json`), "utf8");

  it("is valid CycloneDX 1.6", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    assert.equal(await validator.validate(text()), null);
  });

  it("has every package that the sources of the module import, and no other", () => {
    const folder = `${root}assembly`;
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const imports = sources.flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/^(?:import|export|}).* from "([^."][^"]*)";$/gm)].map(
        ([, path = ""]) => path,
      ),
    );
    const packages = new Set(
      imports.map((path) =>
        path
          .split("/")
          .slice(0, path.startsWith("@") ? 2 : 1)
          .join("/"),
      ),
    );
    interface Component {
      name: string;
      components?: Component[];
    }
    const { components } = JSON.parse(text()) as { components: Component[] };
    const inside = components.find((component) => component.name === "lightspan.wasm")?.components ?? [];
    // The compiler's own library is used without imports.
    assert.deepEqual(inside.map((component) => component.name).sort(), [...packages, "assemblyscript"].sort());
  });
});

/** The environment of a user without a clone: `npm run` adds variables, and an old npm that a package brings. */
const stranger = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
stranger.PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((each) => !each.includes("node_modules"))
  .join(delimiter);

describe("the npm package, in a folder where nothing else is,", () => {
  const folder = join(work, "empty");
  const lightspan = (args: string[], input = ""): ReturnType<typeof spawnSync> =>
    spawnSync("npx", ["--no-install", "lightspan", ...args], { cwd: folder, env: stranger, input, encoding: "utf8" });

  before(() => {
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), "{}");
    const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", join(release, `${name}-${version}.tgz`)];
    const { status, stderr } = spawnSync("npm", args, { cwd: folder, env: stranger, encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });

  it("has the module of the release, with its sum and its schema", () => {
    const build = join(folder, "node_modules", name, "build");
    assert.deepEqual(readdirSync(build).sort(), ["lightspan.schema.json", "lightspan.wasm", "lightspan.wasm.sha256"]);
    assert.deepEqual(readFileSync(join(build, "lightspan.wasm")), readFileSync(join(release, "lightspan.wasm")));
    const sum = spawnSync("sha256sum", ["--check", "lightspan.wasm.sha256"], { cwd: build, encoding: "utf8" });
    assert.equal(sum.status, 0, `${sum.stdout}${sum.stderr}`);
  });

  it("has Istio's manifests, and renders them with the sum of its module", () => {
    const args = [
      "istio",
      "--collector",
      "http://collector.example:4318",
      "--module",
      "https://files.example/lightspan.wasm",
    ];
    const { status, stdout, stderr } = lightspan(args);
    assert.equal(status, 0, String(stderr));
    assert.match(String(stdout), /kind: EnvoyFilter/);
    const sha256 = readFileSync(join(folder, "node_modules", name, "build", "lightspan.wasm.sha256"), "utf8").slice(
      0,
      64,
    );
    assert.ok(String(stdout).includes(sha256), "the sum is not in the manifest");
  });

  it("checks a configuration", () => {
    assert.equal(lightspan(["check", "-"], '{"collector":{"cluster":"x"}}').status, 0);
    const refused = lightspan(["check", "-"], "{}");
    assert.equal(refused.status, 1);
    assert.match(String(refused.stderr), /configuration refused: collector\.cluster: is missing/);
  });
});
