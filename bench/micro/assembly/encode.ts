// From Envoy's data about a stream to the bytes of its span.
import { reset } from "../../../assembly/bytes/arena";
import { Slice, text } from "../../../assembly/bytes/slice";
import { ACCEPT, TraceContext } from "../../../assembly/context/context";
import { Lightstep } from "../../../assembly/report/lightstep";
import { carrier } from "../../../assembly/context/carrier";
import { exchange } from "../../../assembly/span/exchange";
import { AUTHORITY, nameOperation } from "../../../assembly/span/operation";
import { Span } from "../../../assembly/span/span";
import { describe, TagSettings } from "../../../assembly/span/tags";
import { B3MULTI, headers } from "./headers";

const pairs: Slice = headers(B3MULTI);
const settings: TagSettings = new TagSettings(256, false, []);
const span: Span = new Span(new TraceContext());
const format: Lightstep = new Lightstep(false, 1, [], text(""));
const out: usize = heap.alloc(65536);

function fill(): void {
  const context = span.context;
  context.traceLow = 0x64fe8b2a57d3eff7;
  context.spanId = 0xe457b5a2e4d86bd1;
  context.parentId = 0x05e3ac9a4f6e3b90;
  context.decision = ACCEPT;
  span.startNanos = 1763850000123456789;
  span.durationNanos = 1234567;
  exchange.responseBytes = 2;
  exchange.statusCode = 200;
  set(exchange.protocol, text("HTTP/1.1"));
  set(exchange.peer, text("172.17.0.9:48724"));
  set(exchange.cluster, text("inbound|9080||"));
  set(exchange.clusterHost, text("reviews.default.svc.cluster.local"));
}

function set(slice: Slice, to: Slice): void {
  slice.set(to.at, to.size);
}

function describeOnce(): void {
  reset();
  nameOperation(exchange, span.client, AUTHORITY, span.operation);
  describe(span, exchange, carrier, settings);
}

export function describe_a_span(times: u32): u32 {
  fill();
  carrier.scan(pairs.at, pairs.size);
  let tags: u32 = 0;
  for (let i: u32 = 0; i < times; i++) {
    describeOnce();
    tags += span.tagCount;
  }
  return tags;
}

export function encode_a_span(times: u32): u32 {
  fill();
  carrier.scan(pairs.at, pairs.size);
  describeOnce();
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < times; i++) {
    if (format.maxSpanSize(span) > 65536) return 0;
    bytes += <u32>(format.encodeSpan(out, span) - out);
  }
  return bytes;
}
