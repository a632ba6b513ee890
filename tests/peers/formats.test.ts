// Bookinfo with real Envoys, reporting to real collectors: one test for each row of rows.ts. The trace that a collector
// says it received must be Bookinfo's, with the same tags as in every other row.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { faultsOf, reviewsOf } from "../../demo/expected.ts";
import { startBookinfo, type Bookinfo } from "../../demo/bookinfo.ts";
import { TraceStore, type Span, type Trace } from "../../satellite/store/traces.ts";
import { account, during, envoyBinary, wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import type { Peer } from "./peer.ts";
import { rows, settings, type Row } from "./rows.ts";
import { ToolMissing } from "./tools.ts";
import { visit, type Visit } from "./visit.ts";

const VISITS = 6;
/** Lightstep's format has room for 64 bits of a trace id. */
const TRACE_ID_DIGITS = { lightstep: 16, otlp: 32, zipkin: 32 };
const SPANS = { withoutRatings: 6, withRatings: 8 };

for (const row of rows) {
  const packed = row.compression === "none" ? "" : `, in ${row.compression},`;
  const name = `${row.format} over ${row.transport}${packed} reaches ${row.collector} whole`;
  // The first run may build the collector.
  test(name, { timeout: 600_000 }, async (context) => {
    const peer = await start(row, context);
    if (peer === undefined) return;
    try {
      await withBookinfo(row, peer, async (bookinfo) => {
        const visits: Visit[] = [];
        for (let count = 0; count < VISITS; count++) visits.push(await visit(bookinfo.url));
        const traces = await Promise.all(visits.map(({ traceId }) => arrival(peer, traceId, isWhole)));
        traces.forEach((trace, index) => checkTrace(row, trace, visits[index]));
        await checkAccount(bookinfo, peer);
        await checkError(row, bookinfo, peer);
        checkManner(row, peer);
      });
    } finally {
      await peer.stop();
    }
  });
}

async function start(row: Row, context: TestContext): Promise<Peer | undefined> {
  try {
    return await row.start();
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    console.error(`skipped: ${row.format} over ${row.transport} to ${row.collector}: ${error.message}`);
    context.skip(error.message);
    return undefined;
  }
}

async function withBookinfo(row: Row, peer: Peer, body: (bookinfo: Bookinfo) => Promise<void>): Promise<void> {
  const port = peer.portOf(row.format, row.transport);
  assert.ok(port, `${row.collector} does not take ${row.format} over ${row.transport}`);
  const bookinfo = await startBookinfo({
    envoy: await envoyBinary,
    wasm,
    collector: { host: "127.0.0.1", port, http2: row.transport === "grpc" },
    pluginConfig: settings(row),
    reviewsDelayMs: 20,
  });
  try {
    await during(bookinfo.envoys, () => body(bookinfo));
  } finally {
    await bookinfo.stop();
  }
}

/** All that `peer` has, combined. */
async function tracesOf(peer: Peer): Promise<TraceStore> {
  const store = new TraceStore();
  for (const report of await peer.received()) store.add(report);
  return store;
}

/** The trace with that id, once `complete` says it is complete. */
async function arrival(peer: Peer, traceId: string, complete: (trace: Trace) => boolean): Promise<Trace> {
  let last: Trace | undefined;
  const found = eventually(`all of trace ${traceId}`, async () => {
    last = (await tracesOf(peer)).get(traceId);
    return last !== undefined && complete(last) ? last : undefined;
  });
  return found.catch((error: unknown) => {
    const seen = last?.spans.map(({ kind, service, operation }) => `${kind} ${service} ${operation}`) ?? [];
    throw new Error(`${error}; of it there is: ${seen.join(", ") || "nothing"}`);
  });
}

function isWhole(trace: Trace): boolean {
  const calls = reviewsOf(trace)?.calls;
  if (calls === undefined) return false;
  return trace.spans.length >= (calls.length > 0 ? SPANS.withRatings : SPANS.withoutRatings);
}

/** As Bookinfo must be, and as in earlier rows for the same request. */
function checkTrace({ format }: Row, trace: Trace, caller: Visit | undefined): void {
  assert.ok(caller);
  const digits = TRACE_ID_DIGITS[format];
  const ids = new Set(trace.spans.map(({ traceId }) => traceId));
  assert.deepEqual([...ids], [caller.traceId.slice(-digits)]);

  const entrance = trace.spans.find(({ parentId }) => parentId === caller.spanId);
  assert.ok(entrance, `no span has the caller's ${caller.spanId} as its parent`);
  // The caller's span is not ours: without it, the trace must be that of any page view.
  const own = trace.spans.map((span) => (span === entrance ? { ...span, parentId: null } : span));
  assert.deepEqual(faultsOf({ ...trace, spans: own }), []);

  for (const span of trace.spans) {
    assert.equal(span.error, false, `${span.kind} ${span.operation}`);
    assert.ok(Math.abs(Date.now() * 1000 - span.startMicros) < 300e6, `startMicros is ${span.startMicros}`);
    assert.ok(span.durationMicros > 0 && span.durationMicros < 60e6, `durationMicros is ${span.durationMicros}`);
    checkTags(span, reviewsOf(trace)?.name ?? "");
  }
}

/** The tags of each kind of span, as in the first row. */
const tagsBefore = new Map<string, Record<string, string>>();

function checkTags(span: Span, reviews: string): void {
  const values = Object.entries(span.tags).map(([name, value]) => [name, String(value)] as const);
  const tags: Record<string, string> = Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.match(tags["guid:x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
  tags["guid:x-request-id"] = "(one)";
  const key = `${reviews}: ${span.kind} span of ${span.service}, ${span.operation}`;
  const before = tagsBefore.get(key);
  if (before === undefined) tagsBefore.set(key, tags);
  else assert.deepEqual(tags, before, key);
}

async function checkAccount({ envoys }: Bookinfo, peer: Peer): Promise<void> {
  const counts = await eventually("the counters to say that all spans were sent", async () => {
    const counts = await account(envoys);
    return counts.spans_buffered === 0 && counts.spans_recorded === counts.spans_sent ? counts : undefined;
  });
  const received = (await peer.received()).reduce((sum, { spans }) => sum + spans.length, 0);
  assert.equal(received, counts.spans_sent);
  assert.equal(counts.reports_failed, 0);
}

/** Without the Envoy of details, only its caller's span is an error. */
async function checkError({ format }: Row, { url, envoys }: Bookinfo, peer: Peer): Promise<void> {
  await envoys.find(({ name }) => name === "details-v1")?.stop();
  const { traceId } = await visit(url);
  const trace = await arrival(peer, traceId, (trace) => isWholeWithoutDetails(trace));
  const errors = trace.spans.filter(({ error }) => error);
  const facts = errors.map(({ kind, service, tags }) => [kind, service, String(tags["http.status_code"])]);
  assert.deepEqual(facts, [["client", "productpage.default", "503"]]);
  assert.ok(trace.spans.every((span) => span.traceId === traceId.slice(-TRACE_ID_DIGITS[format])));
}

function isWholeWithoutDetails(trace: Trace): boolean {
  const calls = reviewsOf(trace)?.calls;
  if (calls === undefined) return false;
  return trace.spans.length >= (calls.length > 0 ? SPANS.withRatings : SPANS.withoutRatings) - 1;
}

function checkManner({ format, transport, compression }: Row, peer: Peer): void {
  const manner = peer.manner?.();
  if (manner === undefined) return;
  assert.equal(manner.tokenInHeader, true, "the access token is not in the header of every report");
  if (format === "lightstep") assert.equal(manner.tokenInBody, true, "it is not in the body of every report");
  if (manner.contentEncodings && transport === "http")
    assert.deepEqual([...manner.contentEncodings], [compression === "none" ? "" : compression]);
}
