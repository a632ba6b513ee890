// propagation.via filter_state: the request's headers stay unchanged, and the states say what they should become.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Header } from "../../../host/headers.ts";
import { BAD_ARGUMENT } from "../../../host/status.ts";
import { FRESH, OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED_IN_BOTH } from "../requests.ts";
import { INBOUND, Sidecar } from "../sidecar.ts";

const ID = "[0-9a-f]{16}";

type States = Record<string, string>;

/** The states of a request with these headers, without `lightspan.`. Asserts that the headers go on unchanged. */
async function statesOf(headers: Header[], propagation: Record<string, unknown> = {}): Promise<States> {
  const sidecar = await Sidecar.start({
    propagation: { via: "filter_state", ...propagation },
    log: { trace_id: false },
  });
  const stream = sidecar.host.openStream(INBOUND);
  assert.deepEqual(sidecar.host.requestHeaders(stream, headers), headers);
  const states = [...sidecar.host.filterState(stream)].map(([name, value]) => [
    name.replace(/^lightspan\./, ""),
    value,
  ]);
  sidecar.host.log(stream, { properties: OK });
  return Object.fromEntries(states);
}

function matches(states: States, expected: Record<string, string | RegExp>): void {
  assert.deepEqual(Object.keys(states).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    assert.match(states[name] ?? "", new RegExp(`^(${value instanceof RegExp ? value.source : value})$`));
}

const traced = (more: Header[]): Header[] => [...FRESH.headers, ...more];
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER = "0af7651916cd43dd8448eb211c80319c";

describe("the filter states of a request", () => {
  it("are all headers of a trace that starts here", async () => {
    const inject = ["b3", "b3multi", "tracecontext"];
    matches(await statesOf(FRESH.headers, { inject }), {
      "x-b3-traceid": /[0-9a-f]{32}/,
      "x-b3-spanid": new RegExp(ID),
      "x-b3-sampled": "1",
      b3: new RegExp(`[0-9a-f]{32}-${ID}-1`),
      traceparent: new RegExp(`00-[0-9a-f]{32}-${ID}-03`),
    });
  });

  it("are only the changes for a trace that goes on", async () => {
    matches(await statesOf(SAMPLED.headers), {
      "x-b3-spanid": new RegExp(ID),
      "x-b3-parentspanid": SPAN_ID,
      traceparent: new RegExp(`00-${TRACE_ID}-${ID}-01`),
    });
  });

  it("are none if every header is right", async () => {
    assert.deepEqual(await statesOf(UNSAMPLED_IN_BOTH.headers), {});
    assert.deepEqual(await statesOf(FRESH.headers, { strip: true }), {});
  });

  it("say that headers are removed, and contain each one that stays", async () => {
    const headers = request({
      "x-b3-traceid": TRACE_ID,
      "x-b3-spanid": SPAN_ID,
      "x-b3-sampled": "0",
      "x-b3-flags": "0",
    });
    assert.deepEqual(await statesOf(headers), {
      remove: "1",
      "x-b3-traceid": TRACE_ID,
      "x-b3-spanid": SPAN_ID,
      "x-b3-sampled": "0",
      traceparent: `00-${TRACE_ID}-${SPAN_ID}-00`,
    });
  });

  it("say that all headers are removed if they are stripped", async () => {
    const headers = traced([
      ["b3", "1"],
      ["traceparent", PARENT],
      ["tracestate", "a=1"],
      ["x-b3-flags", "1"],
    ]);
    assert.deepEqual(await statesOf(headers, { strip: true }), { remove: "1" });
  });

  it("contain, as one value, all lines of a tracestate that stays while others are removed", async () => {
    const headers = traced([
      ["x-b3-flags", "0"],
      ["traceparent", PARENT],
      ["tracestate", "a=1,b=2"],
      ["tracestate", ""],
      ["tracestate", "c=3 , d=4"],
    ]);
    matches(await statesOf(headers, { extract: ["tracecontext"], inject: ["tracecontext"] }), {
      remove: "1",
      traceparent: new RegExp(`00-${OTHER}-${ID}-01`),
      tracestate: "a=1,b=2,c=3 , d=4",
      "x-b3-traceid": OTHER,
      "x-b3-spanid": new RegExp(ID),
      "x-b3-parentspanid": "b7ad6b7169203331",
      "x-b3-sampled": "1",
    });
  });

  it("contain no malformed tracestate", async () => {
    const states = await statesOf(
      traced([
        ["traceparent", PARENT],
        ["tracestate", "no list"],
      ]),
    );
    assert.deepEqual([states.remove, states.tracestate], ["1", undefined]);
    assert.match(states.traceparent ?? "", new RegExp(`^00-${OTHER}-`));
  });

  it("of one request do not appear in the next", async () => {
    const sidecar = await Sidecar.start({ propagation: { via: "filter_state" } });
    sidecar.request({ headers: request({ b3: "junk", traceparent: PARENT, tracestate: "a=1" }) });
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, SAMPLED);
    const names = [...sidecar.host.filterState(stream).keys()].filter((name) => !/_id$/.test(name));
    const expected = ["traceparent", "x-b3-parentspanid", "x-b3-spanid"];
    assert.deepEqual(
      names.sort(),
      expected.map((name) => `lightspan.${name}`),
    );
    sidecar.host.log(stream, { properties: OK });
  });
});

describe("a filter state that Envoy refuses", () => {
  it("is reported once, and the requests go on", async () => {
    const sidecar = await Sidecar.start({ propagation: { via: "filter_state" }, log: { trace_id: false } });
    sidecar.host.refuse("proxy_set_property", BAD_ARGUMENT);
    for (let i = 0; i < 10; i++) assert.deepEqual(sidecar.request(), new Map(SAMPLED.headers));
    assert.deepEqual(sidecar.lines("warn"), [
      "Envoy refused a change of trace headers (proxy_status 2): traces break here",
    ]);
    assert.equal(sidecar.spans().length, 10);
  });
});
