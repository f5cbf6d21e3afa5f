//! Inserting many rows by one statement.

use crate::cell::{Rows, Workload};
use crate::item::BULK;

inventory::submit! {
    Workload {
        id: "bulk-insert",
        title: "bulk insert of 10,000",
        about: "`INSERT … SELECT FROM unnest(…)`",
        row: 6,
        rows: Rows::Fresh,
        writes: true,
        yields: |_| BULK as u64,
    }
}
