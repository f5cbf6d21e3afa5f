//! Transactions: one tenant each, refused by the client and again by PostgreSQL.

use std::time::Duration;

use sqlx::Row as _;
use tenancy::Error;
use tenancy::db::{IsolationLevel, TxOptions};
use tenancy::prelude::*;

use crate::common::*;

#[tokio::test]
async fn commit_keeps_and_everything_else_takes_back() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let count = async || Project::count(a).fetch_one(db).await.expect("a count");

    let mut tx = db.begin(a).await.expect("a transaction");
    assert_eq!(tx.tenant(), a.tenant());
    Project::insert(&tx, new_project("kept")).execute(&mut tx).await.expect("an insert");
    assert_eq!(count().await, 0, "not before the commit");
    tx.commit().await.expect("a commit");
    assert_eq!(count().await, 1);

    let mut tx = db.begin(a).await.expect("a transaction");
    Project::insert(&tx, new_project("rolled back")).execute(&mut tx).await.expect("an insert");
    tx.rollback().await.expect("a rollback");
    assert_eq!(count().await, 1);

    let mut tx = db.begin(a).await.expect("a transaction");
    Project::insert(&tx, new_project("dropped")).execute(&mut tx).await.expect("an insert");
    drop(tx);
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn another_tenants_token_is_refused_in_a_transaction() {
    let world = World::new().await;
    let theirs = world.project(&world.b, "theirs").await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let read = Project::find_by_id(&world.b, theirs.id).fetch_optional(&mut tx).await;
    assert!(matches!(read, Err(Error::OtherTenant)), "{read:?}");
    let write = Project::update(&world.b).all_rows().set(|p| p.name, "x").execute(&mut tx).await;
    assert!(matches!(write, Err(Error::OtherTenant)), "{write:?}");
    // Nothing was sent: the transaction is as good as before.
    Project::insert(&tx, new_project("mine")).execute(&mut tx).await.expect("an insert");
    tx.commit().await.expect("a commit");
}

#[tokio::test]
async fn the_database_refuses_a_second_tenant_even_behind_a_savepoint() {
    let world = World::new().await;
    world.project(&world.b, "theirs").await;
    let second =
        format!("SELECT count(*) FROM projects WHERE '{}'::tenancy.bound IS NOT NULL", world.b.tenant());
    for before in ["SELECT 1", "SAVEPOINT s", "SAVEPOINT s; SELECT 1; ROLLBACK TO SAVEPOINT s"] {
        let mut tx = world.db.begin(&world.a).await.expect("a transaction");
        sqlx::raw_sql(before).execute(tx.raw()).await.expect("SQL");
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(second.clone())).fetch_all(tx.raw()).await;
        let error = refused.expect_err("a second tenant");
        let error = error.as_database_error().expect("refused by PostgreSQL");
        assert_eq!(error.code().as_deref(), Some("23514"), "{before}");
        assert_eq!(error.constraint(), Some("one_tenant_per_transaction"), "{before}");
    }
}

#[tokio::test]
async fn isolation_levels_and_read_only_are_the_servers() {
    let world = World::new().await;
    let levels = [
        (IsolationLevel::ReadCommitted, "read committed"),
        (IsolationLevel::RepeatableRead, "repeatable read"),
        (IsolationLevel::Serializable, "serializable"),
    ];
    for (level, name) in levels {
        let mut tx = world.db.begin_with(&world.a, TxOptions::new().isolation(level)).await.expect("begin");
        let row = sqlx::query("SHOW transaction_isolation").fetch_one(tx.raw()).await.expect("a setting");
        assert_eq!(row.get::<String, _>(0), name);
        tx.commit().await.expect("a commit");
    }
    let report = TxOptions::new().isolation(IsolationLevel::Serializable).read_only().deferrable();
    let mut tx = world.db.begin_with(&world.a, report).await.expect("a transaction");
    let refused = Project::insert(&tx, new_project("x")).execute(&mut tx).await.expect_err("read only");
    assert_eq!(refused.as_server_error().expect("by PostgreSQL").code(), "25006");
}

#[tokio::test]
async fn a_failed_statement_makes_commit_say_so() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    world.project(a, "taken").await;
    let mut tx = db.begin(a).await.expect("a transaction");
    Project::insert(&tx, new_project("lost")).execute(&mut tx).await.expect("an insert");
    Project::insert(&tx, new_project("taken")).execute(&mut tx).await.expect_err("the slug is taken");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
    assert!(!Project::exists(a).filter(|p| p.slug.eq("lost")).fetch_one(db).await.expect("an answer"));

    // A savepoint saves the rest.
    let mut tx = db.begin(a).await.expect("a transaction");
    Project::insert(&tx, new_project("saved")).execute(&mut tx).await.expect("an insert");
    sqlx::query("SAVEPOINT s").execute(tx.raw()).await.expect("a savepoint");
    Project::insert(&tx, new_project("taken")).execute(&mut tx).await.expect_err("the slug is taken");
    sqlx::query("ROLLBACK TO SAVEPOINT s").execute(tx.raw()).await.expect("back to the savepoint");
    tx.commit().await.expect("a commit");
    assert!(Project::exists(a).filter(|p| p.slug.eq("saved")).fetch_one(db).await.expect("an answer"));
}

#[tokio::test]
async fn an_expired_token_begins_nothing_and_commits_what_it_began() {
    let world = World::new().await;
    let token = world.short_lived(TenantId::random()).await;
    let mut tx = world.db.begin(&token).await.expect("a transaction");
    Project::insert(&tx, new_project("in time")).execute(&mut tx).await.expect("an insert");
    let mut rows = Project::find(&token).fetch(&world.db);
    while !token.is_expired() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let late = Project::count(&tx).fetch_one(&mut tx).await;
    assert!(matches!(late, Err(Error::TokenExpired)), "{late:?}");
    let raw = sqlx::query("SELECT 1").execute(tx.raw()).await.expect_err("expired");
    let sqlx::Error::AnyDriverError(raw) = raw else { panic!("{raw:?}") };
    assert!(matches!(raw.downcast_ref::<Error>(), Some(Error::TokenExpired)), "{raw:?}");
    tx.commit().await.expect("a commit is always allowed");
    let begun = world.db.begin(&token).await.map(drop);
    assert!(matches!(begun, Err(Error::TokenExpired)), "{begun:?}");
    let read = Project::find(&token).fetch_all(&world.db).await;
    assert!(matches!(read, Err(Error::TokenExpired)), "{read:?}");
    let streamed = futures_util::TryStreamExt::try_next(&mut rows).await;
    assert!(matches!(streamed, Err(Error::TokenExpired)), "{streamed:?}");
    // The same tenant, with a token of now, finds what was committed.
    let fresh = world.authority.token(token.tenant()).await;
    assert_eq!(Project::count(&fresh).fetch_one(&world.db).await.expect("a count"), 1);
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    use futures_util::TryStreamExt as _;
    let world = World::new().await;
    let tenant = TenantId::random();
    let token = world.short_lived(tenant).await;
    Tick::insert_many(&token, (0..100).map(|_| NewTick {})).execute(&world.db).await.expect("an insert");
    let mut rows = Tick::find(&token).fetch(&world.db);
    assert!(rows.try_next().await.expect("a row").is_some());
    while !token.is_expired() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let next = rows.try_next().await;
    assert!(matches!(next, Err(Error::TokenExpired)), "{next:?}");
    assert!(rows.try_next().await.expect("the stream has ended").is_none());
}

#[tokio::test]
async fn an_abandoned_transaction_is_taken_back() {
    let world = World::new().await;
    let db = world
        .builder()
        .max_connections(1)
        .idle_in_transaction_timeout(Duration::from_millis(200))
        .connect()
        .await
        .expect("an isolated database");
    // Leaked for good: nothing of it will ever run again.
    let mut leaked = db.begin(&world.a).await.expect("a transaction");
    Project::insert(&leaked, new_project("leaked")).execute(&mut leaked).await.expect("an insert");
    std::mem::forget(leaked);
    assert_eq!(Project::count(&world.b).fetch_one(&db).await.expect("the only connection comes back"), 0);
    assert_eq!(Project::count(&world.a).fetch_one(&db).await.expect("a count"), 0, "rolled back");
    // Slow, and told so.
    let mut slow = db.begin(&world.a).await.expect("a transaction");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let lost = Project::count(&slow).fetch_one(&mut slow).await;
    assert!(matches!(lost, Err(Error::TransactionLost)), "{lost:?}");
    let lost = slow.commit().await;
    assert!(matches!(lost, Err(Error::TransactionLost)), "{lost:?}");
}

#[tokio::test]
async fn a_lost_connection_is_replaced_and_a_write_is_not_repeated() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let mut superuser = world.superuser().await;
    const KILL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut tx = db.begin(a).await.expect("a transaction");
    Project::insert(&tx, new_project("x")).execute(&mut tx).await.expect("an insert");
    sqlx::query(KILL).execute(&mut superuser).await.expect("killed");
    let error =
        Project::insert(&tx, new_project("y")).execute(&mut tx).await.expect_err("the connection died");
    assert!(matches!(error, Error::Database(_) | Error::Connection(_)), "{error:?}");
    let lost = tx.commit().await;
    assert!(matches!(lost, Err(Error::TransactionLost)), "{lost:?}");
    // The pool forgets its dead connections, one failed statement each at the most.
    let mut failures = 0;
    while Project::count(a).fetch_one(db).await.is_err() {
        failures += 1;
        assert!(failures <= 10, "the pool does not recover");
    }
    assert_eq!(Project::count(a).fetch_one(db).await.expect("a count"), 0);
}
