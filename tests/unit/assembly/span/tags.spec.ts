import { reset } from "../../../../assembly/bytes/arena";
import { Slice, text, toText } from "../../../../assembly/bytes/slice";
import { UNKNOWN } from "../../../../assembly/context/threshold";
import { TraceContext } from "../../../../assembly/context/context";
import { CustomTag, MAX_CUSTOM_TAGS, REQUEST_HEADER, RESPONSE_HEADER } from "../../../../assembly/span/custom";
import { carrier } from "../../../../assembly/context/carrier";
import { exchange } from "../../../../assembly/span/exchange";
import { isGrpcError } from "../../../../assembly/span/grpc";
import { Span } from "../../../../assembly/span/span";
import { describe as describeSpan, TagSettings } from "../../../../assembly/span/tags";
import { Bytes, hexOf } from "../bytes";
import { bring, Headers } from "../headers";

const context = new TraceContext();
const span = new Span(context);
const USUAL = new TagSettings(256, false, []);

function set(slice: Slice, value: string): void {
  let bytes = text(value);
  slice.set(bytes.at, bytes.size);
}

/** Sets up an exchange of which only the end is known. */
function nothing(): void {
  reset();
  bring(carrier, []);
  exchange.requestBytes = 0;
  exchange.responseBytes = 0;
  exchange.statusCode = 0;
  exchange.responseFlags = 0;
  exchange.protocol.clear();
  exchange.peer.clear();
  exchange.cluster.clear();
  exchange.clusterHost.clear();
  exchange.virtualHost.clear();
  exchange.grpcStatus.clear();
  exchange.isGrpcError = false;
  exchange.grpcMessage.clear();
}

/** The tags of the span in order, one `name=value` per line. */
function described(settings: TagSettings = USUAL): string {
  describeSpan(span, exchange, carrier, settings);
  let lines: string[] = [];
  for (let i: u32 = 0; i < span.tagCount; i++) {
    lines.push(toText(span.tagAt(i).name) + "=" + toText(span.tagAt(i).value));
  }
  return lines.join("\n");
}

/** The bytes of the tag `name`, in hexadecimal; "none" if the span has no such tag. */
function bytesOf(name: string): string {
  for (let i: u32 = 0; i < span.tagCount; i++) {
    let value = span.tagAt(i).value;
    if (toText(span.tagAt(i).name) === name) return hexOf(value.at, value.size);
  }
  return "none";
}

/** A call to reviews, as in Bookinfo. */
const REVIEWS: string[] = [
  ":method",
  "GET",
  ":scheme",
  "http",
  ":authority",
  "reviews:9080",
  ":path",
  "/reviews/0?a=b",
  "user-agent",
  "python-requests/2.31",
  "x-request-id",
  "6d1f4ae2-57c3-9b21-9d0e-3f6a8c5b7e10",
];

function reviews(headers: string[] = REVIEWS): void {
  nothing();
  bring(carrier, headers);
  exchange.requestBytes = 17;
  exchange.responseBytes = 375;
  exchange.statusCode = 200;
  set(exchange.protocol, "HTTP/1.1");
  set(exchange.peer, "172.17.0.12:43210");
  set(exchange.cluster, "outbound|9080|v3|reviews.default.svc.cluster.local");
}

const REVIEWS_TAGS =
  "guid:x-request-id=6d1f4ae2-57c3-9b21-9d0e-3f6a8c5b7e10\n" +
  "http.url=http://reviews:9080/reviews/0?a=b\n" +
  "http.method=GET\n" +
  "downstream_cluster=-\n" +
  "user_agent=python-requests/2.31\n" +
  "http.protocol=HTTP/1.1\n" +
  "peer.address=172.17.0.12\n" +
  "request_size=17\n" +
  "response_size=375\n" +
  "upstream_cluster=outbound|9080|v3|reviews.default.svc.cluster.local\n" +
  "upstream_cluster.name=outbound|9080|v3|reviews.default.svc.cluster.local\n" +
  "http.status_code=200\n" +
  "response_flags=-";

describe("the tags of a span", () => {
  it("are Envoy's, with Envoy's values", () => {
    reviews();
    expect(described()).toBe(REVIEWS_TAGS);
    expect(span.error).toBe(false);
  });

  it("are few for an exchange of which only the end is known", () => {
    nothing();
    expect(described()).toBe(
      "downstream_cluster=-\nuser_agent=-\nhttp.protocol=-\n" +
        "request_size=0\nresponse_size=0\nhttp.status_code=0\nresponse_flags=-",
    );
    expect(span.error).toBe(true);
  });

  it("do not add up from span to span", () => {
    reviews();
    described();
    expect(described()).toBe(REVIEWS_TAGS);
  });

  it("include the client's trace id and the downstream cluster if they came", () => {
    reviews(REVIEWS.concat(["x-client-trace-id", "c-1", "x-envoy-downstream-service-cluster", "productpage.default"]));
    let tags = described();
    expect(tags.includes("\nguid:x-client-trace-id=c-1\n")).toBe(true, tags);
    expect(tags.includes("\ndownstream_cluster=productpage.default\n")).toBe(true, tags);
  });

  it("include four headers of a gRPC request, and its status", () => {
    let headers = [":method", "POST", ":scheme", "http", ":authority", "ratings:9080", ":path", "/r.Ratings/Get"];
    reviews(headers.concat(["content-type", "application/grpc+proto", "grpc-timeout", "5S"]));
    set(exchange.grpcStatus, "14");
    exchange.isGrpcError = true;
    set(exchange.grpcMessage, "no ratings");
    expect(described()).toBe(
      "http.url=http://ratings:9080/r.Ratings/Get\n" +
        "http.method=POST\n" +
        "downstream_cluster=-\n" +
        "user_agent=-\n" +
        "http.protocol=HTTP/1.1\n" +
        "peer.address=172.17.0.12\n" +
        "grpc.path=/r.Ratings/Get\n" +
        "grpc.authority=ratings:9080\n" +
        "grpc.content_type=application/grpc+proto\n" +
        "grpc.timeout=5S\n" +
        "request_size=17\n" +
        "response_size=375\n" +
        "upstream_cluster=outbound|9080|v3|reviews.default.svc.cluster.local\n" +
        "upstream_cluster.name=outbound|9080|v3|reviews.default.svc.cluster.local\n" +
        "http.status_code=200\n" +
        "response_flags=-\n" +
        "grpc.status_code=14\n" +
        "grpc.message=no ratings",
    );
    expect(span.error).toBe(true);
  });

  it("include no gRPC header for grpc-web", () => {
    reviews(REVIEWS.concat(["content-type", "application/grpc-web", "grpc-timeout", "5S"]));
    expect(described().includes("grpc.")).toBe(false);
  });

  it("include a grpc-message only if there is one", () => {
    reviews();
    set(exchange.grpcStatus, "0");
    expect(described().endsWith("\nresponse_flags=-\ngrpc.status_code=0")).toBe(true);
  });

  it("include response flags by name", () => {
    reviews();
    exchange.responseFlags = (1 << 5) | (1 << 15);
    expect(described().endsWith("\nresponse_flags=URX,UF")).toBe(true);
  });

  it("include numbers of any size", () => {
    reviews();
    exchange.requestBytes = u64.MAX_VALUE;
    exchange.responseBytes = 10000000000;
    let tags = described();
    expect(tags.includes("\nrequest_size=18446744073709551615\nresponse_size=10000000000\n")).toBe(true, tags);
  });

  it("have the first value of a repeated header", () => {
    reviews(["user-agent", "first", "user-agent", "second"]);
    expect(described().includes("\nuser_agent=first\n")).toBe(true);
  });

  it("have a dash for a missing user agent and a missing downstream cluster", () => {
    reviews([]);
    expect(described().startsWith("downstream_cluster=-\nuser_agent=-\nhttp.protocol=HTTP/1.1\n")).toBe(true);
  });

  it("are omitted if they are empty", () => {
    let headers: string[] = ["user-agent", "", "x-envoy-downstream-service-cluster", "", "x-request-id", ""];
    reviews(headers.concat([":method", "", "x-client-trace-id", "", "content-type", "application/grpc", ":path", ""]));
    exchange.cluster.clear();
    exchange.peer.clear();
    expect(described()).toBe(
      "http.url=://\nhttp.protocol=HTTP/1.1\ngrpc.content_type=application/grpc\n" +
        "request_size=17\nresponse_size=375\nhttp.status_code=200\nresponse_flags=-",
    );
  });

  it("are valid UTF-8, whatever the headers", () => {
    nothing();
    let bad = new Bytes().hex("61 ff");
    let headers = new Headers().add("user-agent", bad).add("x-request-id", bad).add(":path", bad).add(":method", bad);
    headers.add("x-client-trace-id", bad).add("x-envoy-downstream-service-cluster", bad).bring(carrier);
    exchange.cluster.set(bad.at, bad.size);
    exchange.grpcStatus.set(bad.at, bad.size);
    exchange.grpcMessage.set(bad.at, bad.size);
    describeSpan(span, exchange, carrier, USUAL);
    let names = ["user_agent", "guid:x-request-id", "http.method", "guid:x-client-trace-id", "downstream_cluster"];
    names = names.concat(["upstream_cluster", "upstream_cluster.name", "grpc.status_code", "grpc.message"]);
    for (let i = 0; i < names.length; i++) expect(bytesOf(names[i])).toBe("61 ef bf bd", names[i]);
    expect(bytesOf("http.url")).toBe("3a 2f 2f 61 ef bf bd");
  });
});

describe("the error mark", () => {
  it("is set for 5xx and for no answer, by Envoy's rule", () => {
    let codes: u32[] = [0, 100, 199, 200, 204, 304, 400, 404, 429, 499, 500, 503, 599, 600, 1000];
    for (let i = 0; i < codes.length; i++) {
      reviews();
      exchange.statusCode = codes[i];
      described();
      let isError = codes[i] === 0 || (codes[i] >= 500 && codes[i] < 600);
      expect(span.error).toBe(isError, codes[i].toString());
    }
  });

  it("is set for gRPC's own failures, whatever the HTTP status", () => {
    for (let code = 0; code <= 17; code++) {
      reviews();
      set(exchange.grpcStatus, code.toString());
      exchange.isGrpcError = isGrpcError(exchange.grpcStatus);
      described();
      let isError = code === 2 || code === 4 || code === 8 || (code >= 12 && code <= 15);
      expect(span.error).toBe(isError, code.toString());
    }
  });

  it("is not set by response flags alone", () => {
    reviews();
    exchange.responseFlags = u64.MAX_VALUE;
    described();
    expect(span.error).toBe(false);
  });

  it("is reset for the next span", () => {
    reviews();
    exchange.statusCode = 503;
    described();
    reviews();
    described();
    expect(span.error).toBe(false);
  });
});

const TENANT = new CustomTag(REQUEST_HEADER, "tenant", "x-tenant", "none", null);
const CACHE = new CustomTag(RESPONSE_HEADER, "cache", "x-cache", "", null);

describe("custom tags", () => {
  it("come last, in the order of the configuration", () => {
    reviews();
    set(TENANT.value, "blue");
    set(CACHE.value, "hit");
    expect(described(new TagSettings(256, false, [TENANT, CACHE]))).toBe(REVIEWS_TAGS + "\ntenant=blue\ncache=hit");
  });

  it("have their default, or are omitted, if the source has nothing", () => {
    reviews();
    TENANT.value.clear();
    CACHE.value.clear();
    expect(described(new TagSettings(256, false, [TENANT, CACHE]))).toBe(REVIEWS_TAGS + "\ntenant=none");
  });

  it("are cut between characters", () => {
    reviews();
    set(TENANT.value, "blé");
    expect(described(new TagSettings(3, false, [TENANT])).endsWith("\ntenant=bl")).toBe(true);
    expect(described(new TagSettings(4, false, [TENANT])).endsWith("\ntenant=blé")).toBe(true);
  });
});

/** The trace state of a span whose request left with these lines of `tracestate`. */
function stateOf(lines: string[]): string {
  let headers: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    headers.push("tracestate");
    headers.push(lines[i]);
  }
  reviews(headers);
  described();
  return toText(span.traceState);
}

describe("the trace state of a span", () => {
  beforeEach(() => {
    context.clear();
    span.kept.clear();
  });

  it("is the tracestate that left, its lines joined", () => {
    expect(stateOf(["a=1, ot=th:c"])).toBe("a=1, ot=th:c");
    expect(stateOf(["a=1", "", "b=2"])).toBe("a=1,b=2");
    expect(stateOf([])).toBe("");
  });

  it("is empty if that is invalid", () => {
    expect(stateOf(["a=1,="])).toBe("");
    expect(stateOf(["a=1", "b"])).toBe("");
  });

  it("has the threshold with which the trace was sampled here, even if no tracestate left", () => {
    context.setsThreshold = true;
    context.threshold = 0xc0000000000000;
    expect(stateOf(["ot=th:8;rv:6e6d1a75832a2f,a=1"])).toBe("ot=th:c;rv:6e6d1a75832a2f,a=1");
    expect(stateOf([])).toBe("ot=th:c");
    expect(stateOf(["a=1,="])).toBe("ot=th:c");
  });

  it("has no threshold if nobody knows it", () => {
    context.setsThreshold = true;
    context.threshold = UNKNOWN;
    expect(stateOf(["ot=th:8;rv:6e6d1a75832a2f,a=1"])).toBe("ot=rv:6e6d1a75832a2f,a=1");
    expect(stateOf(["ot=th:8"])).toBe("");
  });

  it("has no threshold if the trace is not sampled, whatever arrived or was set here", () => {
    set(span.kept, "slow");
    expect(stateOf(["ot=th:8;a:b,c=1"])).toBe("ot=a:b,c=1");
    context.setsThreshold = true;
    context.threshold = 0;
    expect(stateOf(["ot=th:8,c=1"])).toBe("c=1");
    expect(stateOf([])).toBe("");
  });
});

describe("sampling.kept", () => {
  it("is the first tag of a span whose trace is not sampled", () => {
    reviews();
    set(span.kept, "error");
    expect(described()).toBe("sampling.kept=error\n" + REVIEWS_TAGS);
    span.kept.clear();
    expect(described()).toBe(REVIEWS_TAGS);
  });

  it("leaves room for all other tags", () => {
    reviews(REVIEWS.concat(["content-type", "application/grpc", "grpc-timeout", "1S", "x-client-trace-id", "c"]));
    set(exchange.grpcStatus, "13");
    set(exchange.grpcMessage, "no");
    set(span.kept, "error");
    let custom: CustomTag[] = [];
    for (let i: u32 = 0; i < MAX_CUSTOM_TAGS; i++) {
      custom.push(new CustomTag(REQUEST_HEADER, "t" + i.toString(), "x-none", i.toString(), null));
    }
    let lines = described(new TagSettings(256, false, custom)).split("\n");
    expect(lines.length).toBe(21 + MAX_CUSTOM_TAGS);
    expect(lines[lines.length - 1]).toBe("t31=31");
    span.kept.clear();
  });
});
