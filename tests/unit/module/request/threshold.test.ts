// sampling.tracestate in the whole module: what leaves with a request, and what OTLP gets as the span's trace_state.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Properties } from "../../../host/properties.ts";
import { all, one } from "../protobuf.ts";
import { ANSWERED, ended, FRESH, OK, request, SPAN_ID, TRACE_ID } from "../requests.ts";
import { INBOUND, Sidecar, type Changes } from "../sidecar.ts";

const INJECT = ["b3multi", "tracecontext"];
/** An id whose last 56 bits are fe8b2a57d3eff7, so it is sampled at a rate of one half. */
const UNDECIDED = { b3: `${TRACE_ID}-${SPAN_ID}` };
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;
const STATE = "a=1,ot=th:c;rv:80000000000000";
const WITH_RV: Headers = request({ ...UNDECIDED, traceparent: TRACEPARENT, tracestate: STATE });

interface Outcome {
  /** The `tracestate` that left; undefined if there is none. */
  left: string | undefined;
  /** The trace_state of the span; undefined if there is no span. */
  told: string | undefined;
}

/** One request, with `sampling` and `propagation` besides what every test here needs. */
async function outcomeOf(
  headers: Headers,
  { sampling, propagation, ...rest }: Changes = {},
  { isLogged = true, properties = OK }: { isLogged?: boolean; properties?: Properties } = {},
): Promise<Outcome> {
  const sidecar = await Sidecar.start({
    ...rest,
    collector: { protocol: "otlp" },
    propagation: { inject: INJECT, ...propagation },
    sampling: { tracestate: true, ...sampling },
  });
  const stream = sidecar.host.openStream(INBOUND);
  const left = sidecar.host.requestHeaders(stream, headers).filter(([name]) => name === "tracestate");
  assert.ok(left.length <= 1, "one line at most");
  if (isLogged) sidecar.host.log(stream, { responseHeaders: ANSWERED, properties });
  sidecar.host.done(stream, properties);
  return { left: left[0]?.[1], told: toldBy(sidecar) };
}

/** The trace_state of the only span that is reported. */
function toldBy(sidecar: Sidecar): string | undefined {
  sidecar.tick();
  const body = sidecar.host.calls[0]?.body;
  if (body === undefined) return undefined;
  // ExportTraceServiceRequest.resource_spans.scope_spans.spans.trace_state
  const span = one(one(one(body, 1), 2), 2);
  return all(span, 3).map((bytes) => Buffer.from(bytes).toString())[0] ?? "";
}

const both = (state: string): Outcome => ({ left: state, told: state });

describe("sampling.tracestate", () => {
  for (const isLogged of [true, false]) {
    const how = isLogged ? "logged" : "not logged, as over HTTP/3";

    it(`tells the threshold of a trace that starts here (${how})`, async () => {
      assert.deepEqual(await outcomeOf(FRESH, {}, { isLogged }), both("ot=th:0"));
      const rules = [{ path_prefix: "/reviews", rate: 1 }];
      assert.deepEqual(await outcomeOf(FRESH, { sampling: { rate: 0, rules } }, { isLogged }), both("ot=th:0"));
    });

    it(`keeps the rest of the list, and its rv decides (${how})`, async () => {
      const sampled = await outcomeOf(WITH_RV, { sampling: { rate: 0.5 } }, { isLogged });
      assert.deepEqual(sampled, both("ot=th:8;rv:80000000000000,a=1"));
      const unsampled = await outcomeOf(WITH_RV, { sampling: { rate: 0.4999 } }, { isLogged });
      assert.deepEqual(unsampled, { left: "ot=rv:80000000000000,a=1", told: undefined });
    });

    it(`tells it in the span even if no trace header leaves (${how})`, async () => {
      const outcome = await outcomeOf(FRESH, { propagation: { strip: true } }, { isLogged });
      assert.deepEqual(outcome, { left: undefined, told: "ot=th:0" });
    });

    it(`tells none in the span that is kept (${how})`, async () => {
      const sampling = { rate: 0, keep_errors: true };
      const failed = { isLogged, properties: ended({ response: { code: 503 } }) };
      assert.deepEqual(await outcomeOf(FRESH, { sampling }, failed), { left: undefined, told: "" });
      assert.deepEqual(await outcomeOf(WITH_RV, { sampling }, failed), both("ot=rv:80000000000000,a=1"));
    });
  }

  it("passes on what the parent decided", async () => {
    const headers = [...request({ traceparent: TRACEPARENT }), ["tracestate", "a=1,ot=th:c"] as const];
    assert.deepEqual(await outcomeOf(headers, { sampling: { rate: 0.5 } }), both("a=1,ot=th:c"));
  });

  it("tells none of a forced trace", async () => {
    const headers = request({ "x-envoy-force-trace": "1" });
    assert.deepEqual(await outcomeOf(headers, { sampling: { rate: 0.5 } }), { left: undefined, told: "" });
  });

  it("tells it after an answer of an earlier filter too", async () => {
    const sidecar = await Sidecar.start({
      ...{ collector: { protocol: "otlp" }, propagation: { inject: INJECT }, sampling: { tracestate: true } },
    });
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: FRESH, properties: ended({ response: { code: 403 } }) });
    sidecar.host.done(stream);
    assert.equal(toldBy(sidecar), "ot=th:0");
  });

  it("tells it through filter state if Lightspan writes no headers", async () => {
    const sidecar = await Sidecar.start({
      ...{ propagation: { inject: INJECT, via: "filter_state" }, sampling: { tracestate: true } },
    });
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, FRESH);
    assert.equal(sidecar.host.filterState(stream).get("lightspan.tracestate"), "ot=th:0");
    sidecar.host.done(stream, OK);
  });
});
