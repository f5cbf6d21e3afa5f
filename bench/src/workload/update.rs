//! Updating one row.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "update",
        title: "update",
        about: "one column of a row, by its id",
        row: 3,
        rows: Rows::Existing,
        writes: true,
        yields: |_| 1,
    }
}
