//! SeaORM, without row-level security: what keeps tenants apart is that nobody forgets a `.filter(…)`.
//!
//! SeaORM is over sqlx and its pool, with that pool's defaults: each statement by itself is two round trips, the ping
//! before the connection is lent and the statement, and another ping after it is given back costs a place in the pool
//! and not the statement's time. A transaction pays the first ping once, and `BEGIN` and `COMMIT`.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures_util::TryStreamExt as _;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, TransactionTrait as _,
};
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::dataset::Role;
use crate::draw::Draw;
use crate::item::{BULK, FRESH, name};
use crate::place::{POOL, Place};

/// The entity.
#[allow(unreachable_pub, reason = "SeaORM derives public items")]
mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        pub name: String,
        pub status: String,
        pub amount: i64,
        pub done: bool,
        pub note: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use item::{ActiveModel, Column, Entity as Items};

pub(crate) struct SeaOrm {
    db: DatabaseConnection,
}

async fn connect(place: &Place<'_>) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(place.url(Role::Floor));
    options.max_connections(POOL).sqlx_logging(false);
    Database::connect(options).await.context("SeaORM cannot connect")
}

inventory::submit! {
    Contender {
        id: "sea-orm",
        title: "SeaORM 2, no RLS",
        about: "`.filter(Column::TenantId.eq(…))` by hand, as a role with `BYPASSRLS`; on sqlx's pool with its defaults: \
                a ping before each acquire, and one after each release",
        row: 30,
        open: |place| Box::pin(async move { Ok(Arc::new(SeaOrm { db: connect(place).await? }) as _) }),
    }
}

fn new_item(tenant: Uuid, id: Uuid) -> ActiveModel {
    ActiveModel {
        id: Set(id),
        tenant_id: Set(tenant),
        name: Set(name(id)),
        status: Set(FRESH.to_owned()),
        amount: Set(12_345),
        done: Set(false),
        note: Set(None),
        created_at: NotSet,
    }
}

async fn point_read(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let item =
        Items::find().filter(Column::TenantId.eq(draw.tenant)).filter(Column::Id.eq(draw.id)).one(db).await?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

async fn page(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let items = Items::find()
        .filter(Column::TenantId.eq(draw.tenant))
        .order_by_desc(Column::CreatedAt)
        .limit(50)
        .all(db)
        .await?;
    Ok(items.len() as u64)
}

async fn insert(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    // `exec` would have the keys returned, which are known.
    Ok(Items::insert(new_item(draw.tenant, draw.id)).exec_without_returning(db).await?)
}

async fn update(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let done = Items::update_many()
        .col_expr(Column::Amount, Expr::value(54_321_i64))
        .filter(Column::TenantId.eq(draw.tenant))
        .filter(Column::Id.eq(draw.id))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

async fn delete(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let done = Items::delete_many()
        .filter(Column::TenantId.eq(draw.tenant))
        .filter(Column::Id.eq(draw.id))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

async fn five(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let fresh = draw.fresh();
    let rows = point_read(db, draw).await?
        + update(db, draw).await?
        + insert(db, &fresh).await?
        + point_read(db, &fresh).await?
        + delete(db, &fresh).await?;
    Ok(rows)
}

/// Two statements of one text: seven parameters a row, and PostgreSQL takes no more than 65,535.
async fn bulk_insert(db: &impl ConnectionTrait, draw: &Draw) -> anyhow::Result<u64> {
    let mut rows = 0;
    for _ in 0..2 {
        let items = (0..BULK / 2).map(|_| new_item(draw.tenant, Uuid::new_v4()));
        rows += Items::insert_many(items).exec_without_returning(db).await?;
    }
    Ok(rows)
}

async fn stream(db: &DatabaseConnection, draw: &Draw) -> anyhow::Result<u64> {
    let mut items = Items::find().filter(Column::TenantId.eq(draw.tenant)).stream(db).await?;
    let mut rows = 0;
    while let Some(item) = items.try_next().await? {
        ensure!(item.tenant_id == draw.tenant, "a row of another tenant");
        rows += 1;
    }
    Ok(rows)
}

macro_rules! cells {
    ($($workload:literal => $statement:path),*) => {$(
        cell!(SeaOrm, "sea-orm", $workload, |sea, draw| { $statement(&sea.db, draw).await });
    )*};
}
cells!(
    "point-read" => point_read,
    "page" => page,
    "insert" => insert,
    "update" => update,
    "delete" => delete,
    "stream" => stream
);

macro_rules! cells_in_transaction {
    ($($workload:literal => $statements:path),*) => {$(
        cell!(SeaOrm, "sea-orm", $workload, |sea, draw| {
            let tx = sea.db.begin().await?;
            let rows = $statements(&tx, draw).await?;
            tx.commit().await?;
            Ok(rows)
        });
    )*};
}
cells_in_transaction!("transaction" => five, "bulk-insert" => bulk_insert);
