//! Deleting one row, which was inserted for that before the clock ran.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "delete",
        title: "delete",
        about: "a row, by its id",
        row: 4,
        rows: Rows::Doomed,
        writes: true,
        yields: |_| 1,
    }
}
