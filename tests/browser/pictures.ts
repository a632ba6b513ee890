// The pictures of the documents. Each is taken by every run of the test that shows its subject, and kept only when
// asked.
import { mkdirSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";

const FOLDER = new URL("../../docs/pictures/", import.meta.url);
/** Bytes; a reader on the road loads them too. */
const MOST = 80 * 1024;

/** Takes the picture of what the window shows; keeps it as docs/pictures/NAME.webp under WRITE_PICTURES. */
export async function picture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // A third of what PNG takes, and no difference to be seen.
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  const bytes = Buffer.from(data, "base64");
  assert.ok(bytes.length <= MOST, `${name} has ${bytes.length} bytes; at most ${MOST} are allowed`);
  if (!process.env.WRITE_PICTURES) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${name}.webp`, FOLDER), bytes);
}
