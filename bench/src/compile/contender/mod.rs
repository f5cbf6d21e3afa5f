//! Contenders: how each wants its entities written. One file each.
//!
//! Each is written as its documentation or its generator writes it, with the fewest derives that still find, insert
//! and update; rows are `Clone` and `Debug` everywhere, since SeaORM demands that of them.

mod diesel;
mod sea_orm;
mod tenancy;

use std::path::Path;

use super::table::Table;

/// What is compared with. The only place that names versions.
mod version {
    pub(super) const CHRONO: &str = "0.4";
    pub(super) const DIESEL: &str = "=2.3.14";
    pub(super) const SEA_ORM: &str = "=2.0.4";
    pub(super) const UUID: &str = "1";
}

/// One way to describe tables in Rust.
#[derive(Debug)]
pub(super) struct Contender {
    pub(super) id: &'static str,
    /// Its lines below `[dependencies]`, with `tenancy` in the given folder.
    pub(super) dependencies: fn(&Path) -> String,
    /// The module of a table.
    pub(super) module: fn(Table) -> String,
    /// What stands in the root of the crate, below its modules.
    pub(super) root: fn(&[Table]) -> String,
}

/// Who is compared.
pub(super) const CONTENDERS: [Contender; 3] = [tenancy::CONTENDER, sea_orm::CONTENDER, diesel::CONTENDER];
