//! Raw SQL: bound, lent to nobody else, and clean before another tenant comes.

use sqlx::{Executor as _, Row as _};
use tenancy::Error;
use tenancy::db::TenantDb;
use tenancy::prelude::*;

use crate::common::*;

/// A pool of one connection: whoever comes next gets the connection that raw SQL had.
async fn one_connection(world: &World) -> TenantDb {
    world.builder().max_connections(1).connect().await.expect("an isolated database")
}

#[tokio::test]
async fn raw_sql_sees_the_tenant_of_its_transaction() {
    let world = World::new().await;
    let mine = world.project(&world.a, "mine").await;
    let theirs = world.project(&world.b, "theirs").await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let slugs: Vec<String> =
        sqlx::query_scalar("SELECT slug FROM projects").fetch_all(tx.raw()).await.expect("a read");
    assert_eq!(slugs, ["mine"]);
    let seen =
        sqlx::query("SELECT FROM projects WHERE id = $1").bind(theirs.id).fetch_optional(tx.raw()).await;
    assert!(seen.expect("a read").is_none());
    for write in ["UPDATE projects SET name = 'x' WHERE id = $1", "DELETE FROM projects WHERE id = $1"] {
        let done = sqlx::query(write).bind(theirs.id).execute(tx.raw()).await.expect("a write of nothing");
        assert_eq!(done.rows_affected(), 0, "{write}");
        sqlx::query("SAVEPOINT s").execute(tx.raw()).await.expect("a savepoint");
        assert_eq!(
            sqlx::query(write).bind(mine.id).execute(tx.raw()).await.expect("a write").rows_affected(),
            1
        );
        sqlx::query("ROLLBACK TO SAVEPOINT s").execute(tx.raw()).await.expect("back");
    }
    // A row never moves, and never begins with another.
    let moved =
        sqlx::query("UPDATE projects SET tenant_id = $1").bind(world.b.tenant()).execute(tx.raw()).await;
    assert_eq!(
        moved.expect_err("refused").as_database_error().expect("refused").code().as_deref(),
        Some("42501")
    );
    tx.rollback().await.expect("a rollback");
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let insert = sqlx::query("INSERT INTO projects (tenant_id, slug, name) VALUES ($1, 'x', 'x')")
        .bind(world.b.tenant())
        .execute(tx.raw())
        .await;
    assert_eq!(
        insert.expect_err("refused").as_database_error().expect("refused").code().as_deref(),
        Some("42501")
    );
}

#[tokio::test]
async fn sqlx_works_on_raw_as_on_a_connection() {
    use futures_util::TryStreamExt as _;
    let world = World::new().await;
    world.project(&world.a, "a").await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let one: (i64,) =
        sqlx::query_as("SELECT count(*) FROM projects").fetch_one(tx.raw()).await.expect("a row");
    assert_eq!(one.0, 1);
    let mut rows = sqlx::query("SELECT generate_series(1, 3)").fetch(tx.raw());
    let mut sum = 0;
    while let Some(row) = rows.try_next().await.expect("a row") {
        sum += row.get::<i32, _>(0);
    }
    drop(rows);
    assert_eq!(sum, 6);
    let described = tx.raw().describe(sqlx::SqlSafeStr::into_sql_str("SELECT slug FROM projects")).await;
    assert_eq!(described.expect("a description").columns().len(), 1);
    let prepared = tx.raw().prepare(sqlx::SqlSafeStr::into_sql_str("SELECT 1")).await.expect("a statement");
    assert_eq!(sqlx::Statement::columns(&prepared).len(), 1);
    // Dropped in mid-statement, the transaction goes on.
    for _ in 0..5 {
        let mut rows = sqlx::query("SELECT generate_series(1, 100000)").fetch(tx.raw());
        assert!(rows.try_next().await.expect("a row").is_some());
    }
    assert_eq!(Project::count(&tx).fetch_one(&mut tx).await.expect("a count"), 1);
    tx.commit().await.expect("a commit");
}

/// What raw SQL may leave behind. After each, the next tenant must find a connection like a fresh one.
const LEFT_BEHIND: &[&str] = &[
    "SELECT 1",
    "COMMIT; BEGIN",
    "COMMIT; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT slug FROM projects; COMMIT; BEGIN",
    "COMMIT",
    "ROLLBACK; BEGIN",
    "COMMIT AND CHAIN",
    "SET search_path = 'kinds'",
    "SET statement_timeout = '1h'; SET work_mem = '64kB'",
    "SET ROLE tenancy_app",
    "SET SESSION AUTHORIZATION tenancy_app_login",
    "SELECT set_config('app.tenant_id', gen_random_uuid()::text, false)",
    "SET row_security = off",
    "LISTEN everything",
    "SELECT pg_advisory_lock(42)",
    "PREPARE sqlx_s_77 AS SELECT 1",
    "DEALLOCATE ALL",
    "SELECT 1/0",
    "SAVEPOINT s; SELECT 1",
];

#[tokio::test]
async fn whatever_raw_sql_leaves_behind_is_gone_for_the_next_tenant() {
    let world = World::new().await;
    let db = one_connection(&world).await;
    let mut watcher = world.superuser().await;
    let theirs = world.project(&world.b, "theirs").await;
    for left in LEFT_BEHIND {
        for end in ["commit", "rollback", "drop"] {
            let mut tx = db.begin(&world.a).await.expect("a transaction");
            drop(sqlx::raw_sql(*left).execute(tx.raw()).await);
            match end {
                "commit" => drop(tx.commit().await),
                "rollback" => drop(tx.rollback().await),
                _ => drop(tx),
            }
            let mut next = db.begin(&world.b).await.expect("the next tenant's transaction");
            let state = sqlx::query(STATE).fetch_one(next.raw()).await.expect("its state");
            let state = (0..8).map(|i| state.get::<String, _>(i)).collect::<Vec<_>>();
            let fresh = fresh_state(&world, &world.b).await;
            assert_eq!(state, fresh, "after {left:?} and {end}");
            let seen = Project::find(&next).fetch_all(&mut next).await.expect("a read");
            assert_eq!(seen, std::slice::from_ref(&theirs), "after {left:?} and {end}");
            drop(next);
            // It goes back in the background; the next begin waits for it.
            let unbound = Project::count(&world.b).fetch_one(&db).await.expect("a count");
            assert_eq!(unbound, 1, "after {left:?} and {end}");
            assert_eq!(crate::stress::dirty(&mut watcher).await, [""; 0], "after {left:?} and {end}");
        }
    }
}

/// What a session is made of, in a transaction of one tenant.
const STATE: &str = "SELECT current_user::text, session_user::text, current_setting('app.tenant_id'), \
     ((SELECT string_agg(name || '=' || setting, ',' ORDER BY name) FROM pg_settings \
        WHERE source = 'session' AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')) \
        IS NULL)::text, \
     (SELECT count(*) FROM pg_cursors WHERE is_holdable)::text, \
     (SELECT count(*) FROM pg_listening_channels())::text, \
     (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())::text, \
     (SELECT count(*) FROM pg_prepared_statements WHERE from_sql)::text";

async fn fresh_state(world: &World, token: &TenantToken) -> Vec<String> {
    let fresh = one_connection(world).await;
    let mut tx = fresh.begin(token).await.expect("a transaction");
    let state = sqlx::query(STATE).fetch_one(tx.raw()).await.expect("its state");
    (0..8).map(|i| state.get::<String, _>(i)).collect()
}

#[tokio::test]
async fn raw_errors_carry_codes_and_no_values() {
    let world = World::new().await;
    world.project(&world.a, "secret-slug").await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let error = sqlx::query("INSERT INTO projects (tenant_id, slug, name) VALUES ($1, 'secret-slug', 'x')")
        .bind(world.a.tenant())
        .execute(tx.raw())
        .await
        .expect_err("the slug is taken");
    let database = error.as_database_error().expect("refused by PostgreSQL");
    assert!(database.is_unique_violation());
    assert_eq!(database.code().as_deref(), Some("23505"));
    assert!(database.constraint().is_some());
    crate::errors::carries_no_value(&error, &["secret-slug", &world.a.tenant().to_string()]);
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
}
