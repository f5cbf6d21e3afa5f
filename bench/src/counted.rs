//! What is counted and not timed: round trips, allocations, memory, plans. These figures have no noise.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tenancy::db::TenantDb;
use tenancy::{TenantScoped as _, TenantToken};
use tenancy_testkit::TestAuthority;
use tenancy_testkit::proxy::RoundTrips;

use crate::cell;
use crate::dataset::{Dataset, Role};
use crate::draw::{Draw, Urn};
use crate::item::{Item, SCHEMA};
use crate::place::Place;
use crate::statistics::Estimate;
use crate::three::three;

/// What was counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Round trips of one warm operation, the pool's own included: contender, workload, number.
    pub(crate) round_trips: Vec<(String, String, f64)>,
    /// Allocations of building and rendering a statement with three filters.
    pub(crate) allocations: u64,
    /// Nanoseconds of the same.
    pub(crate) rendering: Estimate,
    /// Whether rendering again gave the same text: not an equal one, the same.
    pub(crate) text_reused: bool,
    /// Bytes that an idle `TenantDb` with one connection holds beyond sqlx's pool with one.
    pub(crate) idle_bytes: i64,
    /// The plans of the workloads: statement, kind of plan, and its first scan.
    pub(crate) plans: Vec<(String, String, String)>,
}

pub(crate) async fn count(
    dataset: &Dataset,
    urn: &Urn,
    authority: &TestAuthority,
) -> anyhow::Result<Counted> {
    let draws = urn.draw(dataset, crate::cell::Rows::Existing, 1).await?;
    let draw = draws.first().context("the sample is empty")?;
    let (allocations, text_reused) = allocations(&draw.token)?;
    Ok(Counted {
        round_trips: round_trips(dataset, urn, authority).await?,
        allocations,
        rendering: rendering()?,
        text_reused,
        idle_bytes: idle_bytes(dataset, authority)?,
        plans: plans(dataset, draw).await?,
    })
}

/// Operations whose round trips are counted, after as many that are not.
const OPERATIONS: usize = 20;

async fn round_trips(
    dataset: &Dataset,
    urn: &Urn,
    authority: &TestAuthority,
) -> anyhow::Result<Vec<(String, String, f64)>> {
    let mut counts = Vec::new();
    for contender in cell::contenders() {
        for workload in ["point-read", "update", "transaction"] {
            let Some(cell) = cell::find(contender.id, workload) else { continue };
            let proxy = RoundTrips::start(&dataset.test.app()).await?;
            let port = proxy.options(dataset.test.app()).get_port();
            let open = (contender.open)(&Place::at(dataset, authority, port)).await?;
            let draws = urn.draw(dataset, crate::cell::Rows::Existing, 2 * OPERATIONS).await?;
            let (warm, counted) = draws.split_at(OPERATIONS);
            for draw in warm {
                (cell.run)(&*open, draw).await?;
            }
            settle().await;
            let before = proxy.count();
            for draw in counted {
                (cell.run)(&*open, draw).await?;
                // Whatever the pool does after the operation belongs to it.
                settle().await;
            }
            let trips = (proxy.count() - before) as f64 / OPERATIONS as f64;
            counts.push((contender.id.to_owned(), workload.to_owned(), trips));
        }
    }
    Ok(counts)
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(15)).await;
}

fn allocations(token: &TenantToken) -> anyhow::Result<(u64, bool)> {
    let first = three(token).sql()?;
    let mut again = None;
    let info = allocation_counter::measure(|| again = three(token).sql().ok());
    let again = again.context("the statement does not render")?;
    Ok((info.count_total, std::sync::Arc::ptr_eq(&first, &again)))
}

/// Asks the program beside this one, in which nothing is counted.
fn rendering() -> anyhow::Result<Estimate> {
    let program = std::env::current_exe()?.with_file_name("rendering");
    let output = Command::new(&program)
        .output()
        .with_context(|| format!("cannot run {}: build the benchmark with --bins", program.display()))?;
    ensure!(output.status.success(), "{} failed", program.display());
    let samples: Vec<f64> =
        String::from_utf8(output.stdout)?.lines().map(str::parse).collect::<Result<_, _>>()?;
    Estimate::median(&samples).context("nothing was rendered")
}

/// What stays allocated after a future has run, on a runtime and a thread of its own.
fn held<T: Send + 'static>(
    make: impl FnOnce() -> BoxFuture<'static, anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<i64> {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut made = None;
        let info = allocation_counter::measure(|| made = Some(runtime.block_on(make())));
        let value = made.context("nothing was made")??;
        // It lives until here, and its connections are closed by the runtime that opened them.
        runtime.block_on(async { drop(value) });
        anyhow::Ok(info.bytes_current)
    });
    thread.join().map_err(|_| anyhow::anyhow!("the measuring thread panicked"))?
}

fn idle_bytes(dataset: &Dataset, authority: &TestAuthority) -> anyhow::Result<i64> {
    let options = dataset.options(Role::Floor);
    let theirs = move || -> BoxFuture<'static, anyhow::Result<_>> {
        Box::pin(async move {
            let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await?;
            sqlx::query("SELECT 1").execute(&pool).await?;
            Ok(pool)
        })
    };
    let (app, authority) = (dataset.test.app(), authority.clone());
    let ours = move || -> BoxFuture<'static, anyhow::Result<_>> {
        Box::pin(async move {
            let db = TenantDb::builder(app).trust(authority.authority()).schema(&SCHEMA);
            let db = db.max_connections(8).connect().await?;
            let token = authority.token(tenancy::TenantId::random()).await;
            Item::exists(&token).fetch_one(&db).await?;
            Ok(db)
        })
    };
    // What is made once a process is not counted: the first of each is thrown away.
    held(ours.clone())?;
    held(theirs.clone())?;
    Ok(held(ours)? - held(theirs)?)
}

/// Every statement of the workloads must find its rows by an index led by the tenant, whatever kind of plan.
async fn plans(dataset: &Dataset, draw: &Draw) -> anyhow::Result<Vec<(String, String, String)>> {
    let token = &draw.token;
    let (tenant, id) = (draw.tenant, draw.id);
    let statements = [
        ("point read", Item::find_by_id(token, id).sql()?, format!("'{tenant}', '{id}'")),
        (
            "page of 50",
            Item::find(token).order_by(|item| item.created_at.desc()).limit(50).sql()?,
            format!("'{tenant}', 50"),
        ),
        (
            "update",
            Item::update(token).filter(|item| item.id.eq(id)).set(|item| item.amount, 1).sql()?,
            format!("'{tenant}', 1, '{id}'"),
        ),
        ("delete", Item::delete(token).filter(|item| item.id.eq(id)).sql()?, format!("'{tenant}', '{id}'")),
    ];
    let mut plans = Vec::new();
    for kind in ["generic", "custom"] {
        let mut app = dataset.test.app().connect().await?;
        for (i, (what, sql, values)) in statements.iter().enumerate() {
            let text =
                format!("SET plan_cache_mode = force_{kind}_plan; PREPARE s{i} (tenancy.bound) AS {sql}");
            app.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE s{i} ({values})");
            let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut app).await?;
            let lines: Vec<String> =
                rows.iter().map(|row| sqlx::Row::try_get(row, 0)).collect::<Result<_, _>>()?;
            let plan = lines.join("\n");
            let scan = lines.iter().find(|line| line.contains("Scan")).context("a plan without a scan")?;
            ensure!(
                plan.contains("Index Cond: ((tenant_id =") || plan.contains("Index Cond: (tenant_id ="),
                "the {kind} plan of the {what} does not use an index led by the tenant:\n{plan}"
            );
            plans.push((
                (*what).to_owned(),
                kind.to_owned(),
                scan.trim().trim_start_matches("-> ").trim().to_owned(),
            ));
        }
    }
    Ok(plans)
}
