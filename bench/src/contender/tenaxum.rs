//! tenaxum: hooks of sqlx's pool set the tenant, for the session, when a connection is lent, and reset it afterwards.
//!
//! The crate's recommended way, over the sqlx 0.8 that it is for: each operation runs in the scope of a tenant. A
//! statement by itself is three round trips: the pool's ping (its default, before each acquire), `set_config(…, false)`
//! and the statement. After it is given back come `RESET` and another ping, which cost a place in the pool and not the
//! statement's time. A transaction pays the first two once, and `BEGIN` and `COMMIT`.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sqlx08::postgres::{PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx08::{FromRow, Row as _};
use tenaxum::TenantId;
use tenaxum::pool::{scope_tenant, with_tenant_hooks};
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::dataset::Role;
use crate::draw::Draw;
use crate::item::{FRESH, name};
use crate::place::{POOL, Place};

pub(crate) struct Tenaxum {
    pool: PgPool,
}

async fn connect(place: &Place<'_>) -> anyhow::Result<PgPool> {
    let options = with_tenant_hooks(PgPoolOptions::new().max_connections(POOL));
    options.connect(&place.url(Role::Bound)).await.context("sqlx 0.8 cannot connect")
}

inventory::submit! {
    Contender {
        id: "tenaxum",
        title: "tenaxum",
        about: "hooks of sqlx 0.8's pool: a ping and `set_config('app.tenant_id', …, false)` before each acquire, `RESET` \
                and another ping after each release; the same policies",
        row: 12,
        open: |place| Box::pin(async move { Ok(Arc::new(Tenaxum { pool: connect(place).await? }) as _) }),
    }
}

/// A row. The derive of `FromRow` means the crate that is named `sqlx`, which is another version here.
struct Item {
    id: Uuid,
    _tenant_id: Uuid,
    _name: String,
    _status: String,
    _amount: i64,
    _done: bool,
    _note: Option<String>,
    _created_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for Item {
    fn from_row(row: &PgRow) -> sqlx08::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            _tenant_id: row.try_get("tenant_id")?,
            _name: row.try_get("name")?,
            _status: row.try_get("status")?,
            _amount: row.try_get("amount")?,
            _done: row.try_get("done")?,
            _note: row.try_get("note")?,
            _created_at: row.try_get("created_at")?,
        })
    }
}

async fn point_read(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let item: Option<Item> = sqlx08::query_as(
        "SELECT id, tenant_id, name, status, amount, done, note, created_at \
         FROM items WHERE tenant_id = $1 AND id = $2",
    )
    .bind(draw.tenant)
    .bind(draw.id)
    .fetch_optional(connection)
    .await?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

async fn page(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let items: Vec<Item> = sqlx08::query_as(
        "SELECT id, tenant_id, name, status, amount, done, note, created_at \
         FROM items WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT $2",
    )
    .bind(draw.tenant)
    .bind(50_i64)
    .fetch_all(connection)
    .await?;
    Ok(items.len() as u64)
}

async fn insert(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx08::query(
        "INSERT INTO items (tenant_id, id, name, status, amount, done, note) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(draw.tenant)
    .bind(draw.id)
    .bind(name(draw.id))
    .bind(FRESH)
    .bind(12_345_i64)
    .bind(false)
    .bind(None::<String>)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn update(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx08::query("UPDATE items SET amount = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(draw.tenant)
        .bind(draw.id)
        .bind(54_321_i64)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn delete(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx08::query("DELETE FROM items WHERE tenant_id = $1 AND id = $2")
        .bind(draw.tenant)
        .bind(draw.id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn five(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let fresh = draw.fresh();
    let rows = point_read(&mut *connection, draw).await?
        + update(&mut *connection, draw).await?
        + insert(&mut *connection, &fresh).await?
        + point_read(&mut *connection, &fresh).await?
        + delete(&mut *connection, &fresh).await?;
    Ok(rows)
}

macro_rules! cells {
    ($($workload:literal => $statement:path),*) => {$(
        cell!(Tenaxum, "tenaxum", $workload, |tenaxum, draw| {
            scope_tenant(TenantId::from(draw.tenant), async {
                $statement(&mut *tenaxum.pool.acquire().await?, draw).await
            })
            .await
        });
    )*};
}
cells!(
    "point-read" => point_read,
    "page" => page,
    "insert" => insert,
    "update" => update,
    "delete" => delete
);
cell!(Tenaxum, "tenaxum", "transaction", |tenaxum, draw| {
    scope_tenant(TenantId::from(draw.tenant), async {
        let mut tx = tenaxum.pool.begin().await?;
        let rows = five(&mut tx, draw).await?;
        tx.commit().await?;
        Ok(rows)
    })
    .await
});
