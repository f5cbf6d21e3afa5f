//! [`Traced`]: the span of a statement.
//!
//! A span of the target `tenancy::statement` at level DEBUG begins when a statement is run and ends when it has ended. It says
//! whose tenant, which entity, which SQL command and, at its end, how many rows came back or were changed, or why it
//! failed: PostgreSQL's code, or the name of the error. It never says a value or the text of a statement. When nobody
//! listens it costs a look at whether somebody does.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span};

use crate::error::Error;
use crate::statement::Scope;
use crate::statement::run::Statement;

/// The span of a statement that is being run.
pub(crate) struct Traced(Span);

impl Traced {
    pub(crate) fn new(statement: &dyn Statement) -> Self {
        let tenant = || match statement.scope() {
            Scope::Tenant(token) => token.tenant(),
            Scope::Public(site) => site.tenant(),
        };
        Self(tracing::debug_span!(
            target: "tenancy::statement",
            "statement",
            tenant = %tenant(),
            entity = statement.entity().entity,
            operation = statement.operation(),
            rows = Empty,
            error = Empty,
        ))
    }

    /// Runs within the span. No `async fn`: that would hold the work twice.
    pub(crate) fn run<F: Future>(&self, work: F) -> Instrumented<F> {
        work.instrument(self.0.clone())
    }

    /// Notes how it ended.
    pub(crate) fn end<T>(self, ended: Result<T, Error>, rows: impl FnOnce(&T) -> u64) -> Result<T, Error> {
        if !self.0.is_disabled() {
            self.note(ended.as_ref().map(rows));
        }
        ended
    }

    fn note(&self, ended: Result<u64, &Error>) {
        match ended {
            Ok(rows) => self.0.record("rows", rows),
            Err(error) => self.0.record("error", error.name()),
        };
    }

    /// Runs a stream within the span, and notes its rows when it ends or is dropped.
    pub(crate) fn stream<'c, T: 'c>(
        self,
        rows: impl Stream<Item = Result<T, Error>> + Send + 'c,
    ) -> BoxStream<'c, Result<T, Error>> {
        if self.0.is_disabled() {
            Box::pin(rows)
        } else {
            Box::pin(Rows { rows: Box::pin(rows), span: self, seen: 0 })
        }
    }
}

/// A stream within its span.
struct Rows<'c, T> {
    rows: BoxStream<'c, Result<T, Error>>,
    span: Traced,
    seen: u64,
}

impl<T> Stream for Rows<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let _inside = this.span.0.enter();
        let next = this.rows.as_mut().poll_next(context);
        match &next {
            Poll::Ready(Some(Ok(_))) => this.seen += 1,
            Poll::Ready(Some(Err(error))) => this.span.note(Err(error)),
            Poll::Ready(None) | Poll::Pending => {}
        }
        next
    }
}

impl<T> Drop for Rows<'_, T> {
    fn drop(&mut self) {
        self.span.note(Ok(self.seen));
    }
}
