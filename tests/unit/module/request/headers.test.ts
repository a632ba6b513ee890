// Headers and attributes that cannot be read, cannot be written, or cause trouble: the request always goes on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BAD_ARGUMENT, INTERNAL_FAILURE } from "../../../host/status.ts";
import { OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED, UNSAMPLED_IN_BOTH } from "../requests.ts";
import { INBOUND, Sidecar } from "../sidecar.ts";

const READ = "proxy_get_header_map_pairs";
const REPLACE = "proxy_replace_header_map_value";
const REMOVE = "proxy_remove_header_map_value";

describe("a header map that cannot be read", () => {
  it("when the request comes, leaves the request unchanged", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.refuse(READ, BAD_ARGUMENT);
    assert.deepEqual(sidecar.host.requestHeaders(stream, SAMPLED), SAMPLED.headers);
    sidecar.host.obey();
    sidecar.host.log(stream, { properties: OK });
    assert.deepEqual(sidecar.spans(), [], "the upstream never saw an id of ours");
    assert.equal(sidecar.count("requests"), 1);
    assert.deepEqual(sidecar.lines("warn"), [
      "Envoy did not show request headers: traces go past this request as they came",
    ]);
  });

  it("when the stream ends, leaves a span without the headers' tags", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, SAMPLED);
    sidecar.host.refuse(READ, BAD_ARGUMENT);
    sidecar.host.log(stream, { properties: OK });
    sidecar.host.obey();
    const [span] = sidecar.spans();
    assert.equal(span?.parentId, SPAN_ID);
    assert.equal(span?.tags["http.status_code"], "200");
    assert.equal(span?.tags["http.method"], undefined);
  });
});

describe("a change of headers that Envoy refuses", () => {
  it("is reported once, and the requests go on", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.refuse(REPLACE, BAD_ARGUMENT);
    sidecar.host.refuse(REMOVE, INTERNAL_FAILURE);
    for (let i = 0; i < 10; i++) assert.deepEqual(sidecar.request(), new Map(SAMPLED.headers));
    assert.deepEqual(sidecar.lines("warn"), [
      "Envoy refused a change of trace headers (proxy_status 2): traces break here",
    ]);
    assert.equal(sidecar.spans().length, 10);
  });
});

describe("attributes that are missing", () => {
  it("leave a span that says so", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request({ properties: {} });
    const [span] = sidecar.spans();
    assert.equal(span?.durationMicros, 0);
    assert.deepEqual([span?.tags["http.status_code"], span?.tags.error], ["0", true]);
  });
});

describe("a trace id whose lower half is zero", () => {
  // report/lightstep.ts writes the lower half, and 0 is not an id: receivers refuse the whole report.
  it("does not spoil the report", async () => {
    const sidecar = await Sidecar.start();
    const b3 = { "x-b3-traceid": TRACE_ID.slice(0, 16) + "0".repeat(16), "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" };
    sidecar.request({ headers: request(b3) });
    sidecar.request({ headers: SAMPLED });
    assert.ok(sidecar.spans().length > 0);
  });

  it("is still passed on", async () => {
    const sidecar = await Sidecar.start();
    const traceId = TRACE_ID.slice(0, 16) + "0".repeat(16);
    const sent = sidecar.request({ headers: request({ b3: `${traceId}-${SPAN_ID}-1` }) });
    assert.equal(sent.get("x-b3-traceid"), traceId);
  });
});

describe("an unsampled request", () => {
  it("goes on with its original headers if both formats arrived", async () => {
    const sidecar = await Sidecar.start();
    const headers = UNSAMPLED_IN_BOTH.headers;
    assert.deepEqual(sidecar.request({ headers }), new Map(headers));
  });

  it("gets the format that did not arrive, and no other change", async () => {
    const sidecar = await Sidecar.start();
    assert.deepEqual(sidecar.request({ headers: UNSAMPLED }), new Map(UNSAMPLED_IN_BOTH.headers));
  });
});
