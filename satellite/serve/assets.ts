// The files of the built page, with their headers. Knows where the build puts them and what a browser may do with them.

import { readFile } from "node:fs/promises";

const FOLDER = new URL("../../build/page/", import.meta.url);

const TYPES: Record<string, string> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

// The page loads nothing from elsewhere, runs nothing inline and sends nothing elsewhere, so hostile text in a span
// stays text.
const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "connect-src", "img-src"].map((directive) => `${directive} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((directive) => `${directive} 'none'`),
  "require-trusted-types-for 'script'",
].join("; ");

/** Reads a file of the page, and adds its headers. If it is missing, throws an Error that says how to build it. */
export async function readAsset(name: string): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const headers = {
    "content-type": TYPES[name] ?? "application/octet-stream",
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
  try {
    return { headers, body: await readFile(new URL(name, FOLDER)) };
  } catch (cause) {
    throw new Error(`the page is not built: npm run build makes build/page/${name}`, { cause });
  }
}
