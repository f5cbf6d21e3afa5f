//! [`Item`]: the entity that every contender reads and writes.

use chrono::{DateTime, Utc};
use tenancy::prelude::*;
use uuid::Uuid;

/// One struct for `tenancy` and for hand-written sqlx, so that both decode into the same.
#[derive(Debug, Clone, PartialEq, TenantScoped, sqlx::FromRow)]
#[tenancy(table = "items", index(created_at), insert_derive(Debug, Clone))]
pub(crate) struct Item {
    #[tenancy(id)]
    pub(crate) id: Uuid,
    #[tenancy(tenant)]
    pub(crate) tenant_id: TenantId,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) amount: i64,
    pub(crate) done: bool,
    pub(crate) note: Option<String>,
    #[tenancy(default)]
    pub(crate) created_at: DateTime<Utc>,
}

tenancy::schema! { pub(crate) SCHEMA: [Item] }
tenancy::migrations!(SCHEMA, "migrations");

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What an insert gives. `status` marks the rows that are swept up afterwards.
pub(crate) fn new_item(id: Uuid) -> NewItem {
    NewItem { id, name: name(id), status: FRESH.into(), amount: 12_345, done: false, note: None }
}

pub(crate) fn name(id: Uuid) -> String {
    format!("item {id}")
}

/// How many rows a bulk insert inserts.
pub(crate) const BULK: usize = 10_000;

/// The status of rows that operations insert.
pub(crate) const FRESH: &str = "fresh";
