//! Batches encoded spans and sends them to the collector, as a ReportRequest of Lightstep's collector.proto.
use std::time::Duration;

use log::warn;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::Context;
use rand::rngs::SmallRng;
use rand::Rng;

use crate::b3::Trace;
use crate::exchange::{text, Exchange};
use crate::protobuf::{message, number};
use crate::span;

const MAX_SPANS: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(5);

// message ReportRequest
const REPORTER: u8 = 1;
const SPANS: u8 = 3;
// message Reporter
const REPORTER_ID: u8 = 1;
const REPORTER_TAGS: u8 = 4;

pub struct Report {
    cluster: String,
    body: Vec<u8>,
    /// Size of the part that every report begins with.
    head: usize,
    spans: usize,
}

impl Report {
    pub fn new(root: &dyn Context, cluster: String, random: &mut SmallRng) -> Report {
        let mut body = Vec::new();
        message(&mut body, REPORTER, |out| {
            number(out, REPORTER_ID, random.random());
            for (name, value) in node_tags(root) {
                if !value.is_empty() {
                    span::tag(out, REPORTER_TAGS, name, &value);
                }
            }
        });
        Report { cluster, head: body.len(), body, spans: 0 }
    }

    pub fn add(&mut self, trace: &Trace, exchange: &Exchange) {
        message(&mut self.body, SPANS, |out| span::write(out, trace, exchange));
        self.spans += 1;
    }

    pub fn is_full(&self) -> bool {
        self.spans >= MAX_SPANS
    }

    /// Sends the batched spans on behalf of the current context.
    pub fn send(&mut self) {
        if self.spans == 0 {
            return;
        }
        let headers = vec![
            (":method", "POST"),
            (":path", "/api/v2/reports"),
            (":authority", &self.cluster),
            ("content-type", "application/octet-stream"),
            ("accept", "application/octet-stream"),
        ];
        let sent = hostcalls::dispatch_http_call(&self.cluster, headers, Some(&self.body), vec![], TIMEOUT);
        if let Err(status) = sent {
            warn!("{} spans are lost: {status:?}", self.spans);
        }
        self.body.truncate(self.head);
        self.spans = 0;
    }
}

/// The tags common to all spans of this Envoy.
fn node_tags(root: &dyn Context) -> Vec<(&'static str, String)> {
    let node = |path: &[&str]| text(root, [&["xds", "node"], path].concat());
    let label = |name: &str| node(&["metadata", "LABELS", name]);
    let revision = label("service.istio.io/canonical-revision");
    vec![
        ("lightstep.component_name", node(&["cluster"])),
        ("service.version", revision.clone()),
        ("node_id", node(&["id"])),
        ("zone", node(&["locality", "zone"])),
        ("component", "proxy".to_string()),
        ("version", revision.clone()),
        ("istio.canonical_revision", revision),
        ("istio.canonical_service", label("service.istio.io/canonical-name")),
        ("istio.workload", node(&["metadata", "WORKLOAD_NAME"])),
        ("istio.mesh_id", node(&["metadata", "MESH_ID"])),
        ("istio.namespace", node(&["metadata", "NAMESPACE"])),
        ("istio.cluster_id", node(&["metadata", "CLUSTER_ID"])),
        ("lightstep.tracer_platform", "envoy".to_string()),
    ]
}
