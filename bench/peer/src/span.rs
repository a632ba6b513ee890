//! A span in Lightstep's collector.proto, with the tags of Envoy's own tracers.
use std::borrow::Cow;

use crate::b3::Trace;
use crate::exchange::Exchange;
use crate::protobuf::{message, number, string};

// message Span
const SPAN_CONTEXT: u8 = 1;
const OPERATION_NAME: u8 = 2;
const REFERENCES: u8 = 3;
const START_TIMESTAMP: u8 = 4;
const DURATION_MICROS: u8 = 5;
const TAGS: u8 = 6;
// message Reference
const REFERENCE_CONTEXT: u8 = 2;
// message KeyValue
const KEY: u8 = 1;
const STRING_VALUE: u8 = 2;
const BOOL_VALUE: u8 = 5;

const MAX_PATH: usize = 256;

/// Envoy's response flags, from bit 0 on (envoy/stream_info/stream_info.h).
const FLAGS: [&str; 30] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH",
    "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
];

/// A KeyValue.
pub fn tag(out: &mut Vec<u8>, field: u8, name: &str, value: &str) {
    message(out, field, |out| {
        string(out, KEY, name);
        string(out, STRING_VALUE, value);
    });
}

/// A message SpanContext.
fn context(out: &mut Vec<u8>, field: u8, trace: u64, span: u64) {
    message(out, field, |out| {
        number(out, 1, trace);
        number(out, 2, span);
    });
}

pub fn write(out: &mut Vec<u8>, trace: &Trace, exchange: &Exchange) {
    context(out, SPAN_CONTEXT, trace.low, trace.span);
    string(out, OPERATION_NAME, &operation(exchange));
    if let Some(parent) = trace.parent {
        message(out, REFERENCES, |out| context(out, REFERENCE_CONTEXT, trace.low, parent));
    }
    message(out, START_TIMESTAMP, |out| {
        number(out, 1, exchange.start_nanos / 1_000_000_000);
        number(out, 2, exchange.start_nanos % 1_000_000_000);
    });
    number(out, DURATION_MICROS, exchange.duration_nanos / 1000);
    tag(out, TAGS, "span.kind", if exchange.is_outbound { "client" } else { "server" });
    if exchange.is_error() {
        message(out, TAGS, |out| {
            string(out, KEY, "error");
            number(out, BOOL_VALUE, 1);
        });
    }
    request_tags(out, exchange);
    response_tags(out, exchange);
}

/// A tag, unless its value is absent or empty.
fn some_tag(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        tag(out, TAGS, name, value);
    }
}

fn header_tag(out: &mut Vec<u8>, exchange: &Exchange, name: &str, header: &str) {
    some_tag(out, name, exchange.header(header).as_deref());
}

fn header_or_dash(out: &mut Vec<u8>, exchange: &Exchange, name: &str, header: &str) {
    tag(out, TAGS, name, exchange.header(header).as_deref().unwrap_or("-"));
}

fn request_tags(out: &mut Vec<u8>, exchange: &Exchange) {
    header_tag(out, exchange, "guid:x-request-id", "x-request-id");
    some_tag(out, "http.url", url(exchange).as_deref());
    header_tag(out, exchange, "http.method", ":method");
    header_or_dash(out, exchange, "downstream_cluster", "x-envoy-downstream-service-cluster");
    header_or_dash(out, exchange, "user_agent", "user-agent");
    tag(out, TAGS, "http.protocol", if exchange.protocol.is_empty() { "-" } else { &exchange.protocol });
    some_tag(out, "peer.address", Some(address(&exchange.peer)));
    header_tag(out, exchange, "guid:x-client-trace-id", "x-client-trace-id");
    let content_type = exchange.header("content-type").unwrap_or_default();
    if content_type == "application/grpc" || content_type.starts_with("application/grpc+") {
        header_tag(out, exchange, "grpc.path", ":path");
        header_tag(out, exchange, "grpc.authority", ":authority");
        tag(out, TAGS, "grpc.content_type", &content_type);
        header_tag(out, exchange, "grpc.timeout", "grpc-timeout");
    }
    tag(out, TAGS, "request_size", &exchange.request_bytes.to_string());
}

fn response_tags(out: &mut Vec<u8>, exchange: &Exchange) {
    tag(out, TAGS, "response_size", &exchange.response_bytes.to_string());
    some_tag(out, "upstream_cluster", Some(&exchange.cluster));
    some_tag(out, "upstream_cluster.name", Some(&exchange.cluster));
    tag(out, TAGS, "http.status_code", &exchange.status_code.to_string());
    tag(out, TAGS, "response_flags", &flags(exchange.response_flags));
    some_tag(out, "grpc.status_code", exchange.grpc_status.as_deref());
    some_tag(out, "grpc.message", exchange.grpc_message.as_deref());
}

/// The route's decorator, or else the authority.
fn operation(exchange: &Exchange) -> Cow<'_, str> {
    let decorated = exchange.header("x-envoy-decorator-operation");
    decorated.or_else(|| exchange.header(":authority")).unwrap_or(Cow::Borrowed("unknown"))
}

fn url(exchange: &Exchange) -> Option<String> {
    let path = exchange.header("x-envoy-original-path").or_else(|| exchange.header(":path"))?;
    let mut end = path.len().min(MAX_PATH);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    let scheme = exchange.header(":scheme").unwrap_or_default();
    let authority = exchange.header(":authority").unwrap_or_default();
    Some(format!("{scheme}://{authority}{}", &path[..end]))
}

/// The address without its port and brackets.
fn address(peer: &str) -> &str {
    let address = peer.rsplit_once(':').map_or(peer, |(address, _)| address);
    address.trim_start_matches('[').trim_end_matches(']')
}

fn flags(bits: u64) -> Cow<'static, str> {
    if bits == 0 {
        return Cow::Borrowed("-");
    }
    let set = FLAGS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    Cow::Owned(set.map(|(_, &name)| name).collect::<Vec<_>>().join(","))
}
