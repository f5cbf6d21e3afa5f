//! The limit: the same binding and the same policies, each statement written by hand over the same driver and pool.
//!
//! What this costs over the floor is PostgreSQL's own work (the domain's CHECK, the policy), and no implementation over
//! sqlx can cost less. What `tenancy` costs over this is its own.

use std::sync::Arc;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::contender::floor::{PlainPool, plain_pool};
use crate::dataset::Role;
use crate::item::{FRESH, Item, name};

pub(crate) struct ByHand {
    pool: PlainPool,
}

inventory::submit! {
    Contender {
        id: "limit",
        title: "the binding by hand (the limit)",
        about: "the statement that `tenancy` sends, as a literal: what PostgreSQL and sqlx cost whoever binds this way",
        row: 4,
        open: |place| Box::pin(async { Ok(Arc::new(ByHand { pool: plain_pool(place.options(Role::Bound))? }) as _) }),
    }
}

/// A tenant, declared as the domain that binds it.
struct Bound(Uuid);

impl Type<Postgres> for Bound {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("tenancy.bound")
    }
}

impl Encode<'_, Postgres> for Bound {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&self.0, buffer)
    }
}

cell!(ByHand, "limit", "point-read", |hand, draw| {
    let item: Option<Item> = sqlx::query_as(
        "SELECT id, tenant_id, name, status, amount, done, note, created_at FROM items
         WHERE tenant_id = $1::tenancy.bound AND id = $2",
    )
    .bind(Bound(draw.tenant))
    .bind(draw.id)
    .fetch_optional(&mut *hand.pool.get().await?)
    .await?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
});

cell!(ByHand, "limit", "page", |hand, draw| {
    let items: Vec<Item> = sqlx::query_as(
        "SELECT id, tenant_id, name, status, amount, done, note, created_at FROM items
         WHERE tenant_id = $1::tenancy.bound ORDER BY created_at DESC LIMIT $2",
    )
    .bind(Bound(draw.tenant))
    .bind(50_i64)
    .fetch_all(&mut *hand.pool.get().await?)
    .await?;
    Ok(items.len() as u64)
});

cell!(ByHand, "limit", "insert", |hand, draw| {
    let done = sqlx::query(
        "INSERT INTO items (tenant_id, id, name, status, amount, done, note)
         VALUES ($1::tenancy.bound, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Bound(draw.tenant))
    .bind(draw.id)
    .bind(name(draw.id))
    .bind(FRESH)
    .bind(12_345_i64)
    .bind(false)
    .bind(None::<String>)
    .execute(&mut *hand.pool.get().await?)
    .await?;
    Ok(done.rows_affected())
});

cell!(ByHand, "limit", "update", |hand, draw| {
    let done = sqlx::query("UPDATE items SET amount = $3 WHERE tenant_id = $1::tenancy.bound AND id = $2")
        .bind(Bound(draw.tenant))
        .bind(draw.id)
        .bind(54_321_i64)
        .execute(&mut *hand.pool.get().await?)
        .await?;
    Ok(done.rows_affected())
});

cell!(ByHand, "limit", "delete", |hand, draw| {
    let done = sqlx::query("DELETE FROM items WHERE tenant_id = $1::tenancy.bound AND id = $2")
        .bind(Bound(draw.tenant))
        .bind(draw.id)
        .execute(&mut *hand.pool.get().await?)
        .await?;
    Ok(done.rows_affected())
});
