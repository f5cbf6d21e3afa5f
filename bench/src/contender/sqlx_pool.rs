//! Hand-written sqlx on sqlx's own pool, without any isolation: what most programs run today.
//!
//! That pool asks a connection whether it is alive before it lends it (unless told not to), and again when it takes it
//! back, which costs no statement's time but a place in the pool.

use std::sync::Arc;

use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::cell::{Contender, cell};
use crate::contender::hand;
use crate::dataset::Role;
use crate::place::{POOL, Place};

pub(crate) struct SqlxPool(PgPool);
pub(crate) struct NoPrePing(PgPool);

async fn pool(place: &Place<'_>, ask: bool) -> anyhow::Result<PgPool> {
    let options = PgPoolOptions::new().max_connections(POOL).test_before_acquire(ask);
    Ok(options.connect_with(place.options(Role::Floor)).await?)
}

inventory::submit! {
    Contender {
        id: "sqlx-pool",
        title: "sqlx by hand, no RLS, sqlx's pool",
        about: "the floor's statements on sqlx's pool with its defaults: a ping before each acquire, and one after each release",
        row: 20,
        open: |place| Box::pin(async { Ok(Arc::new(SqlxPool(pool(place, true).await?)) as _) }),
    }
}

inventory::submit! {
    Contender {
        id: "sqlx-pool-no-pre-ping",
        title: "the same, `test_before_acquire(false)`",
        about: "the floor's statements on sqlx's pool without the ping before: the one after each release stays",
        row: 21,
        open: |place| Box::pin(async { Ok(Arc::new(NoPrePing(pool(place, false).await?)) as _) }),
    }
}

macro_rules! cells {
    ($type:ty, $contender:literal) => {
        cell!($type, $contender, "point-read", |pool, draw| {
            hand::point_read(&mut *pool.0.acquire().await?, draw).await
        });
        cell!($type, $contender, "page", |pool, draw| {
            hand::page(&mut *pool.0.acquire().await?, draw).await
        });
        cell!($type, $contender, "insert", |pool, draw| {
            hand::insert(&mut *pool.0.acquire().await?, draw).await
        });
        cell!($type, $contender, "update", |pool, draw| {
            hand::update(&mut *pool.0.acquire().await?, draw).await
        });
        cell!($type, $contender, "delete", |pool, draw| {
            hand::delete(&mut *pool.0.acquire().await?, draw).await
        });
        cell!($type, $contender, "transaction", |pool, draw| {
            let mut tx = pool.0.begin().await?;
            let rows = hand::five(&mut tx, draw).await?;
            tx.commit().await?;
            Ok(rows)
        });
    };
}
cells!(SqlxPool, "sqlx-pool");
cells!(NoPrePing, "sqlx-pool-no-pre-ping");
