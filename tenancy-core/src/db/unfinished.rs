//! [`Unfinished`]: work of several statements that is there as a whole or not at all.
//!
//! PostgreSQL holds this for a statement that fails: the transaction can only be rolled back, or its savepoint. It cannot
//! know of work that stops between two statements, since a stream ended with an error or a future was dropped. So the
//! transaction takes a note while the work is under way, and a note that is left behind counts like a failed statement:
//! nothing more runs, `commit` rolls back, and a savepoint that was made before the work undoes it, and the note with it.

use std::sync::Arc;

use crate::db::TenantTx;
use crate::db::transaction::Slot;

/// The note, while the work is under way.
#[must_use = "dropped, it leaves a transaction that can only be rolled back"]
pub(crate) struct Unfinished {
    slot: Arc<Slot>,
    finished: bool,
}

impl Unfinished {
    /// The work is done, or nothing of it is left.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            self.slot.stopped();
        }
    }
}

impl TenantTx {
    /// Begins work that is there as a whole or not at all.
    pub(crate) fn unfinished(&self) -> Unfinished {
        Unfinished { slot: self.slot(), finished: false }
    }
}
