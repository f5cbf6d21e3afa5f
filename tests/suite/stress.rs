//! Two tenants, a pool of two, and everything that can go wrong with a task, ten thousand times.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use tenancy::db::{TenantDb, TenantDbBuilder};
use tenancy::prelude::*;
use tenancy_testkit::proxy::RoundTrips;

use crate::common::*;

/// The idle connections of the application's login that are not like a fresh one.
pub async fn dirty(watcher: &mut PgConnection) -> Vec<String> {
    // A connection on its way back is not idle yet: look again before judging.
    let mut found = Vec::new();
    for _ in 0..500 {
        found = sqlx::query_scalar(
            "SELECT format('%s: %s, xact %s', pid, state, xact_start) FROM pg_stat_activity \
              WHERE datname = current_database() AND usename <> current_user AND backend_type = 'client backend' \
                AND (state <> 'idle' OR xact_start IS NOT NULL OR backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)",
        )
        .fetch_all(&mut *watcher)
        .await
        .expect("the activity");
        if found.is_empty() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    found
}

/// A small deterministic generator: the run can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn mine(rows: &[Project], token: &TenantToken) {
    assert!(rows.iter().all(|row| row.tenant_id == token.tenant()), "a row of the other tenant was seen");
}

/// One thing that a task does. Any of it may be cancelled at any await point.
async fn act(
    db: TenantDb,
    token: TenantToken,
    what: u64,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match what {
        0..=3 => {
            let rows = Project::find(&token).fetch_all(&db).await?;
            mine(&rows, &token);
            assert!(!rows.is_empty(), "the tenant's own rows are there");
        }
        4 => {
            let mut rows = Project::find(&token).fetch(&db);
            while let Some(row) = rows.try_next().await? {
                mine(&[row], &token);
            }
        }
        5 => {
            let rows = Project::update(&token)
                .filter(|p| p.slug.eq("0"))
                .set(|p| p.note, "n")
                .fetch_all(&db)
                .await?;
            mine(&rows, &token);
        }
        6 | 7 => {
            let mut tx = db.begin(&token).await?;
            mine(&Project::find(&tx).fetch_all(&mut tx).await?, &token);
            Project::insert(&tx, new_project("temporary")).execute(&mut tx).await?;
            tx.rollback().await?;
        }
        8 => {
            let mut tx = db.begin(&token).await?;
            mine(&Project::find(&tx).fetch_all(&mut tx).await?, &token);
            tx.commit().await?;
        }
        9 => {
            // Every row that there is, by raw SQL, and nothing tidied up.
            let mut tx = db.begin(&token).await?;
            let tenants: Vec<TenantId> =
                sqlx::query_scalar("SELECT tenant_id FROM projects").fetch_all(tx.raw()).await?;
            assert!(tenants.iter().all(|tenant| *tenant == token.tenant()), "raw SQL saw the other tenant");
            sqlx::raw_sql("SET search_path = pg_catalog; SET statement_timeout = '1h'")
                .execute(tx.raw())
                .await?;
        }
        10 => {
            // A transaction that the client knows nothing of, left open.
            let mut tx = db.begin(&token).await?;
            sqlx::raw_sql("COMMIT; BEGIN").execute(tx.raw()).await?;
            sqlx::raw_sql("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM projects").execute(tx.raw()).await?;
            tx.commit().await?;
        }
        _ => {
            // Leaked in mid-transaction: no destructor will ever run.
            let mut tx = db.begin(&token).await?;
            Project::insert(&tx, new_project("leaked")).execute(&mut tx).await?;
            std::mem::forget(tx);
        }
    }
    Ok(())
}

/// Two tenants of five rows each, and a pool of so many connections that takes leaked transactions back soon.
async fn five_rows_each(
    world: &World,
    builder: TenantDbBuilder,
    connections: u32,
    idle_in_transaction: Duration,
) -> TenantDb {
    let builder = builder.max_connections(connections).idle_in_transaction_timeout(idle_in_transaction);
    let db = builder.connect().await.expect("an isolated database");
    for token in [&world.a, &world.b] {
        let rows = (0..5).map(|i| new_project(&i.to_string()));
        Project::insert_many(token, rows).execute(&db).await.expect("an insert");
    }
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_two_never_mixes_two_tenants() {
    const TASKS: u64 = 8;
    const ROUNDS: u64 = 10_000;
    let world = World::new().await;
    let db = five_rows_each(&world, world.builder(), 2, Duration::from_millis(150)).await;
    let tasks = (0..TASKS).map(|task| {
        let (db, tokens) = (db.clone(), [world.a.clone(), world.b.clone()]);
        tokio::spawn(async move {
            let mut dice = Dice(task);
            let (mut cancelled, mut leaked) = (0, 0);
            for round in 0..ROUNDS / TASKS {
                let token = tokens[usize::try_from((round + task) % 2).expect("0 or 1")].clone();
                // Leaks are rare, since each holds a connection until the janitor comes.
                let what = if dice.roll(400) == 0 { 11 } else { dice.roll(11) };
                leaked += u64::from(what == 11);
                let acting = act(db.clone(), token, what);
                if dice.roll(4) == 0 {
                    // Cancelled after a random number of polls: at a random await point.
                    cancelled += u64::from(cancel_after(acting, dice.roll(12)).await);
                } else {
                    acting.await.expect("nothing fails");
                }
            }
            (cancelled, leaked)
        })
    });
    let (mut cancelled, mut leaked) = (0, 0);
    for task in futures_util::future::join_all(tasks).await {
        let done = task.expect("no task saw a row of the other tenant");
        cancelled += done.0;
        leaked += done.1;
    }
    assert!(cancelled > 200, "tasks were cancelled in the middle: {cancelled}");
    assert!(leaked > 5, "transactions were leaked: {leaked}");
    // What is left is clean, and serves both.
    let mut watcher = world.superuser().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(dirty(&mut watcher).await, [""; 0], "no idle connection is in a transaction");
    for token in [&world.a, &world.b, &world.a, &world.b] {
        let rows = Project::find(token).fetch_all(&db).await.expect("a read");
        mine(&rows, token);
        assert_eq!(rows.len(), 5, "what was cancelled, leaked or rolled back left nothing");
        let mut tx = db.begin(token).await.expect("a transaction");
        let changed: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction_%'",
        )
        .fetch_all(tx.raw())
        .await
        .expect("the settings");
        assert_eq!(changed, ["app.tenant_id"; 0], "settings are those of a fresh connection");
        tx.commit().await.expect("a commit");
    }
}

/// Each action, cancelled at each of its await points in turn: afterwards the only connection of the pool is like a fresh
/// one, and serves the other tenant.
#[tokio::test]
async fn every_await_point_can_be_cancelled() {
    let world = World::new().await;
    // It runs on this thread: no answer is there before the action has waited for it, however busy the machine is.
    let proxy = RoundTrips::start(&world.test.app()).await.expect("a proxy");
    let through = world.builder_of(proxy.options(world.test.app()));
    let db = five_rows_each(&world, through, 1, Duration::from_millis(100)).await;
    let mut watcher = world.superuser().await;
    let mut cancelled = 0;
    for what in 0..=11 {
        for polls in 0.. {
            let was_cancelled = cancel_after(act(db.clone(), world.a.clone(), what), polls).await;
            cancelled += u32::from(was_cancelled);
            let rows = Project::find(&world.b).fetch_all(&db).await.expect("the connection comes back");
            mine(&rows, &world.b);
            assert_eq!(rows.len(), 5, "action {what} after {polls} polls");
            assert_eq!(dirty(&mut watcher).await, [""; 0], "action {what} after {polls} polls");
            let mut tx = db.begin(&world.b).await.expect("a transaction");
            let changed: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction_%'",
            )
            .fetch_one(tx.raw())
            .await
            .expect("the settings");
            assert_eq!(changed, 0, "action {what} after {polls} polls left settings behind");
            tx.commit().await.expect("a commit");
            if !was_cancelled {
                break;
            }
        }
    }
    assert!(cancelled > 15, "the actions have await points: {cancelled}");
}

/// Polls a future so many times and drops it. Whether it was cancelled.
async fn cancel_after<F: Future>(future: F, polls: u64) -> bool {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(true);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| false)
    })
    .await
}
