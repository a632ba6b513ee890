// Lightspan's lost spans as Lightstep's own Go package reads them: the module, in the mock host, meets a refusal, and
// its next report goes to the collector unchanged.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sidecar } from "../unit/module/sidecar.ts";
import { startCollectorPb } from "./collectorpb.ts";
import { TOKEN } from "./rows.ts";
import { ToolMissing } from "./tools.ts";

const LOST = 300;

test("Lightstep's collectorpb in Go reads how many spans were lost", { timeout: 600_000 }, async (context) => {
  const peer = await startCollectorPb(TOKEN).catch((error: unknown) => {
    if (error instanceof ToolMissing) return context.skip(error.message);
    throw error;
  });
  if (peer === undefined) return;
  try {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: LOST } });
    sidecar.requests(LOST);
    sidecar.answer({ status: 400 });
    sidecar.requests(2);
    sidecar.tick();
    const body = sidecar.host.inFlight[0]?.body;
    assert.ok(body);
    const url = `http://127.0.0.1:${peer.portOf("lightstep", "http")}/api/v2/reports`;
    const headers = { "content-type": "application/octet-stream" };
    const { status } = await fetch(url, { method: "POST", headers, body: Buffer.from(body) });
    assert.equal(status, 200);
    const [report] = await peer.received();
    assert.equal(report?.spans.length, 2);
    assert.equal(peer.manner?.().spansDropped, LOST);
  } finally {
    await peer.stop();
  }
});
