//! The production guide's way: a transaction around every statement, with the tenant in a local setting.

use std::sync::Arc;

use sqlx::{Connection as _, Postgres, Transaction};

use crate::cell::{Contender, cell};
use crate::contender::floor::{PlainPool, plain_pool};
use crate::contender::hand;
use crate::dataset::Role;
use crate::draw::Draw;

pub(crate) struct Guide {
    pool: PlainPool,
}

inventory::submit! {
    Contender {
        id: "guide",
        title: "sqlx by hand, `set_config` in a transaction",
        about: "`BEGIN`, `set_config('app.tenant_id', …, true)`, the statement, `COMMIT`; the same policies and the floor's pool",
        row: 10,
        open: |place| Box::pin(async { Ok(Arc::new(Guide { pool: plain_pool(place.options(Role::Bound))? }) as _) }),
    }
}

async fn bind(tx: &mut Transaction<'_, Postgres>, draw: &Draw) -> anyhow::Result<()> {
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(draw.tenant.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

macro_rules! cells {
    ($($workload:literal => $statement:path),*) => {$(
        cell!(Guide, "guide", $workload, |guide, draw| {
            let mut connection = guide.pool.get().await?;
            let mut tx = connection.begin().await?;
            bind(&mut tx, draw).await?;
            let rows = $statement(&mut tx, draw).await?;
            tx.commit().await?;
            Ok(rows)
        });
    )*};
}
cells!(
    "point-read" => hand::point_read,
    "page" => hand::page,
    "insert" => hand::insert,
    "update" => hand::update,
    "delete" => hand::delete,
    "transaction" => hand::five,
    "bulk-insert" => hand::bulk_insert,
    "stream" => hand::stream
);
