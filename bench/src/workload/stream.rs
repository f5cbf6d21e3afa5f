//! Streaming every row of a tenant.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "stream",
        title: "stream",
        about: "all rows of a tenant, decoded one at a time",
        row: 7,
        rows: Rows::Existing,
        writes: false,
        yields: |draw| draw.of_tenant,
    }
}
