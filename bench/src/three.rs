//! A statement with three filters, as a handler would write it: what building and rendering it costs is measured.

use std::hint::black_box;

use tenancy::statement::Select;
use tenancy::{TenantScoped as _, TenantToken};

use crate::item::Item;

pub(crate) fn three(token: &TenantToken) -> Select<Item> {
    Item::find(black_box(token))
        .filter(|item| item.status.eq("open"))
        .filter(|item| item.amount.gt(black_box(100)))
        .filter(|item| item.done.eq(false))
}
