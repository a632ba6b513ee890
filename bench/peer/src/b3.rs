//! A request's trace context: B3, with a header for each part.
use proxy_wasm::traits::HttpContext;
use rand::rngs::SmallRng;
use rand::Rng;

const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const PARENT_SPAN_ID: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";

/// The trace context of this hop's span.
pub struct Trace {
    /// As passed on: 16 or 32 hex digits.
    pub id: String,
    /// Its lower 64 bits.
    pub low: u64,
    pub span: u64,
    /// None for the first span of a trace.
    pub parent: Option<u64>,
}

fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// An id of up to 64 bits; None if it is malformed or zero.
fn parse(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().filter(|&id| id != 0)
}

fn header(stream: &impl HttpContext, name: &str) -> Option<String> {
    String::from_utf8(stream.get_http_request_header_bytes(name)?).ok()
}

/// The caller's trace with a new span in it, if both ids are well-formed.
fn received(stream: &impl HttpContext, random: &mut SmallRng) -> Option<Trace> {
    let id = header(stream, TRACE_ID)?;
    if id.len() != 16 && id.len() != 32 {
        return None;
    }
    let low = parse(id.get(id.len() - 16..)?)?;
    let parent = parse(&header(stream, SPAN_ID)?)?;
    Some(Trace { id, low, span: random.random(), parent: Some(parent) })
}

fn started(random: &mut SmallRng) -> Trace {
    let high: u64 = random.random();
    let low: u64 = random.random();
    Trace { id: format!("{high:016x}{low:016x}"), low, span: random.random(), parent: None }
}

/// Continues the caller's trace or starts one, and writes it into the request and, for access logs, into filter state;
/// None if the caller says 0.
pub fn continue_or_start(stream: &impl HttpContext, random: &mut SmallRng) -> Option<Trace> {
    let sampled = header(stream, SAMPLED);
    if sampled.as_deref() == Some("0") {
        return None;
    }
    let trace = received(stream, random).unwrap_or_else(|| started(random));
    if trace.parent.is_none() {
        stream.set_http_request_header(TRACE_ID, Some(&trace.id));
    }
    let span_id = hex(trace.span);
    stream.set_http_request_header(SPAN_ID, Some(&span_id));
    stream.set_http_request_header(PARENT_SPAN_ID, trace.parent.map(hex).as_deref());
    if sampled.as_deref() != Some("1") {
        stream.set_http_request_header(SAMPLED, Some("1"));
    }
    stream.set_property(vec!["lightspan.trace_id"], Some(trace.id.as_bytes()));
    stream.set_property(vec!["lightspan.span_id"], Some(span_id.as_bytes()));
    Some(trace)
}
