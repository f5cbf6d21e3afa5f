//! The floor: hand-written sqlx, no row-level security, a pool that asks nothing. Nothing over sqlx can be faster.

use std::sync::Arc;

use deadpool::managed::{self, Metrics, QueueMode, RecycleResult};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::cell::{Contender, cell};
use crate::contender::hand;
use crate::dataset::Role;
use crate::place::POOL;

/// A pool of plain connections that neither pings nor resets them.
pub(crate) struct Plain(PgConnectOptions);

pub(crate) type PlainPool = managed::Pool<Plain>;

impl managed::Manager for Plain {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        self.0.connect().await
    }

    async fn recycle(&self, _: &mut PgConnection, _: &Metrics) -> RecycleResult<sqlx::Error> {
        Ok(())
    }
}

pub(crate) fn plain_pool(options: PgConnectOptions) -> anyhow::Result<PlainPool> {
    // As `tenancy` sets it up.
    Ok(managed::Pool::builder(Plain(options)).max_size(POOL as usize).queue_mode(QueueMode::Lifo).build()?)
}

pub(crate) struct Floor {
    pool: PlainPool,
}

inventory::submit! {
    Contender {
        id: "floor",
        title: "sqlx by hand, no RLS (the floor)",
        about: "`WHERE tenant_id = $1` by hand, as a role with `BYPASSRLS`, on a pool (deadpool) that never pings",
        row: 0,
        open: |place| Box::pin(async { Ok(Arc::new(Floor { pool: plain_pool(place.options(Role::Floor))? }) as _) }),
    }
}

// The same contender once more: what it differs by from itself is the noise of the method.
inventory::submit! {
    Contender {
        id: "control",
        title: "the floor again (control)",
        about: "the floor once more, with a pool of its own: by how much it differs from itself is the method's noise",
        row: 1,
        open: |place| Box::pin(async { Ok(Arc::new(Floor { pool: plain_pool(place.options(Role::Floor))? }) as _) }),
    }
}

macro_rules! cells {
    ($contender:literal: $($workload:literal => $statement:path),*) => {
        $(cell!(Floor, $contender, $workload, |floor, draw| { $statement(&mut *floor.pool.get().await?, draw).await });)*
        cell!(Floor, $contender, "transaction", |floor, draw| {
            let mut connection = floor.pool.get().await?;
            let mut tx = connection.begin().await?;
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
            "delete" => hand::delete,
            "bulk-insert" => hand::bulk_insert,
            "stream" => hand::stream
        );
    };
}
cells!("floor");
cells!("control");
