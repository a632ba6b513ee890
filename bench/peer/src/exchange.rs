//! What happened on a stream, read from the host after the stream ended.
use std::borrow::Cow;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Bytes;

/// envoy.config.core.v3.TrafficDirection
const OUTBOUND: u64 = 2;

pub struct Exchange {
    headers: Vec<(String, Bytes)>,
    pub start_nanos: u64,
    pub duration_nanos: u64,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// 0 if there was no response.
    pub status_code: u64,
    pub response_flags: u64,
    pub is_outbound: bool,
    pub protocol: String,
    /// `address:port`
    pub peer: String,
    pub cluster: String,
    pub grpc_status: Option<String>,
    pub grpc_message: Option<String>,
}

/// A property as text; empty if absent.
pub fn text(context: &(impl Context + ?Sized), path: Vec<&str>) -> String {
    context.get_property(path).map(lossy).unwrap_or_default()
}

/// A property as a number; 0 if absent.
fn number(context: &impl Context, path: Vec<&str>) -> u64 {
    let value = context.get_property(path).and_then(|bytes| bytes.try_into().ok());
    value.map_or(0, u64::from_le_bytes)
}

fn lossy(bytes: Bytes) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A gRPC header from the response's trailers, or else from its headers.
fn grpc(stream: &impl HttpContext, name: &str) -> Option<String> {
    let header = stream.get_http_response_header_bytes(name);
    stream.get_http_response_trailer_bytes(name).or(header).map(lossy)
}

impl Exchange {
    pub fn read(stream: &impl HttpContext) -> Exchange {
        let headers = stream.get_http_request_headers_bytes();
        let header_bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let grpc_status = grpc(stream, "grpc-status");
        let grpc_message = grpc_status.as_ref().and_then(|_| grpc(stream, "grpc-message"));
        Exchange {
            headers,
            start_nanos: number(stream, vec!["request", "time"]),
            duration_nanos: number(stream, vec!["request", "duration"]),
            request_bytes: number(stream, vec!["request", "total_size"]).saturating_sub(header_bytes as u64),
            response_bytes: number(stream, vec!["response", "size"]),
            status_code: number(stream, vec!["response", "code"]),
            response_flags: number(stream, vec!["response", "flags"]),
            is_outbound: number(stream, vec!["xds", "listener_direction"]) == OUTBOUND,
            protocol: text(stream, vec!["request", "protocol"]),
            peer: text(stream, vec!["source", "address"]),
            cluster: text(stream, vec!["xds", "cluster_name"]),
            grpc_status,
            grpc_message,
        }
    }

    /// A request header.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(String::from_utf8_lossy(value))
    }

    /// No response at all, a 5xx, or one of gRPC's error statuses.
    pub fn is_error(&self) -> bool {
        let status = self.grpc_status.as_deref();
        let is_grpc_error = matches!(status, Some("2" | "4" | "8" | "12" | "13" | "14" | "15"));
        self.status_code == 0 || (500..600).contains(&self.status_code) || is_grpc_error
    }
}
