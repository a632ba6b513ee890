// The pictures of the documents. Every run of a test that shows a subject takes its picture; only --write keeps it.
import { mkdirSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";

const FOLDER = new URL("../../docs/pictures/", import.meta.url);
/** Limit in bytes; some readers have slow connections. */
const MOST = 80 * 1024;

/** Takes a picture of the window. Keeps it as docs/pictures/NAME.webp if WRITE_PICTURES is set. */
export async function picture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // A third of the size of a PNG, without a visible difference.
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  const bytes = Buffer.from(data, "base64");
  assert.ok(bytes.length <= MOST, `${name} has ${bytes.length} bytes; at most ${MOST} are allowed`);
  if (!process.env.WRITE_PICTURES) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${name}.webp`, FOLDER), bytes);
}
