// Lightstep's own tracer, reporting to the satellite as it would to Lightstep's collector.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { startSatellite } from "../../../../satellite/server.ts";

const lightstep = createRequire(import.meta.url)("lightstep-tracer");

describe("lightstep-tracer's own Tracer", () => {
  it("delivers a parent and its child, and hears of no error", async (test) => {
    const satellite = await startSatellite();
    test.after(() => satellite.close());
    const tracer = new lightstep.Tracer({
      access_token: "token",
      component_name: "productpage.default",
      collector_host: "127.0.0.1",
      collector_port: satellite.port,
      collector_encryption: "none",
      disable_reporting_loop: true,
      verbosity: 0,
    });
    const parent = tracer.startSpan("page");
    const child = tracer.startSpan("reviews", { childOf: parent, tags: { "span.kind": "client", error: true } });
    child.finish();
    parent.finish();
    const error = await new Promise((resolve) => tracer.flush(resolve));
    assert.equal(error, null);

    // The tracer's ids have 32 digits; it sends the low 16.
    const trace = satellite.store.get(parent.context().traceGUID());
    assert.deepEqual(trace?.root, { operation: "page", service: "productpage.default" });
    const reviews = trace?.spans.find((span) => span.operation === "reviews");
    assert.deepEqual([reviews?.spanId, reviews?.parentId], [child.guid(), parent.guid()]);
    assert.deepEqual([reviews?.kind, reviews?.error, trace?.errors], ["client", true, 1]);
    assert.deepEqual(satellite.counts.tokensSeen, { header: 1, body: 1 });
  });
});
