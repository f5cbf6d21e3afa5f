//! [`Progress`]: what a stage is doing just now, for whoever waits for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a stage of an adoption is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A step of a table begins. What it does may take long, and lets writers pass, unless it only changes catalogs.
    Step {
        /// The table.
        table: String,
        /// What is done, such as `building an index`.
        what: &'static str,
    },
    /// A batch of rows was filled.
    Filled {
        /// The table.
        table: String,
        /// The blocks of the table that are done.
        done: u64,
        /// The blocks that it had when the filling began.
        of: u64,
        /// The rows that were filled until now.
        rows: u64,
    },
    /// A lock was not free, or a batch took too long: it is tried again after a pause.
    Waiting {
        /// The table.
        table: String,
        /// What is tried.
        what: &'static str,
        /// For how long it has been tried.
        waited: Duration,
    },
}

/// What is called.
type Listen = dyn Fn(&Progress) + Send + Sync;

/// Whoever listens. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Arc<Listen>>);

impl Listener {
    pub(super) fn new(listen: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listen)))
    }

    pub(super) fn tell(&self, progress: impl FnOnce() -> Progress) {
        if let Some(listen) = &self.0 {
            listen(&progress());
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener(..)" } else { "Listener" })
    }
}
