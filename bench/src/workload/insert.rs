//! Inserting one row.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "insert",
        title: "insert",
        about: "one row of seven values",
        row: 2,
        rows: Rows::Fresh,
        writes: true,
        yields: |_| 1,
    }
}
