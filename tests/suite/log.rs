//! What is logged, as lines: events, spans when they begin, and what is recorded in them later.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// Every event and every span, as one line each.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Listens on this thread, until the guard is dropped. An event that another thread meets for the first time at this moment
    /// may miss it: let it happen once before.
    pub fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let listening = tracing::subscriber::set_default(self.clone());
        tracing::callsite::rebuild_interest_cache();
        listening
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }

    fn push(&self, metadata: &tracing::Metadata<'_>, fields: String) {
        let line = format!("{} {}{fields}", metadata.level(), metadata.target());
        self.0.lock().expect("not poisoned").push(line);
    }
}

struct Line(String);

impl tracing::field::Visit for Line {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut line = Line(format!(" span {}", span.metadata().name()));
        span.record(&mut line);
        self.push(span.metadata(), line.0);
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let mut line = Line(String::from("recorded"));
        values.record(&mut line);
        self.0.lock().expect("not poisoned").push(line.0);
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.push(event.metadata(), line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
