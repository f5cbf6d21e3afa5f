//! Reading a page: the newest 50 rows of a tenant, by an index.

use crate::cell::{Rows, Workload};

inventory::submit! {
    Workload {
        id: "page",
        title: "page of 50",
        about: "the newest 50 rows of a tenant: `ORDER BY created_at DESC LIMIT 50`",
        row: 1,
        rows: Rows::Existing,
        writes: false,
        yields: |draw| draw.of_tenant.min(50),
    }
}
