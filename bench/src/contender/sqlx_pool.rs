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
        open: |place| Box::pin(async { Ok(Arc::new(SqlxPool(pool(place, false).await?)) as _) }),
    }
}

macro_rules! cells {
    ($contender:literal: $($workload:literal => $statement:path),*) => {
        $(cell!(SqlxPool, $contender, $workload, |pool, draw| { $statement(&mut *pool.0.acquire().await?, draw).await });)*
        cell!(SqlxPool, $contender, "transaction", |pool, draw| {
            let mut tx = pool.0.begin().await?;
            let rows = hand::five(&mut tx, draw).await?;
            tx.commit().await?;
            Ok(rows)
        });
    };
    ($contender:literal) => {
        cells!(
            $contender:
            "point-read" => hand::point_read,
            "page" => hand::page,
            "insert" => hand::insert,
            "update" => hand::update,
            "delete" => hand::delete
        );
    };
}
cells!("sqlx-pool");
cells!("sqlx-pool-no-pre-ping");
