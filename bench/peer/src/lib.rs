//! The benchmark's peer: a tracing filter of Lightspan's shape, written with the standard proxy-wasm crate in the
//! ordinary way. This file knows what happens when; the filter has no options and does not retry.
mod b3;
mod exchange;
mod protobuf;
mod report;
mod span;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use rand::rngs::SmallRng;
use rand::SeedableRng;

use b3::Trace;
use exchange::Exchange;
use report::Report;

const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|id| Box::new(Root { id, tracer: None }));
}}

/// State that all streams of a root context share.
struct Tracer {
    root_id: u32,
    random: SmallRng,
    report: Report,
}

struct Root {
    id: u32,
    /// None until configured.
    tracer: Option<Rc<RefCell<Tracer>>>,
}

impl Context for Root {}

impl RootContext for Root {
    /// The configuration is the name of the collector's cluster.
    fn on_configure(&mut self, _size: usize) -> bool {
        let configuration = self.get_plugin_configuration().unwrap_or_default();
        let Ok(cluster) = String::from_utf8(configuration) else {
            return false;
        };
        let mut random = SmallRng::from_os_rng();
        let report = Report::new(self, cluster, &mut random);
        self.tracer = Some(Rc::new(RefCell::new(Tracer { root_id: self.id, random, report })));
        self.set_tick_period(FLUSH_INTERVAL);
        true
    }

    fn on_tick(&mut self) {
        if let Some(tracer) = &self.tracer {
            tracer.borrow_mut().report.send();
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        let tracer = self.tracer.clone()?;
        Some(Box::new(Stream { tracer, trace: None }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    tracer: Rc<RefCell<Tracer>>,
    /// None if the request is not sampled.
    trace: Option<Trace>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        self.trace = b3::continue_or_start(self, &mut self.tracer.borrow_mut().random);
        Action::Continue
    }

    fn on_log(&mut self) {
        let Some(trace) = self.trace.take() else { return };
        let exchange = Exchange::read(self);
        let mut tracer = self.tracer.borrow_mut();
        tracer.report.add(&trace, &exchange);
        // A call on behalf of this stream would be cancelled with it.
        if tracer.report.is_full() && hostcalls::set_effective_context(tracer.root_id).is_ok() {
            tracer.report.send();
        }
    }
}
