//! What isolation costs the statements of the query surface: `cargo xtask bench --queries`.
//!
//! Joins, aggregates, subqueries, pages, upserts and bulk updates, each beside the statement that a careful hand writes with
//! sqlx over the same rows in tables without row-level security, on one connection of its own and without a pool. In each
//! round every contender runs a slice, and what is compared are slices of one round; the hand runs twice, so that its own
//! noise shows. Client and server share one core. Before anything is timed, all must come to the same number of rows.
//!
//! The *limit* is the same hand on the tables that tenancy isolates, with the tenant bound by the parameter: what PostgreSQL
//! asks for the binding and the policies, whoever wrote the statement.

#[path = "../one_core.rs"]
mod one_core;
#[path = "../statistics.rs"]
#[allow(dead_code, reason = "shared with the benchmark, which does more with it")]
mod statistics;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgConnection, PgTypeInfo};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use statistics::Estimate;
use tenancy::prelude::*;
use tenancy::sql;
use tenancy::statement::count;
use tenancy_testkit::{TestAuthority, TestDb};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, TenantScoped, sqlx::FromRow)]
#[tenancy(table = "lists", unique(name), insert_derive(Clone))]
struct List {
    #[tenancy(id)]
    id: Uuid,
    #[tenancy(tenant)]
    tenant_id: TenantId,
    name: String,
    #[tenancy(default)]
    hits: i64,
}

#[derive(Debug, Clone, PartialEq, TenantScoped, sqlx::FromRow)]
#[tenancy(table = "entries", index(rank))]
struct Entry {
    #[tenancy(id)]
    id: Uuid,
    #[tenancy(tenant)]
    tenant_id: TenantId,
    #[tenancy(references = List)]
    list_id: Uuid,
    text: String,
    rank: i64,
    done: bool,
}

tenancy::schema! { SCHEMA: [List, Entry] }

/// Of each tenant there are so many lists, and of each list so many entries.
const TENANTS: i64 = 200;
const LISTS: i64 = 20;
const ENTRIES: i64 = 25;

const ROUNDS: usize = 300;
const SLICE: usize = 10;
const TARGET: f64 = 1.10;

/// Both sides of one statement: `ours` on a [`TenantDb`], `hand` on a [`Hand`]. Each returns how many rows it came to.
struct Case {
    name: &'static str,
    ours: for<'a> fn(&'a Ours, &'a Draw) -> BoxFuture<'a, anyhow::Result<u64>>,
    hand: for<'a> fn(&'a mut Hand, &'a Draw) -> BoxFuture<'a, anyhow::Result<u64>>,
}

struct Ours {
    db: TenantDb,
}

/// What one operation is about.
struct Draw {
    token: TenantToken,
    tenant: Uuid,
    lists: Vec<(Uuid, String)>,
}

macro_rules! case {
    ($name:literal, |$ours:ident, $draw:ident| $mine:block, |$hand:ident, $theirs_draw:ident| $theirs:block) => {
        Case {
            name: $name,
            ours: |$ours, $draw| Box::pin(async move { $mine }),
            hand: |$hand, $theirs_draw| Box::pin(async move { $theirs }),
        }
    };
}

#[derive(sqlx::FromRow)]
struct Joined {
    #[sqlx(flatten)]
    entry: Entry,
    list_id2: Uuid,
    list_tenant: TenantId,
    name: String,
    hits: i64,
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    vec![
        case!(
            "join, 50 rows of two tables",
            |ours, draw| {
                let rows = Entry::find(&draw.token)
                    .inner_join(|e| e.list_id)
                    .order_by(|(e, _)| e.rank.asc())
                    .limit(50);
                Ok(rows.fetch_all(&ours.db).await?.len() as u64)
            },
            |hand, draw| {
                let rows: Vec<Joined> = sqlx::query_as(hand.text(
                    "SELECT e.id, e.tenant_id, e.list_id, e.text, e.rank, e.done,
                            l.id AS list_id2, l.tenant_id AS list_tenant, l.name, l.hits
                     FROM plain.entries e JOIN plain.lists l ON l.tenant_id = $1 AND l.id = e.list_id
                     WHERE e.tenant_id = $1 ORDER BY e.rank LIMIT $2",
                ))
                .bind(hand.tenant(draw))
                .bind(50_i64)
                .fetch_all(&mut hand.connection)
                .await?;
                let whole = |row: &Joined| {
                    row.entry.list_id == row.list_id2
                        && row.list_tenant == row.entry.tenant_id
                        && !row.name.is_empty()
                        && row.hits >= 0
                };
                Ok(rows.iter().filter(|row| whole(row)).count() as u64)
            }
        ),
        case!(
            "left join and groups, 20 of 500 rows",
            |ours, draw| {
                let rows = List::find(&draw.token)
                    .left_join_many(Entry::columns().list_id)
                    .group_by(|(l, _)| (l.id, l.name))
                    .order_by(|(_, name), _| name.asc())
                    .select(|(_, name), (_, e)| (name, e.id.count(), e.id.count().filter(e.done.eq(true))))
                    .fetch_all(&ours.db)
                    .await?;
                Ok(rows.len() as u64)
            },
            |hand, draw| {
                let rows: Vec<(String, i64, i64)> = sqlx::query_as(hand.text(
                    "SELECT l.name, count(e.id), count(e.id) FILTER (WHERE e.done = $2)
                     FROM plain.lists l LEFT JOIN plain.entries e ON e.tenant_id = $1 AND e.list_id = l.id
                     WHERE l.tenant_id = $1 GROUP BY l.id, l.name ORDER BY l.name",
                ))
                .bind(hand.tenant(draw))
                .bind(true)
                .fetch_all(&mut hand.connection)
                .await?;
                Ok(rows.len() as u64)
            }
        ),
        case!(
            "aggregates of 500 rows",
            |ours, draw| {
                let (rows, sum, _max) = Entry::find(&draw.token)
                    .aggregate(|e| (count(), e.rank.sum().or(0), e.rank.max()))
                    .fetch_one(&ours.db)
                    .await?;
                Ok(rows.unsigned_abs() + sum.unsigned_abs())
            },
            |hand, draw| {
                let (rows, sum, _max): (i64, i64, Option<i64>) = sqlx::query_as(hand.text(
"SELECT count(*), coalesce(sum(rank)::int8, $2), max(rank) FROM plain.entries WHERE tenant_id = $1",
))
                .bind(hand.tenant(draw))
                .bind(0_i64)
                .fetch_one(&mut hand.connection)
                .await?;
                Ok(rows.unsigned_abs() + sum.unsigned_abs())
            }
        ),
        case!(
            "lists of which an entry is done (`EXISTS`)",
            |ours, draw| {
                let lists = List::find(&draw.token)
                    .filter(|l| l.exists(Entry::columns().list_id, |e| e.done.eq(true)))
                    .fetch_all(&ours.db)
                    .await?;
                Ok(lists.len() as u64)
            },
            |hand, draw| {
                let lists: Vec<List> = sqlx::query_as(hand.text(
"SELECT id, tenant_id, name, hits FROM plain.lists l WHERE tenant_id = $1 AND EXISTS
                     (SELECT FROM plain.entries e WHERE e.tenant_id = $1 AND e.list_id = l.id AND e.done = $2)",
))
                .bind(hand.tenant(draw))
                .bind(true)
                .fetch_all(&mut hand.connection)
                .await?;
                Ok(lists.len() as u64)
            }
        ),
        case!(
            "a page of 50 after a key",
            |ours, draw| {
                let page = Entry::find(&draw.token)
                    .keyset(|e| (e.rank.asc(), e.id.asc()))
                    .after((200, Uuid::nil()))
                    .limit(50)
                    .fetch_all(&ours.db)
                    .await?;
                Ok(page.len() as u64)
            },
            |hand, draw| {
                let page: Vec<Entry> = sqlx::query_as(hand.text(
                    "SELECT id, tenant_id, list_id, text, rank, done FROM plain.entries
                     WHERE tenant_id = $1 AND (rank, id) > ($2, $3) ORDER BY rank, id LIMIT $4",
                ))
                .bind(hand.tenant(draw))
                .bind(200_i64)
                .bind(Uuid::nil())
                .bind(50_i64)
                .fetch_all(&mut hand.connection)
                .await?;
                Ok(page.len() as u64)
            }
        ),
        case!(
            "entries of 20 lists (`of_each`), 500 rows",
            |ours, draw| {
                let ids = draw.lists.iter().map(|list| list.0);
                let entries =
                    Entry::find(&draw.token).of_each(|e| e.list_id, ids).fetch_all(&ours.db).await?;
                Ok(entries.values().map(|entries| entries.len() as u64).sum())
            },
            |hand, draw| {
                let ids: Vec<Uuid> = draw.lists.iter().map(|list| list.0).collect();
                let entries: Vec<Entry> = sqlx::query_as(hand.text(
                    "SELECT id, tenant_id, list_id, text, rank, done FROM plain.entries
                     WHERE tenant_id = $1 AND list_id = ANY ($2)",
                ))
                .bind(hand.tenant(draw))
                .bind(ids)
                .fetch_all(&mut hand.connection)
                .await?;
                let mut each: HashMap<Uuid, Vec<Entry>> = HashMap::new();
                for entry in entries {
                    each.entry(entry.list_id).or_default().push(entry);
                }
                Ok(each.values().map(|entries| entries.len() as u64).sum())
            }
        ),
        case!(
            "upsert of a row that is there",
            |ours, draw| {
                let (_, name) = &draw.lists[0];
                let upsert = List::insert(&draw.token, NewList { id: Uuid::new_v4(), name: name.clone() })
                    .on_conflict(|k| k.name)
                    .do_update(|u| u.set(|l| l.hits, 7));
                Ok(upsert.execute(&ours.db).await?)
            },
            |hand, draw| {
                let done = sqlx::query(hand.text(
                    "INSERT INTO plain.lists AS l (tenant_id, id, name) VALUES ($1, $2, $3)
                     ON CONFLICT (tenant_id, name) DO UPDATE SET hits = $4 WHERE l.tenant_id = $1",
                ))
                .bind(hand.tenant(draw))
                .bind(Uuid::new_v4())
                .bind(&draw.lists[0].1)
                .bind(7_i64)
                .execute(&mut hand.connection)
                .await?;
                Ok(done.rows_affected())
            }
        ),
        case!(
            "20 rows changed by one statement (`update_many`)",
            |ours, draw| {
                let changes = draw.lists.iter().map(|list| list.0);
                Ok(List::update_many(&draw.token, changes, |id| *id)
                    .set(|l| l.hits, |_| 9)
                    .execute(&ours.db)
                    .await?)
            },
            |hand, draw| {
                let ids: Vec<Uuid> = draw.lists.iter().map(|list| list.0).collect();
                let done = sqlx::query(hand.text(
                    "UPDATE plain.lists l SET hits = u.hits FROM unnest($2, $3) AS u (id, hits)
                     WHERE l.tenant_id = $1 AND l.id = u.id",
                ))
                .bind(hand.tenant(draw))
                .bind(&ids)
                .bind(vec![9_i64; ids.len()])
                .execute(&mut hand.connection)
                .await?;
                Ok(done.rows_affected())
            }
        ),
        case!(
            "stream of 500 rows",
            |ours, draw| {
                let mut rows = Entry::find(&draw.token).fetch(&ours.db);
                let mut count = 0;
                while let Some(entry) = rows.try_next().await? {
                    count += u64::from(!entry.text.is_empty());
                }
                Ok(count)
            },
            |hand, draw| {
                let query = sqlx::query_as(hand.text(
                    "SELECT id, tenant_id, list_id, text, rank, done FROM plain.entries WHERE tenant_id = $1",
                ));
                let mut rows = query.bind(hand.tenant(draw)).fetch(&mut hand.connection);
                let mut count = 0;
                while let Some(entry) = rows.try_next().await? {
                    let entry: Entry = entry;
                    count += u64::from(!entry.text.is_empty());
                }
                Ok(count)
            }
        ),
        case!(
            "a report by hand (`sql!`), 20 of 500 rows",
            |ours, draw| {
                let (done, least) = (true, 1_i64);
                let rows: Vec<(String, i64, i64)> = sql!(
                    &draw.token,
                    "WITH counted AS (
                         SELECT list_id, count(*) AS n, max(rank) AS last FROM {Entry} e WHERE done = {done} GROUP BY list_id)
                     SELECT l.name, c.n, c.last FROM {List} l JOIN counted c ON c.list_id = l.id
                     WHERE c.n >= {least} ORDER BY c.n DESC, l.name"
                )
                .fetch_all(&ours.db)
                .await?;
                Ok(rows.len() as u64)
            },
            |hand, draw| {
                let rows: Vec<(String, i64, i64)> = sqlx::query_as(hand.text(
                    "WITH counted AS (
                         SELECT list_id, count(*) AS n, max(rank) AS last FROM plain.entries e
                         WHERE tenant_id = $1 AND done = $2 GROUP BY list_id)
                     SELECT l.name, c.n, c.last FROM plain.lists l JOIN counted c ON c.list_id = l.id
                     WHERE l.tenant_id = $1 AND c.n >= $3 ORDER BY c.n DESC, l.name",
                ))
                .bind(hand.tenant(draw))
                .bind(true)
                .bind(1_i64)
                .fetch_all(&mut hand.connection)
                .await?;
                Ok(rows.len() as u64)
            }
        ),
    ]
}

/// Who writes statements with sqlx.
struct Hand {
    connection: PgConnection,
    /// On the isolated tables: the domain that binds, and the statements as they are written there.
    limit: Option<(PgTypeInfo, HashMap<usize, &'static str>)>,
}

impl Hand {
    /// The statement for the tables that it is run on.
    fn text(&mut self, plain: &'static str) -> &'static str {
        match &mut self.limit {
            None => plain,
            Some((_, texts)) => texts.entry(plain.as_ptr().addr()).or_insert_with(|| {
                plain.replace("plain.", "public.").replace("$1", "$1::tenancy.bound").leak()
            }),
        }
    }

    fn tenant(&self, draw: &Draw) -> Tenant {
        Tenant(draw.tenant, self.limit.as_ref().map(|(domain, _)| domain.clone()))
    }
}

/// The first parameter: a uuid, or the domain that binds.
struct Tenant(Uuid, Option<PgTypeInfo>);

impl sqlx::Type<sqlx::Postgres> for Tenant {
    fn type_info() -> PgTypeInfo {
        <Uuid as sqlx::Type<sqlx::Postgres>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::Postgres> for Tenant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        self.1.clone()
    }
}

const TABLES: &str = "
    CREATE TABLE lists (id uuid NOT NULL, tenant_id uuid NOT NULL, name text NOT NULL, hits bigint NOT NULL DEFAULT 0);
    CREATE TABLE entries (id uuid NOT NULL, tenant_id uuid NOT NULL, list_id uuid NOT NULL, text text NOT NULL,
                          rank bigint NOT NULL, done boolean NOT NULL);";

/// The same rows in both; of the second, keys and indexes as the first has them.
fn fill() -> String {
    format!(
        "INSERT INTO lists (id, tenant_id, name)
         SELECT gen_random_uuid(), md5('tenant ' || t)::uuid, 'list ' || l
           FROM generate_series(1, {TENANTS}) t, generate_series(1, {LISTS}) l;
         INSERT INTO entries
         SELECT gen_random_uuid(), l.tenant_id, l.id, 'entry ' || e, e * {LISTS} + hits, e % 5 = 0
           FROM lists l, generate_series(1, {ENTRIES}) e;
         CREATE SCHEMA plain;
         CREATE TABLE plain.lists AS TABLE lists;
         ALTER TABLE plain.lists ADD PRIMARY KEY (tenant_id, id), ADD UNIQUE (tenant_id, name), ALTER hits SET DEFAULT 0;
         CREATE TABLE plain.entries AS TABLE entries;
         ALTER TABLE plain.entries ADD PRIMARY KEY (tenant_id, id),
           ADD FOREIGN KEY (tenant_id, list_id) REFERENCES plain.lists (tenant_id, id);
         CREATE INDEX ON plain.entries (tenant_id, rank);
         CREATE INDEX ON plain.entries (tenant_id, list_id);
         GRANT USAGE ON SCHEMA plain TO tenancy_app;
         GRANT ALL ON ALL TABLES IN SCHEMA plain TO tenancy_app;
         ANALYZE"
    )
}

async fn run(connection: &mut PgConnection, sql: String) -> anyhow::Result<()> {
    Ok(connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(drop)?)
}

/// The contenders of a round. Each of their 24 orders comes in turn: in a circle one contender would always follow the same
/// other one, and find the rows that it read in the processor's cache.
fn order(round: usize) -> [usize; 4] {
    let mut left = vec![0, 1, 2, 3];
    [round / 6 % 4, round / 2 % 3, round % 2, 0].map(|at| left.remove(at))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    one_core::pin()?;
    let sql = SCHEMA.sql().map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let test = TestDb::builder().sql(TABLES).sql(sql).create().await?;
    let mut superuser = test.connect_as_superuser().await;
    run(&mut superuser, fill()).await?;
    let authority = TestAuthority::new();
    let db = TenantDb::builder(test.app()).trust(authority.authority()).schema(&SCHEMA).max_connections(1);
    let ours = Ours { db: db.connect().await? };
    let mut hand = Hand { connection: test.app().connect().await?, limit: None };
    // On a backend of its own, as every contender: one that ran last has its caches still warm.
    let mut again = Hand { connection: test.app().connect().await?, limit: None };
    let domain = (PgTypeInfo::with_name("tenancy.bound"), HashMap::new());
    let mut limit = Hand { connection: test.app().connect().await?, limit: Some(domain) };

    let mut draws = Vec::new();
    let tenants: Vec<(Uuid,)> =
        sqlx::query_as("SELECT DISTINCT tenant_id FROM lists").fetch_all(&mut superuser).await?;
    for (tenant,) in tenants.into_iter().take(64) {
        let token = authority.token(TenantId::try_from(tenant)?).await;
        let lists = sqlx::query_as("SELECT id, name FROM lists WHERE tenant_id = $1 ORDER BY name");
        draws.push(Draw { token, tenant, lists: lists.bind(tenant).fetch_all(&mut superuser).await? });
    }
    superuser.execute("CHECKPOINT").await?;

    let mut table = String::from(
        "| statement | µs by hand, median | tenancy / by hand | limit / by hand | tenancy / limit | by hand again / by hand |\n\
         |---|---|---|---|---|---|\n",
    );
    for case in cases() {
        let draw = &draws[0];
        let (mine, theirs) = ((case.ours)(&ours, draw).await?, (case.hand)(&mut hand, draw).await?);
        ensure!(mine == theirs && mine > 0, "{}: {mine} and {theirs}", case.name);
        let least = (case.hand)(&mut limit, draw).await?;
        ensure!(mine == least, "{}: {mine}, and {least} by hand on isolated tables", case.name);
        let mut slices: [Vec<f64>; 4] = Default::default();
        for round in 0..ROUNDS + 20 {
            for at in order(round) {
                let began = Instant::now();
                for operation in 0..SLICE {
                    let draw = &draws[(round * SLICE + operation) % draws.len()];
                    match at {
                        1 => (case.ours)(&ours, draw).await?,
                        2 => (case.hand)(&mut limit, draw).await?,
                        3 => (case.hand)(&mut again, draw).await?,
                        _ => (case.hand)(&mut hand, draw).await?,
                    };
                }
                // The first rounds are for caches, and for plans that serve any value.
                if round >= 20 {
                    slices[at].push(began.elapsed().as_secs_f64() * 1e6 / SLICE as f64);
                }
            }
        }
        let [by_hand, ours, limit, again] = &slices;
        let ratio = |of: &[f64], to: &[f64]| {
            let ratios: Vec<f64> = of.iter().zip(to).map(|(one, other)| one / other).collect();
            Estimate::median(&ratios).context("rounds")
        };
        let cost = ratio(ours, by_hand)?;
        let _ = write!(table, "| {} | {:.0}", case.name, Estimate::median(by_hand).context("rounds")?.value);
        let missed = if cost.value - cost.noise > TARGET { " (**missed**)" } else { "" };
        let _ = write!(table, " | {:.3} ± {:.3}{missed}", cost.value, cost.noise);
        for ratio in [ratio(limit, by_hand)?, ratio(ours, limit)?, ratio(again, by_hand)?] {
            let _ = write!(table, " | {:.3} ± {:.3}", ratio.value, ratio.noise);
        }
        table.push_str(" |\n");
        eprintln!("{}", table.lines().last().unwrap_or_default());
    }
    println!("{table}\nThe target is {TARGET} each.");
    Ok(())
}
