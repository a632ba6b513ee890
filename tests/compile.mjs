// Compiles tests to JavaScript with esbuild, all at once and in half a second. With tsx, each of more than a hundred processes
// would start a compiler, which takes longer than most tests. Knows where the files go and that they still say, by
// `import.meta.url`, where their sources are; refuses to know how they are run.
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Gives each file the URL of its source: tests find fixtures, the module and programs by it. */
const keepUrls = {
  name: "keep-urls",
  setup(/** @type {import("esbuild").PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = readFileSync(path, "utf8").replaceAll("import.meta.url", url);
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

/** Compiles `tests`, paths from the root of the clone, into a new folder. Returns the folder and the compiled files. */
export async function compile(/** @type {string[]} */ tests) {
  mkdirSync(join(root, "build"), { recursive: true });
  // Inside the clone, where Node finds the packages.
  const folder = mkdtempSync(join(root, "build/tests-"));
  await build({
    absWorkingDir: root,
    entryPoints: tests,
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    sourcemap: true,
    sourcesContent: false,
    plugins: [keepUrls],
    logLevel: "warning",
  });
  return { folder, files: tests.map((test) => join(folder, test.replace(/\.ts$/, ".mjs"))) };
}
