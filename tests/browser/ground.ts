// Shared by all tests of the page: a real Chromium whose windows fail the test on a console error, an exception, or a
// request to anything but the satellite.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { eventually } from "../wait.ts";
import { findChromium } from "./chromium.ts";

export const WIDE = { width: 1280, height: 640 };
export const NARROW = { width: 360, height: 740 };

interface Look {
  size?: { width: number; height: number };
  dark?: boolean;
}

/** Starts the browser. Its sandbox does not work for root, and CI runs as root. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  assert.ok(executablePath, "no Chromium: npm run test:browser says what to do");
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/**
 * Opens `address` of the satellite in a new window for `body`. Fails if the page logs a complaint or requests anything
 * else.
 */
export async function inWindow(
  browser: Browser,
  origin: string,
  address: string,
  body: (page: Page) => Promise<void>,
  { size = WIDE, dark = false }: Look = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: dark ? "dark" : "light",
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.stack}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
  });
  try {
    await page.goto(`${origin}/${address}`);
    await body(page);
    assert.deepEqual(complaints, [], "what the page complained of");
  } catch (error) {
    if (error instanceof Error && complaints.length > 0) error.message += `\n${complaints.join("\n")}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** The text of each element that `selector` finds, with runs of spaces collapsed. */
export async function textsOf(page: Page, selector: string): Promise<string[]> {
  const texts = await page.locator(selector).allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, " ").trim());
}

/** Waits until `look` sees `expected`, and returns it. */
export async function sees<T>(look: () => Promise<T>, expected: T | ((seen: T) => boolean), what: string): Promise<T> {
  const equals = (seen: T): boolean => JSON.stringify(seen) === JSON.stringify(expected);
  return eventually(what, look, typeof expected === "function" ? (expected as (seen: T) => boolean) : equals);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The accessibility problems that axe-core finds on the page. */
export async function barriers(page: Page): Promise<string[]> {
  // The debugger can run axe although the page's own policy, which stays on, forbids foreign scripts.
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })");
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`),
  );
}
