// The headers of one request that somebody wants: here the ones that say what trace the request belongs to and whether to trace
// it; span/exchange.ts adds those that a span needs. One scan finds them all.
import { Field, Fields } from "../bytes/fields";
import { text } from "../bytes/slice";

export const carrier = new Fields();

export const B3: Field = carrier.want(text("b3"));
export const TRACE_ID: Field = carrier.want(text("x-b3-traceid"));
export const SPAN_ID: Field = carrier.want(text("x-b3-spanid"));
export const PARENT_SPAN_ID: Field = carrier.want(text("x-b3-parentspanid"));
export const SAMPLED: Field = carrier.want(text("x-b3-sampled"));
export const FLAGS: Field = carrier.want(text("x-b3-flags"));
export const TRACEPARENT: Field = carrier.want(text("traceparent"));
export const TRACESTATE: Field = carrier.want(text("tracestate"));

export const PATH: Field = carrier.want(text(":path"));
export const REQUEST_ID: Field = carrier.want(text("x-request-id"));
export const FORCE_TRACE: Field = carrier.want(text("x-envoy-force-trace"));
export const CLIENT_TRACE_ID: Field = carrier.want(text("x-client-trace-id"));
