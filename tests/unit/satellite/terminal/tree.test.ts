import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { drawTree } from "../../../../satellite/terminal/tree.ts";
import { pageView, span, trace } from "./bookinfo.ts";

const lines = (text: string) => text.split("\n");
const operations = (text: string) => lines(text).slice(2);

describe("drawTree", () => {
  it("draws a page view with its error, its durations, its versions and a waterfall", () => {
    assert.equal(
      drawTree(trace(pageView())),
      `
trace 463ac35c9f6413ad · 1.30s · 7 spans · 1 error
operation                                             service                             duration  version
productpage.default.svc.cluster.local:9080/*          istio-ingressgateway: proxy client     1.30s                  ████████████████████████
└─ productpage.default.svc.cluster.local:9080/*       productpage.default: proxy server      1.30s  v1              ████████████████████████
   ├─ details.default.svc.cluster.local:9080/*        productpage.default: proxy client     12.3ms  v1              ▎
   │  └─ details.default.svc.cluster.local:9080/*     details.default: proxy server          840µs  v1              ▏
   └─ reviews.default.svc.cluster.local:9080/*        productpage.default: proxy client      1.27s  v1              ███████████████████████▌
      └─ reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server          1.26s  v3              ███████████████████████▎
         └─ ratings.default.svc.cluster.local:9080/*  reviews.default: proxy client          250ms  v3       error                  ████▋
`.trim(),
    );
  });

  it("puts an orphan at top level with its missing parent's id, and its children below it", () => {
    const spans = [span("01", null, 0), span("03", "02", 100), span("04", "03", 200, { error: true })];
    assert.equal(
      drawTree(trace(spans)),
      `
trace 463ac35c9f6413ad · 1.20ms · 3 spans · 1 error
operation                                    service                        duration
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms                ████████████████████
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms  orphan of 02    ████████████████████
└─ reviews.default.svc.cluster.local:9080/*  reviews.default: proxy server    1.00ms  error             ████████████████████
`.trim(),
    );
  });

  it("says that a trace was not sampled, why it has these spans, and calls none of them an orphan", () => {
    const spans = [
      span("03", "02", 0, { kept: "error", error: true }),
      span("04", "02", 100, { kept: "error", error: true }),
      span("05", "04", 200, { kept: "slow" }),
    ];
    assert.equal(
      drawTree(trace(spans)),
      `
trace 463ac35c9f6413ad · 1.20ms · 3 spans · 2 errors · not sampled
This trace was not sampled: it has only the spans kept for an error (2) or for slowness (1), so parents can be missing and a caller can be a sibling of its callee.
operation                                    service                        duration
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms  error, kept  ████████████████████
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms  error, kept    ████████████████████
└─ reviews.default.svc.cluster.local:9080/*  reviews.default: proxy server    1.00ms  kept             ████████████████████
`.trim(),
    );
  });

  it("tells kept spans from the sampled part of their trace", () => {
    const spans = [
      span("03", "02", 0, { kept: "slow" }),
      span("05", "03", 100),
      span("06", "05", 200, { error: true }),
      span("07", "99", 300),
    ];
    assert.equal(
      drawTree(trace(spans)),
      `
trace 463ac35c9f6413ad · 1.30ms · 4 spans · 1 error · partly sampled
Part of this trace was not sampled: of that part, it has only the spans kept for slowness (1), so parents can be missing and a caller can be a sibling of its callee.
operation                                       service                        duration
reviews.default.svc.cluster.local:9080/*        reviews.default: proxy server    1.00ms  kept          ██████████████████▌
└─ reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms                 ██████████████████▌
   └─ reviews.default.svc.cluster.local:9080/*  reviews.default: proxy server    1.00ms  error            ██████████████████▌
reviews.default.svc.cluster.local:9080/*        reviews.default: proxy server    1.00ms  orphan of 99       ██████████████████▌
`.trim(),
    );
  });

  it("begins a circle of parents at its earliest span", () => {
    const spans = [span("01", null, 0), span("02", "03", 100), span("03", "02", 200), span("04", "04", 300)];
    assert.equal(
      drawTree(trace(spans)),
      `
trace 463ac35c9f6413ad · 1.30ms · 4 spans
operation                                    service                        duration
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms         ██████████████████▌
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms  cycle   ██████████████████▌
└─ reviews.default.svc.cluster.local:9080/*  reviews.default: proxy server    1.00ms            ██████████████████▌
reviews.default.svc.cluster.local:9080/*     reviews.default: proxy server    1.00ms  cycle       ██████████████████▌
`.trim(),
    );
  });

  it("orders siblings by start and ends the line at the last one", () => {
    const names = ["a", "b", "c"].map((operation, index) => span(operation, "01", index + 1, { operation }));
    const drawn = operations(drawTree(trace([span("01", null, 0, { operation: "top" }), ...names])));
    assert.deepEqual(
      drawn.map((line) => line.slice(0, 4)),
      ["top ", "├─ a", "├─ b", "└─ c"],
    );
  });

  it("draws each of two spans with one id, and their children once", () => {
    const spans = [span("01", null, 0), span("02", "01", 1), span("02", "01", 2), span("03", "02", 3)];
    assert.equal(operations(drawTree(trace(spans))).length, 4);
  });

  it("draws 20,000 levels without hanging, with lines that stay short", () => {
    const spans = Array.from({ length: 20_000 }, (_, depth) =>
      span(String(depth), depth === 0 ? null : String(depth - 1), depth),
    );
    const drawn = operations(drawTree(trace(spans)));
    assert.equal(drawn.length, 20_000);
    assert.match(drawn.at(-1) ?? "", /^… +└─ reviews/);
    assert.ok(drawn.every((line) => line.length < 200));
  });

  it("draws 20,000 spans in one circle without hanging", () => {
    const spans = Array.from({ length: 20_000 }, (_, index) =>
      span(String(index), String((index + 1) % 20_000), index),
    );
    assert.equal(operations(drawTree(trace(spans))).length, 20_000);
  });

  it("draws a trace of no duration", () => {
    const drawn = drawTree(trace([span("01", null, 0, { durationMicros: 0 })]));
    assert.match(drawn, /^trace 463ac35c9f6413ad · 0µs · 1 span\n/);
    assert.match(drawn, /0µs {2}▏$/);
  });

  it("shows no control character of a name", () => {
    const operation = "\x1b[2J\r\n\u202eoops";
    assert.match(drawTree(trace([span("01", null, 0, { operation })])), /^\ufffd\[2J\ufffd\ufffd\ufffdoops /m);
  });
});

describe("drawTree in a terminal", () => {
  const draw = (width: number, colour = false) => lines(drawTree(trace(pageView()), { colour, width }));
  const longest = (drawn: string[]) => Math.max(...drawn.map((line) => line.length));

  it("keeps the waterfall where it just fits", () => {
    const needed = longest(draw(1000));
    assert.equal(longest(draw(needed)), needed);
    assert.ok(draw(needed).some((line) => line.includes("█")));
  });

  it("leaves the waterfall out where it does not fit, and every name whole", () => {
    const drawn = draw(longest(draw(1000)) - 1);
    assert.ok(drawn.every((line) => !line.includes("█") && !line.includes("…")));
  });

  it("cuts operations to 80 columns", () => {
    const drawn = draw(80);
    assert.ok(longest(drawn) <= 80);
    assert.match(drawn.at(-1) ?? "", /^ +└─ ratin… {2}reviews.default: proxy client +250ms {2}v3 +error$/);
  });

  it("colours without moving anything, and colours the error red", () => {
    const coloured = draw(200, true);
    const bare = coloured.map((line) => line.replace(/\x1b\[\d+m/g, "").trimEnd());
    assert.deepEqual(bare, draw(200));
    assert.ok(coloured.at(-1)?.includes("\x1b[31merror\x1b[0m"));
  });
});
