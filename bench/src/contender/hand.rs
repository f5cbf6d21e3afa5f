//! The statements that a careful hand writes with sqlx: one text each, the tenant in every one of them.

use anyhow::ensure;
use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::draw::Draw;
use crate::item::{BULK, FRESH, Item, name};

/// A text with the columns in it, put together while compiling.
macro_rules! sql {
    ($before:literal, $after:literal) => {
        concat!($before, "id, tenant_id, name, status, amount, done, note, created_at", $after)
    };
}

pub(crate) async fn point_read(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let item: Option<Item> = sqlx::query_as(sql!("SELECT ", " FROM items WHERE tenant_id = $1 AND id = $2"))
        .bind(draw.tenant)
        .bind(draw.id)
        .fetch_optional(connection)
        .await?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

pub(crate) async fn page(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let items: Vec<Item> =
        sqlx::query_as(sql!("SELECT ", " FROM items WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT $2"))
            .bind(draw.tenant)
            .bind(50_i64)
            .fetch_all(connection)
            .await?;
    Ok(items.len() as u64)
}

pub(crate) async fn insert(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx::query(
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

pub(crate) async fn update(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx::query("UPDATE items SET amount = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(draw.tenant)
        .bind(draw.id)
        .bind(54_321_i64)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

pub(crate) async fn delete(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let done = sqlx::query("DELETE FROM items WHERE tenant_id = $1 AND id = $2")
        .bind(draw.tenant)
        .bind(draw.id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// The five statements of the workload `transaction`, without what stands around them.
pub(crate) async fn five(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let fresh = draw.fresh();
    let rows = point_read(&mut *connection, draw).await?
        + update(&mut *connection, draw).await?
        + insert(&mut *connection, &fresh).await?
        + point_read(&mut *connection, &fresh).await?
        + delete(&mut *connection, &fresh).await?;
    Ok(rows)
}

pub(crate) async fn bulk_insert(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let ids: Vec<Uuid> = (0..BULK).map(|_| Uuid::new_v4()).collect();
    let names: Vec<String> = ids.iter().map(|id| name(*id)).collect();
    let done = sqlx::query(
        "INSERT INTO items (tenant_id, id, name, status, amount, done, note)
         SELECT $1, u.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int8[], $6::bool[], $7::text[]) AS u",
    )
    .bind(draw.tenant)
    .bind(ids)
    .bind(names)
    .bind(vec![FRESH; BULK])
    .bind(vec![12_345_i64; BULK])
    .bind(vec![false; BULK])
    .bind(vec![None::<String>; BULK])
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

pub(crate) async fn stream(connection: &mut PgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let mut items = sqlx::query_as::<_, Item>(sql!("SELECT ", " FROM items WHERE tenant_id = $1"))
        .bind(draw.tenant)
        .fetch(connection);
    let mut rows = 0;
    while let Some(item) = items.try_next().await? {
        ensure!(item.tenant_id == draw.token.tenant(), "a row of another tenant");
        rows += 1;
    }
    Ok(rows)
}
