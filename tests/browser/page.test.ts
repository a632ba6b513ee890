// The page in conditions that the demo never has: thousands of traces and spans, hostile text, broken trees, a
// satellite that goes away. Lightstep's own tracer library encodes the reports.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { post } from "../unit/satellite/client.ts";
import { encodeReport, someSpan, type WireSpan } from "../unit/satellite/encode.ts";
import { barriers, inWindow, NARROW, openBrowser, sees, textsOf, WIDE } from "./ground.ts";

const ROWS = ".rows .body .row";
const ACTIVE = ".rows .row[aria-selected=true]";
const NOW = Date.now() * 1000;

const hex = (value: number) => value.toString(16).padStart(16, "0");

let browser: Browser;
before(async () => (browser = await openBrowser()));
after(() => browser?.close());

async function withSatellite(body: (satellite: Satellite) => Promise<void>, limits = {}): Promise<void> {
  const satellite = await startSatellite(limits);
  try {
    await body(satellite);
  } finally {
    await satellite.close();
  }
}

async function report(satellite: Satellite, spans: WireSpan[], service = "reviews.default"): Promise<void> {
  for (let from = 0; from < spans.length; from += 2000) {
    const reporter = { id: hex(1), tags: { "lightstep.component_name": service } };
    const { status } = await post(satellite, encodeReport({ reporter, spans: spans.slice(from, from + 2000) }));
    assert.equal(status, 200);
  }
}

const nodes = (page: Page) => page.evaluate<number>("document.querySelectorAll('*').length");

test("ten thousand traces: few are in the document, all can be reached, and new ones do not move what one looks at", async () => {
  const count = 10_000;
  await withSatellite(
    async (satellite) => {
      const one = (id: number) =>
        someSpan({ traceId: hex(id), spanId: hex(id), startMicros: NOW + id * 1000, operation: `op ${id}` });
      await report(
        satellite,
        Array.from({ length: count }, (_, index) => one(index + 1)),
      );
      await inWindow(browser, satellite.url, "", async (page) => {
        await sees(() => textsOf(page, ".found"), ["10,000 traces"], "the count");
        assert.ok((await nodes(page)) < 1200, `${await nodes(page)} elements`);
        await page.keyboard.press("End");
        await sees(() => textsOf(page, `${ACTIVE} a`), ["op 1"], "the last row");
        // Moves away from the last rows, which the page drops to keep only the newest ten thousand.
        for (let times = 0; times < 4; times++) await page.keyboard.press("PageUp");
        const before = await sees(
          () => page.locator(ACTIVE).boundingBox(),
          (box) => box !== null,
          "the row",
        );
        await report(
          satellite,
          Array.from({ length: 7 }, (_, index) => one(count + 1 + index)),
        );
        await sees(() => textsOf(page, ".found"), ["10,000 traces of 10,007"], "the count after seven more");
        const [box, text] = [await page.locator(ACTIVE).boundingBox(), await textsOf(page, `${ACTIVE} a`)];
        assert.deepEqual(box, before, `the row of ${text} has moved`);
        await page.keyboard.press("Home");
        await sees(() => textsOf(page, `${ACTIVE} a`), [`op ${count + 7}`], "the first row");
      });
    },
    { maxTraces: 20_000 },
  );
});

test("what the satellite forgets goes from the list as well", async () => {
  await withSatellite(
    async (satellite) => {
      const one = (id: number) => someSpan({ traceId: hex(id), startMicros: NOW + id * 1000, operation: `op ${id}` });
      await inWindow(browser, satellite.url, "", async (page) => {
        await sees(
          () => textsOf(page, ".empty p"),
          [
            "No trace has come yet",
            `They appear here as they arrive at ${satellite.url}: Lightstep reports at /api/v2/reports, OTLP at /v1/traces, Zipkin at /api/v2/spans.`,
          ],
          "the empty list",
        );
        for (let id = 1; id <= 25; id++) await report(satellite, [one(id)]);
        await sees(
          () => textsOf(page, `${ROWS} a`),
          Array.from({ length: 10 }, (_, index) => `op ${25 - index}`),
          "the list",
        );
      });
    },
    { maxTraces: 10 },
  );
});

test("five thousand spans in one trace: few are in the document, and all fold into one row", async () => {
  const count = 5000;
  await withSatellite(
    async (satellite) => {
      const spans = Array.from({ length: count }, (_, index) =>
        someSpan({
          spanId: hex(index + 1),
          parentId: index === 0 ? undefined : hex(Math.floor((index - 1) / 4) + 1),
          operation: `op ${index + 1}`,
          startMicros: NOW + index,
          durationMicros: count - index,
        }),
      );
      await report(satellite, spans);
      await inWindow(browser, satellite.url, `#/trace/${spans[0]?.traceId}`, async (page) => {
        const rows = () => page.locator(".rows").getAttribute("aria-rowcount");
        await sees(rows, String(count + 1), "the rows");
        assert.ok((await nodes(page)) < 1200, `${await nodes(page)} elements`);
        await page.keyboard.press("End");
        await sees(() => page.locator(ACTIVE).count(), 1, "the last row in sight");
        await page.getByRole("button", { name: "Fold all", exact: true }).click();
        await sees(rows, "2", "the rows when all is folded");
        await page.getByRole("button", { name: "Unfold all" }).click();
        await sees(rows, String(count + 1), "the rows again");
      });
    },
    { maxSpans: 10_000 },
  );
});

test("hostile words are text wherever they are shown", async () => {
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  await withSatellite(async (satellite) => {
    const tags = {
      component: evil,
      "span.kind": evil,
      version: evil,
      [evil]: evil,
      "http.url": "javascript:alert(3)",
      error: "true",
    };
    const spans = [1, 2].map((id) =>
      someSpan({
        spanId: hex(id),
        operation: evil,
        tags: id === 1 ? tags : { ...tags, version: "v2" },
        durationMicros: 10 ** (id + 2),
      }),
    );
    await report(satellite, spans, evil);
    await report(satellite, [
      someSpan({ traceId: hex(77), operation: "\u202egnp.exe", tags: { __proto__: "x", constructor: "y" } }),
    ]);
    const clean = async (page: Page) => {
      assert.equal(await page.locator("main img, main script, a[href^=javascript]").count(), 0);
    };
    await inWindow(browser, satellite.url, "", async (page) => {
      await sees(
        () => page.locator("main").innerText(),
        (text) => text.includes(evil),
        "the list",
      );
      await page.getByLabel("Service").selectOption(evil);
      await page.getByLabel("Tag").fill(`${evil}=${evil}`);
      await page.keyboard.press("Enter");
      await sees(() => textsOf(page, ".found"), ["1 trace of 2"], "the count");
      await clean(page);
      await page.goto(`${satellite.url}/#/trace/${spans[0]?.traceId}`);
      await sees(
        () => page.locator(".panel").innerText(),
        (text) => text.split(evil).length > 5,
        "the panel",
      );
      await clean(page);
      await page.locator(".panel").getByRole("link", { name: "version", exact: true }).click();
      await sees(() => textsOf(page, ".verdict b.slow"), ["v2"], "the verdict");
      assert.ok((await page.locator(".plot").innerText()).includes(evil));
      await clean(page);
    });
  });
});

test("the comparison goes by the spans alone: here another version of another service is slow", async () => {
  await withSatellite(async (satellite) => {
    const spans = ["v1", "v2", "v3"].flatMap((version, which) =>
      Array.from({ length: 20 }, (_, index) =>
        someSpan({
          traceId: hex(which * 100 + index + 1),
          operation: "search",
          durationMicros: (version === "v1" ? 90_000 : 4_000) + index * 10,
          tags: {
            version,
            shard: String(index % 2),
            "span.kind": "server",
            component: "proxy",
            error: index === 0 ? "true" : "false",
          },
        }),
      ),
    );
    await report(satellite, spans, "search.default");
    await inWindow(browser, satellite.url, "#/latency", async (page) => {
      await sees(
        () => textsOf(page, ".verdict"),
        ["v1 is slow: its median of 90.1ms is 22× that of v2, 4.09ms."],
        "the verdict",
      );
      await page.getByRole("combobox", { name: "Latency by" }).selectOption("shard");
      await sees(
        () => textsOf(page, ".verdict"),
        ["No shard stands out: no median is more than twice that of 0, 4.14ms."],
        "by shard",
      );
      await page.goto(`${satellite.url}/#/latency?by=absent`);
      await sees(
        () => textsOf(page, ".verdict"),
        ["No span has the tag absent: there is nothing to compare."],
        "by a tag that is not there",
      );
    });
  });
});

test("of many slow values the sentence names three", async () => {
  await withSatellite(async (satellite) => {
    const versions = ["v1", "v2", "v3", "v4", "v5", "x".repeat(400)];
    const spans = versions.map((version, index) =>
      someSpan({
        traceId: hex(index + 1),
        operation: "search",
        durationMicros: version === "v1" ? 1000 : 5000,
        tags: { version, "span.kind": "server", component: "proxy" },
      }),
    );
    await report(satellite, spans, "search.default");
    await inWindow(browser, satellite.url, "#/latency", async (page) => {
      await sees(
        () => textsOf(page, ".verdict"),
        ["v2, v3, v4 and 2 more are slow: their medians are at least 5.0× that of v1, 1.00ms."],
        "the verdict",
      );
    });
  });
});

test("names of any length leave room for the spans, and stay in the window", async () => {
  const long = "a-name-that-nobody-would-give-and-somebody-has.".repeat(9);
  const services = 39;
  const traceId = hex(1);
  await withSatellite(async (satellite) => {
    for (let id = 1; id <= services; id++) {
      const tags = { version: id === 1 ? long : "v1", component: "proxy", "span.kind": "server", [long]: long };
      const parentId = id === 1 ? undefined : hex(id - 1);
      const span = someSpan({ traceId, spanId: hex(id), parentId, operation: long, startMicros: NOW + id, tags });
      await report(satellite, [span], `${long}${id}`);
    }
    const twin = someSpan({
      traceId: hex(2),
      operation: long,
      durationMicros: 1,
      tags: { "span.kind": "server", component: "proxy" },
    });
    await report(satellite, [twin], `${long}1`);
    for (const size of [WIDE, NARROW]) {
      await inWindow(
        browser,
        satellite.url,
        `#/trace/${traceId}`,
        async (page) => {
          const fits = async (): Promise<void> =>
            assert.equal(await page.evaluate("document.documentElement.scrollWidth"), size.width);
          await sees(
            () => page.locator(ROWS).count(),
            (count) => count > 9,
            "the rows",
          );
          const box = await page.locator(".treegrid").boundingBox();
          assert.ok(box && box.height > size.height / 3, `the spans have ${box?.height} pixels of ${size.height}`);
          assert.equal((await textsOf(page, ".legend li")).at(-1), "and 29 more");
          await fits();
          await page.goto(`${satellite.url}/#/latency?operation=${long}&service=${long}1`);
          const row = await sees(
            () => page.locator(".group").nth(1).boundingBox(),
            (box) => box !== null,
            "a row of the plot",
          );
          assert.ok(row && row.height < 150, `a row of the plot has ${row?.height} pixels`);
          await fits();
          await page.goto(`${satellite.url}/#/traces`);
          await sees(() => page.locator(ROWS).count(), 2, "the list");
          await fits();
        },
        { size },
      );
    }
  });
});

test("what is not there is said to be so, with a way on", async () => {
  await withSatellite(async (satellite) => {
    await inWindow(browser, satellite.url, "#/latency", async (page) => {
      await sees(() => textsOf(page, ".empty .strong"), ["No span has come yet"], "latency of nothing");
    });
    await report(satellite, [someSpan({ operation: "here" })]);
    await inWindow(browser, satellite.url, "#/latency?operation=elsewhere", async (page) => {
      await sees(() => textsOf(page, ".empty .strong"), ["There are no spans of this operation"], "the latency");
      await page.getByRole("link", { name: "Another operation" }).click();
      await sees(() => textsOf(page, ".answer h1"), ["here"], "the operation");
    });
    await inWindow(browser, satellite.url, "#/traces?tag=absent", async (page) => {
      await sees(() => textsOf(page, ".empty .strong"), ["No trace matches these filters"], "the filtered list");
      await page.getByRole("link", { name: "Show all 1 trace" }).click();
      await sees(() => textsOf(page, `${ROWS} a`), ["here"], "the list");
    });
  });
});

test("before the satellite has answered, the page says that it connects, and not that it is away", async () => {
  await withSatellite(async (satellite) => {
    const page = await browser.newPage();
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/api/live", (route) => answered.then(() => route.continue()));
    await page.goto(satellite.url);
    await sees(() => textsOf(page, ".pulse, .empty"), ["Connecting", "Loading …"], "the page");
    answer();
    await sees(() => textsOf(page, ".pulse"), ["Live"], "the page");
    await page.close();
  });
});

/** The axis labels that touch the next label or the edge of the window. */
const collisions = (page: Page): Promise<string[]> =>
  page.locator(".axis").evaluate((axis) => {
    const words = [...axis.children].map((word) => ({ text: word.textContent, box: word.getBoundingClientRect() }));
    const next = [...words.slice(1).map(({ box }) => box.left), innerWidth];
    return words.filter(({ box }, index) => box.right > (next[index] ?? 0)).map(({ text }) => String(text));
  });

test("the words of an axis never touch, whatever it measures", async () => {
  await withSatellite(async (satellite) => {
    const durations = [0, 1, 7, 999, 1000, 64_000, 399_000, 800_000, 1_262_000, 3_100_000, 4_000_001, 86_400_000_000];
    const spans = durations.map((durationMicros, index) =>
      someSpan({ traceId: hex(index + 1), durationMicros, operation: `op ${durationMicros}` }),
    );
    await report(satellite, spans);
    for (const size of [WIDE, NARROW]) {
      await inWindow(
        browser,
        satellite.url,
        "",
        async (page) => {
          for (const { traceId, operation } of spans) {
            await page.goto(`${satellite.url}/#/trace/${traceId}`);
            await sees(() => textsOf(page, ".trace-head h1"), [operation ?? ""], "the title");
            assert.deepEqual(await collisions(page), [], operation);
            assert.ok((await textsOf(page, ".axis > span")).includes("0"), operation);
          }
          await page.goto(`${satellite.url}/#/latency?operation=op+0`);
          await sees(() => page.locator(".plot").count(), 1, "the plot of a duration of 0");
          await page.goto(`${satellite.url}/#/latency?operation=op+1262000`);
          await sees(() => textsOf(page, ".answer h1"), ["op 1262000"], "the operation");
          // Each tick has a label.
          const marks = await page.locator(".group:not(.head) .tick").count();
          assert.equal((await textsOf(page, ".group.head .axis > span")).length, marks);
          assert.deepEqual(await collisions(page), []);
        },
        { size },
      );
    }
    const one = durations.map((durationMicros, index) =>
      someSpan({ traceId: hex(index + 100), durationMicros, operation: "wide" }),
    );
    await report(satellite, one, "wide.default");
    await inWindow(
      browser,
      satellite.url,
      "#/latency?operation=wide",
      async (page) => {
        await sees(() => textsOf(page, ".answer h1"), ["wide"], "the operation");
        assert.deepEqual(await collisions(page), [], "eleven powers of ten");
      },
      { size: NARROW },
    );
  });
});

test("a trace that is open grows as its spans arrive, and is not asked for again when others do", async () => {
  await withSatellite(async (satellite) => {
    await report(satellite, [someSpan({ traceId: hex(1), spanId: hex(1) })]);
    await inWindow(browser, satellite.url, `#/trace/${"f".repeat(16)}${hex(1)}`, async (page) => {
      let asked = 0;
      // The page asked while it was opened, and may ask again: only what it asks from here on counts.
      await page.goto("about:blank");
      page.on("request", (request) => (asked += Number(request.url().includes("/api/traces/"))));
      await page.goBack();
      await sees(() => page.locator(ROWS).count(), 1, "the span");
      // Twice: once at first, and again when the stream is open, because spans may have arrived in between.
      await sees(async () => asked, 2, "the requests");
      await report(satellite, [someSpan({ traceId: hex(2) })]);
      // Longer than the page waits between two requests. A slow machine can hide a request here, never invent one.
      await page.waitForTimeout(1600);
      assert.equal(asked, 2);
      await report(satellite, [someSpan({ traceId: hex(1), spanId: hex(2), parentId: hex(1) })]);
      await sees(() => page.locator(ROWS).count(), 2, "the spans");
    });
  });
});

test("a trace is given time before it is said to have no root", async () => {
  await withSatellite(async (satellite) => {
    const orphan = { parentId: hex(9), durationMicros: 1000 };
    await report(satellite, [someSpan({ ...orphan, traceId: hex(1), startMicros: NOW, operation: "new" })]);
    await report(satellite, [
      someSpan({ ...orphan, traceId: hex(2), startMicros: NOW - 60_000_000, operation: "old" }),
    ]);
    await inWindow(browser, satellite.url, "", async (page) => {
      const names = () => textsOf(page, `${ROWS} .operation`);
      // However long the browser took to start, the page finds the span a moment old.
      await page.clock.setFixedTime(NOW / 1000);
      await page.reload();
      await sees(names, ["new reviews.default", "old reviews.default no root"], "the list at first");
      await sees(names, ["new reviews.default no root", "old reviews.default no root"], "the list in the end");
    });
  });
});

test("a trace that was not sampled is said not to be whole, and its kept spans distort no comparison", async () => {
  await withSatellite(async (satellite) => {
    const one = (traceId: number, spanId: number, durationMicros: number, changes: WireSpan, tags: WireSpan["tags"]) =>
      someSpan({
        traceId: hex(traceId),
        spanId: hex(spanId),
        startMicros: NOW + (traceId + spanId) * 1000,
        durationMicros,
        tags: { component: "proxy", "span.kind": "server", ...tags },
        ...changes,
      });
    const failed = { version: "v1", error: true, "sampling.kept": "error" };
    const slow = { version: "v1", "sampling.kept": "slow" };
    const lacking = { parentId: hex(99) };
    await report(satellite, [
      one(100, 1, 1000, {}, { version: "v1" }),
      one(100, 2, 1100, { parentId: hex(1) }, { version: "v2" }),
      one(200, 3, 900_000, lacking, failed),
      one(200, 4, 900_000, lacking, failed),
      one(200, 5, 900_000, { parentId: hex(4) }, slow),
      one(300, 6, 900_000, lacking, slow),
      one(300, 7, 1000, { parentId: hex(6) }, { version: "v1" }),
      one(400, 8, 900_000, { operation: "kept alone" }, slow),
    ]);
    const look = async (page: Page, width: number) => {
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      assert.deepEqual(await barriers(page), []);
    };
    for (const [size, dark] of [
      [WIDE, false],
      [WIDE, true],
      [NARROW, false],
    ] as const) {
      await inWindow(
        browser,
        satellite.url,
        "#/traces?tag=sampling.kept",
        async (page) => {
          await sees(
            () => textsOf(page, `${ROWS} .badge`),
            ["not sampled", "partly sampled", "not sampled"],
            "the list of traces with kept spans",
          );
          assert.deepEqual(await textsOf(page, ".found"), ["3 traces of 4"]);
          await look(page, size.width);

          await page.goto(`${satellite.url}/#/trace/${hex(200)}`);
          await sees(
            () => textsOf(page, ".gap"),
            [
              "This trace was not sampled: it has only the spans kept for an error (2) or for slowness (1), so parents can be missing and a caller can be a sibling of its callee.",
            ],
            "what the trace lacks",
          );
          assert.deepEqual(await textsOf(page, `${ROWS} .badge, ${ROWS} .remark`), [
            ...["error", "kept"],
            ...["error", "kept"],
            "kept",
          ]);
          await look(page, size.width);

          await page.goto(`${satellite.url}/#/trace/${hex(300)}`);
          await sees(
            () => textsOf(page, ".gap"),
            [
              "Part of this trace was not sampled: of that part, it has only the spans kept for slowness (1), so parents can be missing and a caller can be a sibling of its callee.",
            ],
            "what the other trace lacks",
          );
          assert.deepEqual(await textsOf(page, `${ROWS} .badge, ${ROWS} .remark`), ["kept"]);
          await page.goto(`${satellite.url}/#/trace/${hex(100)}`);
          await sees(() => textsOf(page, ".trace-head .mono dd"), [hex(100)], "the sampled trace");
          assert.equal(await page.locator(".gap").count(), 0);

          await page.goto(`${satellite.url}/#/latency`);
          await sees(
            () => textsOf(page, ".verdict, .aside"),
            [
              "No version stands out: no median is more than twice that of v1, 1.00ms.",
              "Not counted: 4 spans kept only for an error or slowness, from traces that were not sampled. Show the traces",
            ],
            "the comparison",
          );
          await look(page, size.width);
          await page.goto(`${satellite.url}/#/latency?operation=kept+alone`);
          await sees(
            () => textsOf(page, ".empty p"),
            [
              "There are no sampled spans of this operation",
              "Not counted: 1 span kept only for an error or slowness, from traces that were not sampled. Show the traces Another operation",
            ],
            "the latency of kept spans alone",
          );
          await look(page, size.width);
          await page.getByRole("link", { name: "Show the traces" }).click();
          await sees(() => textsOf(page, ".found"), ["3 traces of 4"], "the traces with kept spans");
        },
        { size, dark },
      );
    }
  });
});

test("spans without their parents, in circles, or twice under one id all have a row", async () => {
  await withSatellite(async (satellite) => {
    const spans = [
      someSpan({ spanId: hex(1), parentId: hex(2), operation: "circle a", startMicros: NOW }),
      someSpan({ spanId: hex(2), parentId: hex(1), operation: "circle b", startMicros: NOW + 1 }),
      someSpan({ spanId: hex(3), parentId: hex(9), operation: "orphan", startMicros: NOW + 2 }),
      someSpan({ spanId: hex(4), parentId: hex(4), operation: "its own parent", startMicros: NOW + 3 }),
      someSpan({ spanId: hex(3), operation: "the same id", startMicros: NOW + 4, durationMicros: 0 }),
    ];
    await report(satellite, spans);
    await inWindow(browser, satellite.url, `#/trace/${spans[0]?.traceId}`, async (page) => {
      const names = async () => (await textsOf(page, `${ROWS} .name`)).sort();
      await sees(names, ["circle a", "circle b", "its own parent", "orphan", "the same id"], "the rows");
      const remarks = (await textsOf(page, `${ROWS} .remark`)).sort();
      assert.deepEqual(remarks, ["cycle", "cycle", `orphan of ${hex(9)}`]);
    });
  });
});

test("a trace that is not there is said to be so", async () => {
  await withSatellite(async (satellite) => {
    // Not inWindow: the browser itself logs the 404 to the console.
    const page = await browser.newPage();
    await page.goto(`${satellite.url}/#/trace/abc`);
    await sees(
      () => textsOf(page, ".empty p"),
      ["No trace abc", "The satellite keeps the latest traces only. Back to the list"],
      "the view",
    );
    await page.getByRole("link", { name: "Back to the list" }).click();
    await sees(() => page.locator(".grid").count(), 1, "the list");
    await page.close();
  });
});

test("when the satellite goes away the page says so, and goes on when it is back", async () => {
  const first = await startSatellite();
  const page = await browser.newPage();
  await page.goto(first.url);
  await sees(() => textsOf(page, ".pulse"), ["Live"], "the state at first");
  await first.close();
  await sees(() => textsOf(page, ".pulse"), ["Satellite away"], "the state without it");
  await withSatellite(
    async (second) => {
      await report(second, [someSpan({ operation: "after all" })]);
      await sees(() => textsOf(page, `${ROWS} a`), ["after all"], "the list");
      await sees(() => textsOf(page, ".pulse"), ["Live"], "the state in the end");
      await page.close();
    },
    { port: first.port },
  );
});
