//! Five statements in a transaction.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "transaction",
        title: "transaction of 5",
        about: "point read, update, insert, point read, delete",
        row: 5,
        rows: Rows::Existing,
        writes: true,
        yields: |_| 5,
    }
}
