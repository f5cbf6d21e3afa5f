//! This library: by itself, and with every statement in a transaction.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use tenancy::db::TenantDb;
use tenancy::{Executor, TenantScoped as _};
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::draw::Draw;
use crate::item::{BULK, Item, SCHEMA, new_item};
use crate::place::{POOL, Place};

pub(crate) struct Ours {
    db: TenantDb,
}

async fn connect(place: &Place<'_>) -> anyhow::Result<TenantDb> {
    let builder = TenantDb::builder(place.app()).trust(place.authority.authority()).schema(&SCHEMA);
    Ok(builder.max_connections(POOL).connect().await?)
}

inventory::submit! {
    Contender {
        id: "tenancy",
        title: "**tenancy**",
        about: "one bind parameter is the predicate and binds row-level security",
        row: 2,
        open: |place| Box::pin(async move { Ok(Arc::new(Ours { db: connect(place).await? }) as _) }),
    }
}

inventory::submit! {
    Contender {
        id: "tenancy-tx",
        title: "**tenancy**, in a transaction",
        about: "`begin`, the statement, `commit`",
        row: 3,
        open: |place| Box::pin(async move { Ok(Arc::new(Ours { db: connect(place).await? }) as _) }),
    }
}

async fn point_read<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    let item = Item::find_by_id(&draw.token, draw.id).fetch_optional(executor).await?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

async fn page<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    let items =
        Item::find(&draw.token).order_by(|item| item.created_at.desc()).limit(50).fetch_all(executor).await?;
    Ok(items.len() as u64)
}

async fn insert<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    Item::insert(&draw.token, new_item(draw.id)).execute(executor).await?;
    Ok(1)
}

async fn update<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    let update = Item::update(&draw.token).filter(|item| item.id.eq(draw.id)).set(|item| item.amount, 54_321);
    Ok(update.execute(executor).await?)
}

async fn delete<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    Ok(Item::delete(&draw.token).filter(|item| item.id.eq(draw.id)).execute(executor).await?)
}

async fn five(db: &TenantDb, draw: &Draw) -> anyhow::Result<u64> {
    let fresh = draw.fresh();
    let mut tx = db.begin(&draw.token).await?;
    let rows = point_read(&mut tx, draw).await?
        + update(&mut tx, draw).await?
        + insert(&mut tx, &fresh).await?
        + point_read(&mut tx, &fresh).await?
        + delete(&mut tx, &fresh).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn bulk_insert<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    let items = (0..BULK).map(|_| new_item(Uuid::new_v4()));
    Ok(Item::insert_many(&draw.token, items).execute(executor).await?)
}

async fn stream<'c>(executor: impl Executor<'c>, draw: &Draw) -> anyhow::Result<u64> {
    let mut items = Item::find(&draw.token).fetch(executor);
    let mut rows = 0;
    while let Some(item) = items.try_next().await? {
        anyhow::ensure!(item.tenant_id == draw.token.tenant(), "a row of another tenant");
        rows += 1;
    }
    Ok(rows)
}

macro_rules! cells {
    ($($workload:literal => $statement:path),*) => {$(
        cell!(Ours, "tenancy", $workload, |ours, draw| { $statement(&ours.db, draw).await });
        cell!(Ours, "tenancy-tx", $workload, |ours, draw| {
            let mut tx = ours.db.begin(&draw.token).await?;
            let rows = $statement(&mut tx, draw).await?;
            tx.commit().await?;
            Ok(rows)
        });
    )*};
}
cells!(
    "point-read" => point_read,
    "page" => page,
    "insert" => insert,
    "update" => update,
    "delete" => delete,
    "bulk-insert" => bulk_insert,
    "stream" => stream
);
cell!(Ours, "tenancy-tx", "transaction", |ours, draw| { five(&ours.db, draw).await });
