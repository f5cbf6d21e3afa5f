//! The production guide's way without its waiting: tokio-postgres, which pipelines what is polled together.
//!
//! A statement by itself is one round trip: `BEGIN`, `set_config(…)`, the statement and `COMMIT` are written before
//! the first answer is read, and the server works through them in turn. The transaction of five is five round trips:
//! `BEGIN` and `set_config(…)` go out with its first statement and `COMMIT` with its last one, and between them each
//! answer is awaited, as an application does that looks at what it has read. The pool (deadpool) asks nothing before
//! it lends (`RecyclingMethod::Fast`), and its connections keep their prepared statements.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::TryStreamExt as _;
use futures_util::future::{join, join3, join4};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row, Statement};
use uuid::Uuid;

use crate::cell::{Contender, cell};
use crate::dataset::Role;
use crate::draw::Draw;
use crate::item::{BULK, FRESH, name};
use crate::place::{POOL, Place};

pub(crate) struct Pipelined {
    pool: Pool,
}

fn pool(place: &Place<'_>) -> anyhow::Result<Pool> {
    let config: Config = place.url(Role::Bound).parse().context("no URL for tokio-postgres")?;
    let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, fast);
    Pool::builder(manager).max_size(POOL as usize).build().context("no pool")
}

inventory::submit! {
    Contender {
        id: "pipelined",
        title: "tokio-postgres by hand, the same pipelined",
        about: "`BEGIN`, `set_config('app.tenant_id', …, true)`, the statement and `COMMIT` sent together, one round \
                trip; the same policies, on a pool (deadpool, `RecyclingMethod::Fast`) that never pings",
        row: 11,
        open: |place| Box::pin(async { Ok(Arc::new(Pipelined { pool: pool(place)? }) as _) }),
    }
}

/// A row, by the places of its columns in every `SELECT` below.
struct Item {
    id: Uuid,
    tenant_id: Uuid,
    _name: String,
    _status: String,
    _amount: i64,
    _done: bool,
    _note: Option<String>,
    _created_at: DateTime<Utc>,
}

impl TryFrom<&Row> for Item {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            tenant_id: row.try_get(1)?,
            _name: row.try_get(2)?,
            _status: row.try_get(3)?,
            _amount: row.try_get(4)?,
            _done: row.try_get(5)?,
            _note: row.try_get(6)?,
            _created_at: row.try_get(7)?,
        })
    }
}

type Result<T, E = tokio_postgres::Error> = std::result::Result<T, E>;

const BIND: &str = "SELECT set_config('app.tenant_id', $1, true)";

const POINT_READ: &str = "SELECT id, tenant_id, name, status, amount, done, note, created_at \
    FROM items WHERE tenant_id = $1 AND id = $2";

const PAGE: &str = "SELECT id, tenant_id, name, status, amount, done, note, created_at \
    FROM items WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT $2";

const INSERT: &str = "INSERT INTO items (tenant_id, id, name, status, amount, done, note) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const UPDATE: &str = "UPDATE items SET amount = $3 WHERE tenant_id = $1 AND id = $2";

const DELETE: &str = "DELETE FROM items WHERE tenant_id = $1 AND id = $2";

const BULK_INSERT: &str = "INSERT INTO items (tenant_id, id, name, status, amount, done, note) \
    SELECT $1, u.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int8[], $6::bool[], $7::text[]) AS u";

const STREAM: &str = "SELECT id, tenant_id, name, status, amount, done, note, created_at \
    FROM items WHERE tenant_id = $1";

/// Runs a statement, which must be prepared, in a transaction of its own that is bound to the tenant.
///
/// `join4` polls in this order and each future sends when it is first polled, so all four are on their way before any
/// of them is answered. It also waits for all of them whatever fails: `COMMIT` is always sent, and rolls back what has
/// failed, so the connection never goes back to the pool within a transaction.
async fn alone<T>(client: &Object, draw: &Draw, statement: impl Future<Output = Result<T>>) -> Result<T> {
    let bind = client.prepare_cached(BIND).await?;
    let tenant = draw.tenant.to_string();
    let (begun, bound, done, committed) = join4(
        client.batch_execute("BEGIN"),
        client.execute(&bind, &[&tenant]),
        statement,
        client.batch_execute("COMMIT"),
    )
    .await;
    begun?;
    bound?;
    let done = done?;
    committed?;
    Ok(done)
}

async fn point_read(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    let row = client.query_opt(statement, &[&draw.tenant, &draw.id]).await?;
    let item = row.as_ref().map(Item::try_from).transpose()?;
    Ok(item.iter().filter(|item| item.id == draw.id).count() as u64)
}

async fn page(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    let rows = client.query(statement, &[&draw.tenant, &50_i64]).await?;
    let items: Vec<Item> = rows.iter().map(Item::try_from).collect::<Result<_>>()?;
    Ok(items.len() as u64)
}

async fn insert(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    let (name, note) = (name(draw.id), None::<String>);
    let values: &[&(dyn ToSql + Sync)] = &[&draw.tenant, &draw.id, &name, &FRESH, &12_345_i64, &false, &note];
    client.execute(statement, values).await
}

async fn update(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    client.execute(statement, &[&draw.tenant, &draw.id, &54_321_i64]).await
}

async fn delete(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    client.execute(statement, &[&draw.tenant, &draw.id]).await
}

async fn bulk_insert(client: &Object, statement: &Statement, draw: &Draw) -> Result<u64> {
    let ids: Vec<Uuid> = (0..BULK).map(|_| Uuid::new_v4()).collect();
    let names: Vec<String> = ids.iter().map(|id| name(*id)).collect();
    let (statuses, amounts) = (vec![FRESH; BULK], vec![12_345_i64; BULK]);
    let (dones, notes) = (vec![false; BULK], vec![None::<String>; BULK]);
    let values: &[&(dyn ToSql + Sync)] = &[&draw.tenant, &ids, &names, &statuses, &amounts, &dones, &notes];
    client.execute(statement, values).await
}

/// How many rows there are, and how many of them are the tenant's.
async fn stream(client: &Object, statement: &Statement, draw: &Draw) -> Result<(u64, u64)> {
    let mut rows = std::pin::pin!(client.query_raw(statement, [&draw.tenant]).await?);
    let (mut all, mut own) = (0, 0);
    while let Some(row) = rows.try_next().await? {
        let item = Item::try_from(&row)?;
        all += 1;
        own += u64::from(item.tenant_id == draw.tenant);
    }
    Ok((all, own))
}

/// A connection within a transaction. Where it is dropped there, by an error or because the operation was cancelled,
/// it is closed, which rolls back, and not lent again: this pool would not notice.
struct Begun(Option<Object>);

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

/// The five statements, each awaited, in one transaction.
async fn five(client: Object, draw: &Draw) -> anyhow::Result<u64> {
    let bind = client.prepare_cached(BIND).await?;
    let read = client.prepare_cached(POINT_READ).await?;
    let write = client.prepare_cached(UPDATE).await?;
    let add = client.prepare_cached(INSERT).await?;
    let remove = client.prepare_cached(DELETE).await?;
    let tenant = draw.tenant.to_string();
    let fresh = draw.fresh();
    let mut begun = Begun(Some(client));
    let client = begun.0.as_ref().context("a connection")?;
    let (begin, bound, found) = join3(
        client.batch_execute("BEGIN"),
        client.execute(&bind, &[&tenant]),
        point_read(client, &read, draw),
    )
    .await;
    begin?;
    bound?;
    let mut rows = found?;
    rows += update(client, &write, draw).await?;
    rows += insert(client, &add, &fresh).await?;
    rows += point_read(client, &read, &fresh).await?;
    let (deleted, committed) = join(delete(client, &remove, &fresh), client.batch_execute("COMMIT")).await;
    rows += deleted?;
    committed?;
    // Back to the pool, as it is within no transaction any more.
    drop(begun.0.take());
    Ok(rows)
}

macro_rules! cells {
    ($($workload:literal => $text:ident, $statement:path);*) => {$(
        cell!(Pipelined, "pipelined", $workload, |pipelined, draw| {
            let client = pipelined.pool.get().await.context("no connection")?;
            let statement = client.prepare_cached($text).await?;
            Ok(alone(&client, draw, $statement(&client, &statement, draw)).await?)
        });
    )*};
}
cells!(
    "point-read" => POINT_READ, point_read;
    "page" => PAGE, page;
    "insert" => INSERT, insert;
    "update" => UPDATE, update;
    "delete" => DELETE, delete;
    "bulk-insert" => BULK_INSERT, bulk_insert
);
cell!(Pipelined, "pipelined", "stream", |pipelined, draw| {
    let client = pipelined.pool.get().await.context("no connection")?;
    let statement = client.prepare_cached(STREAM).await?;
    let (all, own) = alone(&client, draw, stream(&client, &statement, draw)).await?;
    ensure!(all == own, "a row of another tenant");
    Ok(all)
});
cell!(Pipelined, "pipelined", "transaction", |pipelined, draw| {
    five(pipelined.pool.get().await.context("no connection")?, draw).await
});
