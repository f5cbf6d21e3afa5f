//! What isolation costs a large load: `cargo xtask bench --loads`.
//!
//! `insert_stream` in a bound transaction, on a table with row-level security, beside the same batches of
//! `INSERT … SELECT … FROM unnest(…)` as a careful hand writes them with sqlx, and beside `COPY`, both on a table without: where
//! there is row-level security, PostgreSQL refuses `COPY … FROM`. Keys and indexes are the same, each load is one transaction of
//! one connection, its commit is within what is timed, and the table is empty again before the next one. What is compared are
//! loads of one round; the hand runs twice, so that its own noise shows. Client and server share one core.

#[path = "../one_core.rs"]
mod one_core;
#[path = "../statistics.rs"]
#[allow(dead_code, reason = "shared with the benchmark, which does more with it")]
mod statistics;

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures_util::stream::{self, Stream, StreamExt as _};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use statistics::Estimate;
use tenancy::prelude::*;
use tenancy_testkit::{TestAuthority, TestDb};
use uuid::Uuid;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "events", index(at))]
#[expect(dead_code, reason = "it is loaded, and never read")]
struct Event {
    #[tenancy(id)]
    id: Uuid,
    #[tenancy(tenant)]
    tenant_id: TenantId,
    at: i64,
    text: String,
    done: bool,
}

tenancy::schema! { SCHEMA: [Event] }

const ROWS: u64 = 50_000;
const BATCH: usize = 1_000;
const ROUNDS: usize = 30;
const TARGET: f64 = 0.9;

const TABLES: &str = "
    CREATE TABLE events (id uuid NOT NULL, tenant_id uuid NOT NULL, at bigint NOT NULL, text text NOT NULL,
                         done boolean NOT NULL);";

/// Keys and indexes as the isolated table has them.
const PLAIN: &str = "
    CREATE SCHEMA plain;
    CREATE TABLE plain.events (LIKE events);
    ALTER TABLE plain.events ADD PRIMARY KEY (tenant_id, id);
    CREATE INDEX ON plain.events (tenant_id, at);
    GRANT USAGE ON SCHEMA plain TO tenancy_app;
    GRANT ALL ON ALL TABLES IN SCHEMA plain TO tenancy_app";

/// The rows, each made when it is asked for. Every contender loads the same ones.
fn events() -> impl Stream<Item = NewEvent> + Send {
    stream::iter(0..ROWS).map(|i| NewEvent {
        // Spread over the index, as random ids are.
        id: Uuid::from_u128(u128::from(i.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64 | u128::from(i)),
        at: i as i64,
        text: format!("the text of event {i}"),
        done: i % 5 == 0,
    })
}

async fn ours(db: &TenantDb, token: &TenantToken) -> anyhow::Result<u64> {
    let mut tx = db.begin(token).await?;
    let rows = Event::insert_stream(&tx, events()).batch(BATCH).execute(&mut tx).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn by_hand(connection: &mut PgConnection, tenant: Uuid) -> anyhow::Result<u64> {
    let mut tx = connection.begin().await?;
    let mut rows = 0;
    let mut batches = std::pin::pin!(events().chunks(BATCH));
    while let Some(batch) = batches.next().await {
        let (mut ids, mut ats, mut texts, mut dones) = (
            Vec::with_capacity(BATCH),
            Vec::with_capacity(BATCH),
            Vec::with_capacity(BATCH),
            Vec::with_capacity(BATCH),
        );
        for event in batch {
            ids.push(event.id);
            ats.push(event.at);
            texts.push(event.text);
            dones.push(event.done);
        }
        let insert = sqlx::query(
            "INSERT INTO plain.events (tenant_id, id, at, text, done) SELECT $1, u.* FROM unnest($2, $3, $4, $5) AS u",
        );
        let insert = insert.bind(tenant).bind(ids).bind(ats).bind(texts).bind(dones);
        rows += insert.execute(&mut *tx).await?.rows_affected();
    }
    tx.commit().await?;
    Ok(rows)
}

async fn copy(connection: &mut PgConnection, tenant: Uuid) -> anyhow::Result<u64> {
    let mut tx = connection.begin().await?;
    let mut copy = tx.copy_in_raw("COPY plain.events (tenant_id, id, at, text, done) FROM STDIN").await?;
    let mut text = String::new();
    let mut batches = std::pin::pin!(events().chunks(BATCH));
    while let Some(batch) = batches.next().await {
        text.clear();
        for event in batch {
            let _ = writeln!(text, "{tenant}\t{}\t{}\t{}\t{}", event.id, event.at, event.text, event.done);
        }
        copy.send(text.as_bytes()).await?;
    }
    let rows = copy.finish().await?;
    tx.commit().await?;
    Ok(rows)
}

async fn run(connection: &mut PgConnection, sql: &str) -> anyhow::Result<()> {
    Ok(connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.map(drop)?)
}

const NAMES: [&str; 4] = ["`unnest` by hand", "`insert_stream`", "`unnest` by hand, again", "`COPY`"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    one_core::pin()?;
    let sql = SCHEMA.sql().map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let test = TestDb::builder().sql(TABLES).sql(sql).create().await?;
    let mut superuser = test.connect_as_superuser().await;
    run(&mut superuser, PLAIN).await?;
    let authority = TestAuthority::new();
    let db = TenantDb::builder(test.app()).trust(authority.authority()).schema(&SCHEMA).max_connections(1);
    let db = db.connect().await?;
    let mut hand = test.app().connect().await?;
    let tenant = TenantId::random();
    let token = authority.token(tenant).await;

    let mut seconds: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS + 2 {
        for turn in 0..seconds.len() {
            let at = (round + turn) % seconds.len();
            run(&mut superuser, "TRUNCATE events, plain.events; CHECKPOINT").await?;
            let began = Instant::now();
            let rows = match at {
                1 => ours(&db, &token).await?,
                3 => copy(&mut hand, tenant.as_uuid()).await?,
                _ => by_hand(&mut hand, tenant.as_uuid()).await?,
            };
            let took = began.elapsed().as_secs_f64();
            ensure!(rows == ROWS, "{}: {rows} rows", NAMES[at]);
            // The first rounds are for caches.
            if round >= 2 {
                seconds[at].push(took);
            }
        }
    }
    println!("| load of {ROWS} rows | rows a second, median | of `unnest` by hand |\n|---|---|---|");
    for (name, times) in NAMES.iter().zip(&seconds) {
        let ratios: Vec<f64> = seconds[0].iter().zip(times).map(|(hand, time)| hand / time).collect();
        let ratio = Estimate::median(&ratios).context("rounds")?;
        let median = Estimate::median(times).context("rounds")?.value;
        let missed = if ratio.value + ratio.noise < TARGET { " (**missed**)" } else { "" };
        println!(
            "| {name} | {:.0} | {:.3} ± {:.3}{missed} |",
            ROWS as f64 / median,
            ratio.value,
            ratio.noise
        );
    }
    println!("\nThe target is {TARGET} for `insert_stream`.");
    Ok(())
}
