// A report in each format and over each transport: the headers, and the same spans, decoded by independent readers.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import { Random } from "../../../host/random.ts";
import { field } from "../protobuf.ts";
import { framed, type Read } from "../reading.ts";
import { ended, FRESH, request, SPAN_ID, TRACE_ID } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar, type Changes } from "../sidecar.ts";

interface Wire {
  collector: Record<string, string>;
  path: string;
  type: string;
  /** As much of the trace id as the format has. */
  traceId: string;
}

const WIRES: Record<string, Wire> = {
  "Lightstep over HTTP": {
    collector: {},
    ...{ path: "/api/v2/reports", type: "application/octet-stream", traceId: TRACE_ID.slice(16) },
  },
  "Lightstep over gRPC": {
    collector: { transport: "grpc" },
    path: "/lightstep.collector.CollectorService/Report",
    ...{ type: "application/grpc", traceId: TRACE_ID.slice(16) },
  },
  "OTLP over HTTP": {
    collector: { protocol: "otlp" },
    ...{ path: "/v1/traces", type: "application/x-protobuf", traceId: TRACE_ID },
  },
  "OTLP over gRPC": {
    collector: { protocol: "otlp", transport: "grpc" },
    path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ...{ type: "application/grpc", traceId: TRACE_ID },
  },
  "Zipkin over HTTP": {
    collector: { protocol: "zipkin" },
    ...{ path: "/api/v2/spans", type: "application/json", traceId: TRACE_ID },
  },
};

/** An answer that all formats accept. */
const TAKEN = { status: 200, trailers: [["grpc-status", "0"]] } as const;

async function start(wire: Wire, changes: Changes = {}): Promise<Sidecar> {
  return Sidecar.start({ ...changes, collector: { ...wire.collector, ...changes.collector } });
}

/** The spans in the buffer. */
function read(sidecar: Sidecar): Read[] {
  sidecar.tick();
  while (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
  return sidecar.readings.flatMap(({ spans }) => spans);
}

for (const [name, wire] of Object.entries(WIRES)) {
  const isGrpc = wire.type === "application/grpc";

  describe(name, () => {
    it("is sent to the format's path, with the format's headers", async () => {
      const sidecar = await start(wire, { collector: { access_token: "t0k3n", headers: { "x-scope-orgid": "42" } } });
      sidecar.request();
      sidecar.tick();
      assert.deepEqual(sidecar.host.calls[0]?.headers, [
        [":method", "POST"],
        [":path", wire.path],
        [":authority", "lightstep"],
        ["content-type", wire.type],
        isGrpc ? ["te", "trailers"] : ["accept", wire.type],
        ["lightstep-access-token", "t0k3n"],
        ["b3", "0"],
        ["x-scope-orgid", "42"],
      ]);
    });

    it("has the b3 header that is configured, and no second one", async () => {
      const sidecar = await start(wire, { collector: { headers: { b3: "1" } } });
      sidecar.request();
      sidecar.tick();
      const headers = sidecar.host.calls[0]?.headers ?? [];
      assert.deepEqual(
        headers.filter(([name]) => name === "b3"),
        [["b3", "1"]],
      );
    });

    it("is sent to another path and authority, if configured", async () => {
      const sidecar = await start(wire, { collector: { path: "/here", authority: "collector.example.com" } });
      sidecar.request();
      sidecar.tick();
      const headers = new Map(sidecar.host.calls[0]?.headers);
      assert.deepEqual([headers.get(":path"), headers.get(":authority")], ["/here", "collector.example.com"]);
    });

    it("has the service, ids, kind, name, times and tags of its spans", async () => {
      const sidecar = await start(wire, { service: { name: 'a "b" \\ \u00e9', version: "v3" } });
      sidecar.configure(OUTBOUND, { collector: wire.collector, service: { name: 'a "b" \\ \u00e9', version: "v3" } });
      sidecar.request();
      sidecar.request({ root: OUTBOUND, headers: FRESH, properties: ended({ response: { code: 503 } }) });
      sidecar.tick();
      const [reading] = sidecar.readings;
      assert.equal(reading?.service, 'a "b" \\ \u00e9');
      assert.equal(reading?.isGrpc, isGrpc);
      const [server, client] = reading?.spans ?? [];
      assert.deepEqual([server?.traceId, server?.parentId, server?.kind], [wire.traceId, SPAN_ID, "server"]);
      assert.deepEqual([client?.parentId, client?.kind, client?.isError], ["", "client", true]);
      assert.equal(server?.isError, false);
      assert.match(server?.spanId ?? "", /^(?!0{16})[0-9a-f]{16}$/);
      assert.equal(client?.traceId.length, wire.traceId.length);
      assert.equal(server?.name, "reviews.default.svc.cluster.local:9080/*");
      assert.deepEqual([server?.startMicros, server?.durationMicros], [1_700_000_000_123_456, 1_260_000]);
      const tags = { ...reading?.tags, ...server?.tags };
      assert.equal(tags.version, "v3");
      assert.equal(tags.component, "proxy");
      assert.ok(tags.node_id?.startsWith("sidecar~172.17.0.17~reviews-v3"));
      assert.equal(tags["http.url"], "http://reviews:9080/reviews/0");
      assert.equal(tags["http.status_code"], "200");
    });

    it("is whole with every number of spans, in one report and in many", async () => {
      const sidecar = await start(wire, { buffer: { flush_spans: 7 } });
      for (let i = 0; i < 50; i++) {
        sidecar.request();
        if (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
      }
      assert.equal(read(sidecar).length, 50);
      assert.deepEqual(sidecar.account, { recorded: 50, sent: 50, dropped: 0, buffered: 0 });
    });

    it("stays readable with header values of any bytes", async () => {
      const random = new Random(11);
      const tags = { request_headers: { odd: "x-odd" }, literal: { 'a"b\\c': "\t" } };
      const sidecar = await start(wire, { tags, span: { max_tag_length: 4096 }, buffer: { flush_spans: 10 } });
      const odd: string[] = [];
      for (let i = 0; i < 300; i++) {
        // Many are characters that JSON escapes, and bytes that are not UTF-8.
        const bytes = Array.from({ length: 1 + random.below(60) }, () =>
          random.once(2)
            ? random.pick(['"', "\\", "\u0001", "\u001f", "\n", "/", "\u00ff", "}", "{", "]", ","])
            : random.bytes(1),
        ).join("");
        odd.push(bytes);
        sidecar.request({ headers: request({ "x-b3-sampled": "1", "x-odd": bytes }) });
        while (sidecar.host.inFlight.length > 0) sidecar.answer(TAKEN);
      }
      const spans = read(sidecar);
      assert.equal(spans.length, 300);
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      spans.forEach((span, i) => {
        const { odd: value = "" } = span.tags;
        // A replacement character may replace one or more bad bytes.
        const plain = (text: string) => text.replaceAll(/\ufffd+/g, "?");
        const expected = decoder.decode(Buffer.from(odd[i] as string, "latin1"));
        assert.equal(plain(value), plain(expected));
      });
    });
  });
}

describe("collector.compression deflate", () => {
  const protocols = ["lightstep", "otlp", "zipkin"];
  for (const protocol of protocols) {
    it(`sends ${protocol} reports that inflate to the uncompressed ones, and says so`, async () => {
      const plain = await Sidecar.start({ collector: { protocol } });
      const deflated = await Sidecar.start({ collector: { protocol, compression: "deflate" } });
      for (const sidecar of [plain, deflated]) {
        sidecar.requests(20);
        sidecar.tick();
      }
      const [before, after] = [plain, deflated].map((sidecar) => sidecar.host.calls[0]);
      assert.deepEqual(inflateSync(after?.body ?? ""), Buffer.from(before?.body ?? ""));
      assert.ok((after?.body.length ?? 0) < (before?.body.length ?? 0) / 3);
      assert.deepEqual(after?.headers, [...(before?.headers ?? []), ["content-encoding", "deflate"]]);
    });
  }

  it("sends plain reports with plain headers when the host does not compress", async () => {
    const sidecar = await Sidecar.start({ collector: { compression: "deflate" } });
    sidecar.host.refuse("proxy_call_foreign_function", 1);
    sidecar.requests(3);
    sidecar.tick();
    assert.equal(new Map(sidecar.host.calls[0]?.headers).get("content-encoding"), undefined);
    assert.deepEqual(sidecar.spansPerReport, [3]);
  });

  it("compresses each attempt", async () => {
    const sidecar = await Sidecar.start({ collector: { compression: "deflate" } });
    sidecar.requests(3);
    sidecar.tick();
    sidecar.answer("reset");
    sidecar.untilNextCall();
    assert.deepEqual(sidecar.host.calls[1]?.body, sidecar.host.calls[0]?.body);
    assert.equal(sidecar.readings[1]?.spans.length, 3);
  });
});

describe("a trace id of 64 bits", () => {
  const narrow = request({ "x-b3-traceid": TRACE_ID.slice(16), "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" });

  it("has 16 digits for Zipkin, and is zero-padded for OTLP", async () => {
    for (const [protocol, traceId] of [
      ["zipkin", TRACE_ID.slice(16)],
      ["otlp", "0".repeat(16) + TRACE_ID.slice(16)],
    ]) {
      const sidecar = await Sidecar.start({ collector: { protocol } });
      sidecar.request({ headers: narrow });
      assert.equal(read(sidecar)[0]?.traceId, traceId);
    }
  });
});

describe("flags and trace_state of OTLP, read by OpenTelemetry's own definitions,", () => {
  const generated = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
  const { ExportTraceServiceRequest } = generated.opentelemetry.proto.collector.trace.v1;

  /** Those of a request with the headers `more`; `later` are the request headers at its end, if they differ. */
  async function told(more: [string, string][], later?: [string, string][]): Promise<{ flags: number; state: string }> {
    const sidecar = await Sidecar.start({ collector: { protocol: "otlp" } });
    const headers = [...request(), ...more];
    const end = later && { requestHeaders: [...request(), ...later] };
    sidecar.request({ headers, ...end });
    sidecar.tick();
    const { resourceSpans } = ExportTraceServiceRequest.decode(sidecar.host.calls[0]?.body);
    const [span] = resourceSpans[0].scopeSpans[0].spans;
    assert.equal(span.name, "reviews.default.svc.cluster.local:9080/*");
    return { flags: span.flags, state: span.traceState ?? "" };
  }

  const SAMPLED_THERE: [string, string] = ["traceparent", `00-${TRACE_ID}-${SPAN_ID}-01`];
  const RANDOM_THERE: [string, string] = ["traceparent", `00-${TRACE_ID}-${SPAN_ID}-03`];
  const B3_THERE: [string, string] = ["b3", `${TRACE_ID}-${SPAN_ID}-1`];

  it("are those of a trace that starts here: sampled, random, no remote parent", async () => {
    assert.deepEqual(await told([]), { flags: 0x103, state: "" });
  });

  it("say that the parent is remote, and what is known about its ids", async () => {
    assert.equal((await told([SAMPLED_THERE])).flags, 0x301);
    assert.equal((await told([RANDOM_THERE])).flags, 0x303);
    assert.equal((await told([B3_THERE])).flags, 0x301);
  });

  it("include the received tracestate, with its lines joined", async () => {
    const state = "rojo=00f067aa0ba902b7,ot=th:8";
    assert.equal((await told([SAMPLED_THERE, ["tracestate", state]])).state, state);
    const lines: [string, string][] = [
      ["tracestate", "a=1"],
      ["tracestate", ""],
      ["tracestate", "b=2,c=3"],
    ];
    assert.equal((await told([SAMPLED_THERE, ...lines])).state, "a=1,b=2,c=3");
  });

  it("include no tracestate that is not passed on: malformed, without a trace, or removed", async () => {
    assert.equal((await told([SAMPLED_THERE, ["tracestate", "no list"]])).state, "");
    assert.equal((await told([["tracestate", "a=1"]])).state, "");
    assert.equal((await told([SAMPLED_THERE, ["tracestate", "a=1"]], [SAMPLED_THERE])).state, "");
  });

  it("include no tracestate that a later filter has corrupted", async () => {
    const spoilt: [string, string][] = [SAMPLED_THERE, ["tracestate", "\u0000\u00ff"]];
    assert.equal((await told([SAMPLED_THERE, ["tracestate", "a=1"]], spoilt)).state, "");
  });

  it("include no tracestate longer than its members allow, whichever line exceeds the limit", async () => {
    for (const size of [16446, 16447, 16448, 16449]) {
      const lines: [string, string][] = [
        ["tracestate", `a=1${",".repeat(size - 3)}`],
        ["tracestate", `b=2${",".repeat(40_000)}`],
        ["tracestate", "c=3"],
      ];
      assert.equal((await told([SAMPLED_THERE, ...lines])).state, "", `a first line of ${size} bytes`);
    }
  });

  it("have room for the longest allowed tracestate, and none for one of white space", async () => {
    const members = Array.from({ length: 32 }, (_, i) => `${"k".repeat(254)}${10 + i}=${"v".repeat(256)}`);
    assert.equal((await told([SAMPLED_THERE, ["tracestate", members.join(",")]])).state, members.join(","));
    const wide = `a=1,${" ".repeat(100_000)}b=2`;
    assert.equal((await told([SAMPLED_THERE, ["tracestate", wide]])).state, "");
  });
});

describe("a debug span for Zipkin", () => {
  it("says so, and no other does", async () => {
    const sidecar = await Sidecar.start({ collector: { protocol: "zipkin" } });
    sidecar.request({ headers: request({ b3: `${TRACE_ID}-${SPAN_ID}-d` }) });
    sidecar.request();
    sidecar.tick();
    const spans = JSON.parse(Buffer.from(sidecar.host.calls[0]?.body ?? "").toString()) as { debug?: boolean }[];
    assert.deepEqual(
      spans.map(({ debug }) => debug),
      [true, undefined],
    );
  });
});

describe("a partial success of OTLP", () => {
  /** ExportTraceServiceResponse { partial_success: { rejected_spans, error_message } } */
  const partial = (rejected: number, message: string) =>
    field(1, Buffer.concat([field(1, rejected), field(2, message)]));

  for (const transport of ["http", "grpc"]) {
    const answer = (body: Uint8Array) =>
      transport === "grpc" ? { ...TAKEN, body: framed(body) } : { status: 200, body };

    async function reporting(): Promise<Sidecar> {
      const sidecar = await Sidecar.start({ collector: { protocol: "otlp", transport } });
      sidecar.requests(5);
      sidecar.tick();
      return sidecar;
    }

    it(`counts rejected spans as refused, and the rest as sent (${transport})`, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer(partial(2, "too long")));
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 3, dropped: 2, buffered: 0 });
      assert.equal(sidecar.count("spans_dropped_refused"), 2);
      assert.deepEqual([sidecar.count("reports_sent"), sidecar.count("reports_failed")], [1, 0]);
      assert.deepEqual(sidecar.lines("warn"), [
        "collector lightstep: it refused the report (too long); 2 spans lost, 0 reports given up",
      ]);
      sidecar.pass(60_000);
      assert.equal(sidecar.host.calls.length, 1, "what was rejected is not sent again");
    });

    it(`that rejects all spans is a failed report (${transport})`, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer(partial(5, "no")));
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 0, dropped: 5, buffered: 0 });
      assert.deepEqual([sidecar.count("reports_sent"), sidecar.count("reports_failed")], [0, 1]);
    });

    it(`that rejects more spans than were sent rejects all of them (${transport})`, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer(partial(4_294_967_298, "no")));
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 0, dropped: 5, buffered: 0 });
    });

    it(`that rejects no spans is only a warning (${transport})`, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer(partial(0, "please send less")));
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 5, dropped: 0, buffered: 0 });
      assert.deepEqual(sidecar.lines("warn"), []);
    });

    it(`that is truncated is ignored (${transport})`, async () => {
      const sidecar = await reporting();
      sidecar.answer(answer(partial(2, "too long").subarray(0, 9)));
      assert.deepEqual(sidecar.account, { recorded: 5, sent: 5, dropped: 0, buffered: 0 });
    });
  }
});

describe("the timer of a root context that reports in any format", () => {
  it("ends with the last report", async () => {
    for (const wire of Object.values(WIRES)) {
      const sidecar = await start(wire);
      sidecar.request();
      read(sidecar);
      sidecar.tick();
      assert.equal(sidecar.host.tickPeriod(INBOUND), 0);
    }
  });
});

describe("a service and a version that are not UTF-8", () => {
  for (const [name, wire] of Object.entries(WIRES)) {
    it(`are made valid, or a receiver would refuse every report: ${name}`, async () => {
      const sidecar = await start(wire, { service: { name: "a\ud800", version: "\udc00b" } });
      sidecar.request();
      sidecar.tick();
      const [reading] = sidecar.readings;
      assert.match(reading?.service ?? "", /^a\ufffd+$/);
      assert.match({ ...reading?.tags, ...reading?.spans[0]?.tags }.version ?? "", /^\ufffd+b$/);
    });
  }
});
