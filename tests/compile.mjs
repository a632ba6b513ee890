// Compiles tests, and programs that tests start, to JavaScript with esbuild, all at once and in half a second. With tsx, each
// of more than a hundred processes would start a compiler, which takes longer than most tests. Knows where the files go and
// that they still say, by `import.meta.url`, where their sources are; refuses to know how they are run.
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Gives each file the URL of its source: tests find fixtures, the module and programs by it. */
const keepUrls = {
  name: "keep-urls",
  setup(/** @type {import("esbuild").PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.(ts|mjs)$/, namespace: "file" }, ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = readFileSync(path, "utf8").replaceAll(/import\.meta\.url/g, url);
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

/** Makes a file of each group: it imports the group's sources. */
const groupsOf = (/** @type {Record<string, string[]>} */ groups) => ({
  name: "groups",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve, onLoad }) {
    onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice("group:".length), namespace: "group" }));
    onLoad({ filter: /./, namespace: "group" }, ({ path }) => {
      const contents = groups[path]?.map((source) => `export * from ${JSON.stringify(`./${source}`)};`).join("\n");
      return { contents, resolveDir: root };
    });
  },
});

/**
 * Compiles each of the groups of sources, by name, into one file of a new folder: what is imported together runs in one
 * process. Sources are paths from the root of the clone. Returns the folder and the compiled files, in the groups' order.
 */
export async function compile(/** @type {Record<string, string[]>} */ groups) {
  mkdirSync(join(root, "build"), { recursive: true });
  // Inside the clone, where Node finds the packages.
  const folder = mkdtempSync(join(root, "build/tests-"));
  const names = Object.keys(groups);
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `group:${name}`, out: name })),
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    sourcemap: true,
    sourcesContent: false,
    plugins: [keepUrls, groupsOf(groups)],
    logLevel: "warning",
  });
  return { folder, files: names.map((name) => join(folder, `${name}.mjs`)) };
}
