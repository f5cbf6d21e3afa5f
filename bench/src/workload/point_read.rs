//! Reading one row by its id: the statement whose overhead shows most.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "point-read",
        title: "point read",
        about: "a row by its id: `WHERE tenant_id = $1 AND id = $2`",
        row: 0,
        rows: Rows::Existing,
        writes: false,
        yields: |_| 1,
    }
}
