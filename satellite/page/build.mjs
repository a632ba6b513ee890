// Bundles the page to build/page/. The build fails if the page has grown too large, so that every new library shows.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = fileURLToPath(new URL("../../build/page/", import.meta.url));

/** Bytes of script and style together, before gzip. */
const MAX_SIZE = 96 * 1024;

await build({
  entryPoints: ["main.tsx", "page.css"].map((name) => ({ in: here + name, out: "page" })),
  outdir: output,
  bundle: true,
  minify: true,
  format: "esm",
  // The first browsers that have everything the page uses.
  target: ["chrome111", "firefox113", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "error",
});
mkdirSync(output, { recursive: true });
for (const name of ["index.html", "icon.svg"]) copyFileSync(here + name, output + name);

const bytes = Buffer.concat(["page.js", "page.css"].map((name) => readFileSync(output + name)));
if (bytes.length > MAX_SIZE) {
  console.error(`build/page has ${bytes.length} bytes of script and style; at most ${MAX_SIZE} are allowed`);
  process.exit(1);
}
const [plain, packed] = [bytes.length, gzipSync(bytes).length].map((size) => `${(size / 1024).toFixed(1)} KiB`);
console.log(`build/page: ${plain} of script and style, ${packed} packed`);
