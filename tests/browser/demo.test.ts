// The page with the real demo: what people see of Bookinfo's Envoys, and what they can do with it.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { faultsOf, reviewsOf } from "../../demo/expected.ts";
import { startBookinfo, type Bookinfo } from "../../demo/bookinfo.ts";
import { slowWorkload, workload } from "../../demo/topology.ts";
import { viewPage, viewPages } from "../../demo/traffic.ts";
import { istioNode } from "../../runner/config/node.ts";
import { formatDuration } from "../../satellite/duration.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import type { Trace } from "../../satellite/store/traces.ts";
import { envoyBinary, wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { barriers, inWindow, NARROW, openBrowser, sees, textsOf } from "./ground.ts";
import { picture } from "./pictures.ts";

const VIEWS = 60;
const PICTURE = { width: 1280, height: 500 };
const ROWS = ".rows .body .row";
const ACTIVE = ".rows .row[aria-selected=true]";
const slowVersion = workload(slowWorkload).version;

let browser: Browser;
let satellite: Satellite;
let bookinfo: Bookinfo;
/** A whole trace that went through the slow workload. */
let slow: Trace;

before(async () => {
  [browser, satellite] = await Promise.all([openBrowser(), startSatellite()]);
  const collector = { host: "127.0.0.1", port: satellite.port };
  bookinfo = await startBookinfo({ envoy: await envoyBinary, wasm, collector });
  assert.deepEqual(await viewPages(bookinfo.url, VIEWS, 6), []);
  const whole = await eventually(`${VIEWS} whole traces`, () => {
    const traces = satellite.store.list();
    return traces.length === VIEWS && traces.every((trace) => faultsOf(trace).length === 0) ? traces : undefined;
  });
  const found = whole.find((trace) => reviewsOf(trace)?.name === slowWorkload);
  assert.ok(found, `no page view went to ${slowWorkload}`);
  slow = found;
});

after(async () => {
  await bookinfo?.stop();
  await satellite?.close();
  await browser?.close();
});

/** Waits until a window opened now has shown so many traces. */
const shownElsewhere = (count: number) =>
  open("", async (page) => void (await sees(() => textsOf(page, ".found"), [`${count} traces`], "a live list")));

const open = (address: string, body: (page: Page) => Promise<void>, look?: Parameters<typeof inWindow>[4]) =>
  inWindow(browser, satellite.url, address, body, look);

test("the list shows each trace with time, root operation, duration, spans and errors", async () => {
  await open("", async (page) => {
    const found = satellite.store.size;
    await sees(() => textsOf(page, ".found"), [`${found} traces`], "the count");
    const headings = await textsOf(page, "[role=columnheader]");
    assert.deepEqual(headings, ["Time ↓", "Root operation", "Duration", "Spans", "Errors"]);
    const [newest = ""] = await textsOf(page, ROWS);
    assert.match(
      newest,
      /^\d\d:\d\d:\d\d\.\d{3} productpage\.default\.svc\.cluster\.local:9080\/\* .*\d(µs|ms|s) [68] 0$/,
    );
    assert.deepEqual(await barriers(page), []);
  });
});

test("a page view appears in the list by itself, on top, and a paused list waits", async () => {
  await open("", async (page) => {
    const stored = satellite.store.size;
    await sees(() => textsOf(page, ".found"), [`${stored} traces`], "the list before");
    assert.equal(await viewPage(bookinfo.url), undefined);
    await sees(() => textsOf(page, ".found"), [`${stored + 1} traces`], "the list after a page view");
    const newest = satellite.store.list()[0];
    await sees(
      () => page.locator(`${ROWS} a`).first().getAttribute("href"),
      `#/trace/${newest?.traceId}`,
      "the first row",
    );

    await page.getByRole("button", { name: "Live" }).click();
    assert.equal(await viewPage(bookinfo.url), undefined);
    await eventually("the trace to be stored", () => (satellite.store.size === stored + 2 ? true : undefined));
    await shownElsewhere(stored + 2);
    assert.deepEqual(await textsOf(page, ".found"), [`${stored + 1} traces`]);
    await page.getByLabel("At least").fill("60m");
    await sees(() => textsOf(page, ".found"), [`0 traces of ${stored + 2}`], "a filter in the paused list");
    await page.getByRole("link", { name: "Clear" }).click();
    await sees(() => textsOf(page, ".found"), [`${stored + 2} traces`], "the paused list when the filter is gone");
    assert.equal(await viewPage(bookinfo.url), undefined);
    await eventually("the trace to be stored", () => (satellite.store.size === stored + 3 ? true : undefined));
    await shownElsewhere(stored + 3);
    assert.deepEqual(await textsOf(page, ".found"), [`${stored + 2} traces`]);
    await page.getByRole("button", { name: "Paused" }).click();
    await sees(() => textsOf(page, ".found"), [`${stored + 3} traces`], "the list when it goes on");
  });
});

test("filters by service, tag and duration leave the traces that the spans say", async () => {
  await open("", async (page) => {
    const expect = async (wanted: (trace: Trace) => boolean, what: string) => {
      const traces = satellite.store.list();
      const count = traces.filter(wanted).length;
      const text =
        count === traces.length ? `${count} traces` : `${count} trace${count === 1 ? "" : "s"} of ${traces.length}`;
      await sees(() => textsOf(page, ".found"), [text], what);
    };
    const isSlow = (trace: Trace) => reviewsOf(trace)?.version === slowVersion;

    await page.getByLabel("Service").selectOption("ratings.default");
    await expect((trace) => trace.services.includes("ratings.default"), "by service");
    await page.getByLabel("Service").selectOption("reviews.default");
    await page.getByLabel("Tag").fill(`version=${slowVersion}`);
    await page.keyboard.press("Enter");
    await expect(isSlow, "by service and tag");
    assert.match(page.url(), /service=reviews\.default&tag=version%3Dv\d$/);

    // A live list keeps its filters.
    const before = satellite.store.size;
    assert.deepEqual(await viewPages(bookinfo.url, 3, 3), []);
    await eventually("three more", () => (satellite.store.size === before + 3 ? true : undefined));
    await eventually("them to be whole", () =>
      satellite.store.list().every((each) => faultsOf(each).length === 0) ? true : undefined,
    );
    await expect(isSlow, "by service and tag, live");

    await page.getByRole("link", { name: "Clear" }).click();
    await page.getByLabel("At least").fill("1s");
    await expect((trace) => trace.durationMicros >= 1_000_000, "by duration");
    await page.getByLabel("At most").fill("soon");
    assert.equal(await page.getByLabel("At most").getAttribute("aria-invalid"), "true");
    await page.getByLabel("At least").fill("");
    await page.getByLabel("At most").fill("1s");
    await expect((trace) => trace.durationMicros <= 1_000_000, "by the longest duration");
    await page.reload();
    await expect((trace) => trace.durationMicros <= 1_000_000, "after a reload");
    assert.equal(await page.getByLabel("At most").inputValue(), "1s");
  });
});

test("the waterfall has the trace's spans in their tree, and folds", async () => {
  await open(`#/trace/${slow.traceId}`, async (page) => {
    await sees(() => page.locator(ROWS).count(), slow.spans.length, "the rows");
    const levels = () =>
      page.locator(ROWS).evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("aria-level"))));
    assert.deepEqual(await levels(), [1, 2, 3, 4, 3, 4, 5, 6]);
    const services = await textsOf(page, `${ROWS} .service`);
    assert.deepEqual(services.slice(-3), [
      `reviews.default: proxy server ${slowVersion}`,
      `reviews.default: proxy client ${slowVersion}`,
      "ratings.default: proxy server v1",
    ]);
    const colours = await page
      .locator(`${ROWS} .bar`)
      .evaluateAll((bars) =>
        bars.map((bar) => getComputedStyle(bar).boxShadow + getComputedStyle(bar).backgroundColor),
      );
    assert.equal(colours[5]?.includes("none"), true, "a server's bar has no outline");
    assert.equal(colours[4]?.includes("inset"), true, "a client's bar has one");
    const sides = new Set(slow.spans.map(({ service, kind }) => `${service} ${kind}`));
    assert.equal(new Set(colours).size, sides.size, "each service has its own colour, and each side its own look");

    const root = page.locator(ROWS).first();
    await root.getByRole("button", { name: "Fold" }).click();
    assert.deepEqual(await levels(), [1]);
    assert.equal(await root.getAttribute("aria-expanded"), "false");
    await page.getByRole("button", { name: "Unfold all" }).click();
    assert.equal((await levels()).length, slow.spans.length);
    assert.deepEqual(await barriers(page), []);
  });
});

test("the keyboard alone goes from the list into a span and back", async () => {
  await open("", async (page) => {
    await sees(
      () => page.locator(ROWS).count(),
      (count) => count > 3,
      "the rows",
    );
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("j");
    const second = await page.locator(ACTIVE).locator("a").getAttribute("href");
    assert.equal(await page.locator(ACTIVE).getAttribute("aria-rowindex"), "3");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/${second}`);
    await sees(
      () => page.locator(".treegrid .body .row").count(),
      (count) => count >= 6,
      "the spans",
    );

    const level = () => page.locator(ACTIVE).getAttribute("aria-level");
    const expanded = () => page.locator(ACTIVE).getAttribute("aria-expanded");
    const press = async (key: string, look: () => Promise<string | null>, expected: string) => {
      await page.keyboard.press(key);
      await sees(look, expected, `after ${key}`);
    };
    await press("ArrowRight", level, "2");
    await press("ArrowRight", level, "3");
    await press("ArrowLeft", expanded, "false");
    await press("ArrowLeft", level, "2");
    await press(
      "End",
      () => page.locator(ACTIVE).locator(".name").innerText(),
      (await textsOf(page, `${ROWS} .name`)).at(-1) ?? "",
    );
    const [operation] = await textsOf(page, ".facts-of-span .strong >> nth=0");
    assert.equal(operation, (await textsOf(page, `${ACTIVE} .name`))[0], "the panel follows");

    await page.keyboard.press("Escape");
    await sees(() => page.locator(".panel").count(), 0, "the panel after Escape");
    await page.keyboard.press("Enter");
    await sees(() => page.locator(".panel").count(), 1, "the panel after Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.getAttribute('aria-label')"), "Close the panel");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await sees(() => page.locator(ACTIVE).locator("a").getAttribute("href"), second, "the row in the list");
  });
});

test("a span's panel shows Operation, Service, Duration and Tags as Lightstep does", async () => {
  await open(`#/trace/${slow.traceId}`, async (page) => {
    await page.locator(ROWS, { hasText: "reviews.default: proxy server" }).click();
    const names = await textsOf(page, ".facts-of-span dt, .panel h2");
    assert.deepEqual(names, ["Operation", "Service", "Duration", "Tags"]);
    const span = slow.spans.find(({ service, kind }) => service === "reviews.default" && kind === "server");
    const [operation, service, duration] = await textsOf(page, ".facts-of-span dd");
    assert.deepEqual(
      [operation, service],
      ["reviews.default.svc.cluster.local:9080/*", "reviews.default: proxy server"],
    );
    assert.ok(duration?.startsWith(`${formatDuration(span?.durationMicros ?? 0)} from `), duration);
    const tags = await page
      .locator(".panel tr")
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.deepEqual(
      Object.fromEntries(tags),
      Object.fromEntries(Object.entries(span?.tags ?? {}).map(([name, value]) => [name, String(value)])),
    );
    assert.equal(Object.fromEntries(tags).node_id, istioNode("sidecar", workload(slowWorkload)).id);
  });
});

test("the comparison names the slow version by itself", async () => {
  await open("#/latency", async (page) => {
    await sees(() => textsOf(page, ".answer h1"), ["reviews.default.svc.cluster.local:9080/*"], "the operation");
    await sees(() => textsOf(page, ".verdict b.slow"), [slowVersion], "the verdict");
    assert.match(
      (await textsOf(page, ".verdict")).join(),
      /^v3 is slow: its median of [\d.]+s is [\d,.]+× that of v\d, /,
    );
    assert.deepEqual(await textsOf(page, ".group.slow .value"), [`${slowVersion} slow`]);
    const values = await textsOf(page, ".plot [role=rowheader]");
    assert.deepEqual(values, ["v1", "v2", "v3 slow"]);
    assert.equal((await textsOf(page, ".axis > span")).at(-1), "1s", "the mark that the slow bars stand at");
    const counts = await page.locator(".plot [role=row]:not(.head) [role=cell]:nth-child(6)").allInnerTexts();
    const spans = satellite.store
      .list()
      .flatMap((trace) => trace.spans)
      .filter(({ service, kind }) => service === "reviews.default" && kind === "server");
    assert.equal(
      counts.reduce((sum, text) => sum + Number(text), 0),
      spans.length,
      "every span is in the picture",
    );
    assert.deepEqual(await barriers(page), []);

    await page.getByRole("combobox", { name: "Latency by" }).selectOption("node_id");
    await sees(
      () => textsOf(page, ".verdict b.slow"),
      [istioNode("sidecar", workload(slowWorkload)).id],
      "the verdict by node_id",
    );
    await page.locator(".group.slow rect").first().click();
    await page.waitForURL(/#\/trace\//);
    const shown = satellite.store.get(page.url().split("/").pop() ?? "");
    assert.ok(shown && reviewsOf(shown)?.name === slowWorkload, "a bar leads to a trace of its spans");
  });
});

test("a tag in the panel leads to the comparison by it, a value to the traces that have it", async () => {
  await open(`#/trace/${slow.traceId}`, async (page) => {
    await page.locator(ROWS, { hasText: "reviews.default: proxy server" }).click();
    await page.locator(".panel").getByRole("link", { name: "version", exact: true }).click();
    await sees(() => textsOf(page, ".verdict b.slow"), [slowVersion], "the verdict");
    await page.goBack();
    await page.locator(".panel").getByRole("link", { name: slowWorkload, exact: true }).click();
    const count = satellite.store.list().filter((trace) => reviewsOf(trace)?.name === slowWorkload).length;
    await sees(() => textsOf(page, ".found"), [`${count} traces of ${satellite.store.size}`], "the list");
  });
});

for (const dark of [false, true]) {
  const look = dark ? "dark" : "light";
  test(`${look}: contrast suffices in every view, and pictures are taken`, async () => {
    await open(
      "#/traces",
      async (page) => {
        await sees(
          () => page.locator(ROWS).count(),
          (count) => count > 9,
          "the rows",
        );
        const ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
        assert.equal(ground, dark ? "rgb(19, 20, 23)" : "rgb(247, 247, 245)");
        assert.deepEqual(await barriers(page), []);
        await picture(page, `traces-${look}`);
      },
      { dark, size: PICTURE },
    );
    await open(
      `#/trace/${slow.traceId}`,
      async (page) => {
        await page.locator(ROWS, { hasText: "reviews.default: proxy server" }).click();
        assert.deepEqual(await barriers(page), []);
        await picture(page, `trace-${look}`);
      },
      { dark, size: { ...PICTURE, height: 680 } },
    );
    await open(
      "#/latency",
      async (page) => {
        await sees(() => page.locator(".group.slow").count(), 1, "the slow version");
        assert.deepEqual(await barriers(page), []);
        await picture(page, `latency-${look}`);
      },
      { dark, size: PICTURE },
    );
  });
}

test("what a visitor sends is shown as text", async () => {
  const path = "/productpage?x=<img/src=x/onerror=alert(1)><script>alert(2)</script>";
  const agent = `"><svg onload=alert(3)>`;
  const traceId = "00000000000000000000000badc0ffee";
  await new Promise<void>((resolve, reject) => {
    const headers = { "user-agent": agent, b3: `${traceId}-00000000000000aa-1` };
    const { hostname, port } = new URL(bookinfo.url);
    request({ hostname, port, path, headers }, (response) => response.resume().on("end", resolve))
      .on("error", reject)
      .end();
  });
  await eventually("the trace", () => ((satellite.store.get(traceId)?.spans.length ?? 0) >= 6 ? true : undefined));
  await open(`#/trace/${traceId.slice(-16)}`, async (page) => {
    const panel = await sees(
      () => page.locator(".panel").innerText(),
      (text) => text.includes("http.url"),
      "the panel",
    );
    assert.ok(panel.includes(path), panel);
    assert.ok(panel.includes(agent), panel);
    assert.equal(await page.locator(".panel img, .panel script, .panel svg[onload]").count(), 0);
    assert.equal((await textsOf(page, `${ROWS} .remark`))[0], "orphan of 00000000000000aa");
    await page.locator(".panel").getByRole("link", { name: agent }).click();
    await sees(() => textsOf(page, ".found"), [`1 trace of ${satellite.store.size}`], "the traces with that tag");
    await sees(
      () => textsOf(page, `${ROWS} .operation`),
      ["productpage.default.svc.cluster.local:9080/* istio-ingressgateway.istio-system no root"],
      "the operation, and in a while that its root is missing",
    );
  });
});

test("narrow: nothing is wider than the window, and the panel is a sheet that closes", async () => {
  const fits = async (page: Page) => {
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assert.equal(wide, NARROW.width);
    assert.deepEqual(await barriers(page), []);
  };
  await open(
    "",
    async (page) => {
      await sees(
        () => page.locator(ROWS).count(),
        (count) => count > 5,
        "the rows",
      );
      await fits(page);
      await page.locator(`${ROWS} a[href="#/trace/${slow.traceId}"]`).scrollIntoViewIfNeeded();
      await page.locator(`${ROWS} a[href="#/trace/${slow.traceId}"]`).click();
      await sees(() => page.locator(ROWS).count(), slow.spans.length, "the spans");
      assert.equal(await page.locator(".panel").count(), 0, "no panel before one asks");
      await fits(page);
      await page.locator(ROWS).nth(5).click();
      const [sheet, row] = await Promise.all([
        page.locator(".panel").boundingBox(),
        page.locator(ACTIVE).boundingBox(),
      ]);
      assert.equal(sheet?.width, NARROW.width);
      assert.ok(row && sheet && row.y + row.height <= sheet.y + 1, "the span is in sight above its panel");
      await fits(page);
      await page.getByRole("button", { name: "Close the panel" }).click();
      await sees(() => page.locator(".panel").count(), 0, "the panel");
      await page.getByRole("link", { name: "Latency" }).click();
      await sees(() => textsOf(page, ".verdict b.slow"), [slowVersion], "the verdict");
      await fits(page);
    },
    { size: NARROW },
  );
});
