//! diesel on diesel-async, without row-level security: what keeps tenants apart is that nobody forgets a `.filter(…)`.
//!
//! The pool is diesel-async's deadpool with its defaults: `RecyclingMethod::Verified` asks `SELECT 1` before each
//! connection is lent, so a statement by itself is two round trips. A transaction pays that ping once, and `BEGIN` and
//! `COMMIT`. Most statements are prepared once a connection. Those that diesel never keeps are prepared each time anew,
//! one round trip more: every `UPDATE`, and an `INSERT` of a `Vec`.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::dataset::Role;
use crate::draw::Draw;
use crate::item::{BULK, FRESH, name};
use crate::place::{POOL, Place};

diesel::table! {
    items (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        status -> Text,
        amount -> BigInt,
        done -> Bool,
        note -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = items, check_for_backend(diesel::pg::Pg))]
struct Item {
    id: Uuid,
    tenant_id: Uuid,
    #[diesel(column_name = name)]
    _name: String,
    #[diesel(column_name = status)]
    _status: String,
    #[diesel(column_name = amount)]
    _amount: i64,
    #[diesel(column_name = done)]
    _done: bool,
    #[diesel(column_name = note)]
    _note: Option<String>,
    #[diesel(column_name = created_at)]
    _created_at: DateTime<Utc>,
}

/// Were `None` the column's default, the text would depend on the values, and diesel would not keep it prepared.
#[derive(Insertable)]
#[diesel(table_name = items, treat_none_as_default_value = false)]
struct NewItem {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    status: &'static str,
    amount: i64,
    done: bool,
    note: Option<String>,
}

impl NewItem {
    fn new(tenant_id: Uuid, id: Uuid) -> Self {
        Self { id, tenant_id, name: name(id), status: FRESH, amount: 12_345, done: false, note: None }
    }
}

pub(crate) struct Diesel {
    pool: Pool<AsyncPgConnection>,
}

impl Diesel {
    fn new(place: &Place<'_>) -> anyhow::Result<Self> {
        let manager = AsyncDieselConnectionManager::new(place.url(Role::Floor));
        let pool = Pool::builder(manager).max_size(POOL as usize).build().context("no pool")?;
        Ok(Self { pool })
    }

    async fn get(&self) -> anyhow::Result<Object<AsyncPgConnection>> {
        self.pool.get().await.context("no connection")
    }
}

inventory::submit! {
    Contender {
        id: "diesel",
        title: "diesel 2 on diesel-async, no RLS",
        about: "`.filter(tenant_id.eq(…))` by hand, as a role with `BYPASSRLS`; on diesel-async's pool (deadpool) with \
                its default `RecyclingMethod::Verified`: a `SELECT 1` before each statement or transaction; \
                diesel prepares an `UPDATE`, and an `INSERT` of a `Vec`, each time anew",
        row: 31,
        open: |place| Box::pin(async { Ok(Arc::new(Diesel::new(place)?) as _) }),
    }
}

async fn point_read(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let item = items::table
        .filter(items::tenant_id.eq(draw.tenant))
        .filter(items::id.eq(draw.id))
        .select(Item::as_select())
        .first(connection)
        .await
        .optional()?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

async fn page(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let items = items::table
        .filter(items::tenant_id.eq(draw.tenant))
        .order(items::created_at.desc())
        .limit(50)
        .select(Item::as_select())
        .load(connection)
        .await?;
    Ok(items.len() as u64)
}

async fn insert(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let item = NewItem::new(draw.tenant, draw.id);
    Ok(diesel::insert_into(items::table).values(item).execute(connection).await? as u64)
}

async fn update(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let row = items::table.filter(items::tenant_id.eq(draw.tenant)).filter(items::id.eq(draw.id));
    Ok(diesel::update(row).set(items::amount.eq(54_321_i64)).execute(connection).await? as u64)
}

async fn delete(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let row = items::table.filter(items::tenant_id.eq(draw.tenant)).filter(items::id.eq(draw.id));
    Ok(diesel::delete(row).execute(connection).await? as u64)
}

async fn five(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let fresh = draw.fresh();
    let rows = point_read(connection, draw).await?
        + update(connection, draw).await?
        + insert(connection, &fresh).await?
        + point_read(connection, &fresh).await?
        + delete(connection, &fresh).await?;
    Ok(rows)
}

/// Two statements: seven parameters a row, and PostgreSQL takes no more than 65,535.
async fn bulk_insert(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let mut rows = 0;
    for _ in 0..2 {
        let items: Vec<NewItem> = (0..BULK / 2).map(|_| NewItem::new(draw.tenant, Uuid::new_v4())).collect();
        rows += diesel::insert_into(items::table).values(items).execute(connection).await? as u64;
    }
    Ok(rows)
}

async fn stream(connection: &mut AsyncPgConnection, draw: &Draw) -> anyhow::Result<u64> {
    let mut items = items::table
        .filter(items::tenant_id.eq(draw.tenant))
        .select(Item::as_select())
        .load_stream(connection)
        .await?;
    let mut rows = 0;
    while let Some(item) = items.try_next().await? {
        ensure!(item.tenant_id == draw.tenant, "a row of another tenant");
        rows += 1;
    }
    Ok(rows)
}

macro_rules! cells {
    ($($workload:literal => $statement:path),*) => {$(
        cell!(Diesel, "diesel", $workload, |diesel, draw| { $statement(&mut *diesel.get().await?, draw).await });
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
        cell!(Diesel, "diesel", $workload, |diesel, draw| {
            let mut connection = diesel.get().await?;
            connection.transaction(async |tx| $statements(tx, draw).await).await
        });
    )*};
}
cells_in_transaction!("transaction" => five, "bulk-insert" => bulk_insert);
