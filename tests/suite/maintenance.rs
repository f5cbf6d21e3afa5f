//! The owner: told when no tenant is bound, and let in for one transaction by `tenancy.maintenance`.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::common::*;

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<u64, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await.map(|done| done.rows_affected())
}

/// Two tenants with a project each, and the owner.
async fn two() -> (World, PgConnection) {
    let world = World::new().await;
    world.project(&world.a, "a").await;
    world.project(&world.b, "b").await;
    let owner = connect(&world.test.owner()).await;
    (world, owner)
}

async fn forced(world: &World) -> bool {
    let mut superuser = world.superuser().await;
    let (forced, lifted): (bool, bool) = sqlx::query_as(
        "SELECT bool_and(relforcerowsecurity), EXISTS (SELECT FROM tenancy.lifted) FROM pg_class \
         WHERE relname IN ('projects', 'tasks')",
    )
    .fetch_one(&mut superuser)
    .await
    .expect("the catalogs");
    assert!(!(forced && lifted), "what is in force is not said to be lifted");
    forced
}

async fn slugs(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT slug FROM projects ORDER BY slug").fetch_all(connection).await.expect("a read")
}

#[tokio::test]
async fn unbound_the_owner_is_told_in_place_of_an_empty_answer() {
    let (world, mut owner) = two().await;
    let a = world.a.tenant().to_string();
    for sql in [
        "SELECT FROM projects",
        "SELECT count(*) FROM projects",
        "SELECT FROM projects WHERE tenant_id = '{a}'",
        "SELECT FROM projects WHERE tenant_id = '{a}' AND slug = 'a'",
        "SELECT FROM projects p JOIN tasks t ON t.tenant_id = p.tenant_id AND t.project_id = p.id",
        // Nobody has a row there.
        "SELECT FROM ticks",
        "UPDATE projects SET slug = 'x'",
        "UPDATE projects SET slug = 'x' WHERE tenant_id = '{a}'",
        "DELETE FROM projects",
        "INSERT INTO projects (tenant_id, slug, name) VALUES ('{a}', 'x', 'x')",
        "SET enable_seqscan = off; SELECT FROM projects WHERE id = '{a}'",
        "SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT FROM projects WHERE slug = 'a'",
    ] {
        let error = run(&mut owner, sql.replace("{a}", &a)).await.expect_err(sql);
        let error = error.into_database_error().expect("the server refused");
        assert_eq!(error.code().as_deref(), Some("42501"), "{sql}: {error}");
        let hint = error.downcast_ref::<PgDatabaseError>().hint().unwrap_or_default();
        assert!(hint.contains("tenancy.maintenance"), "{sql}: {error}: {hint}");
    }
    run(&mut owner, "SET enable_seqscan = on").await.expect("a setting");
    let copied: Result<Vec<_>, _> = match owner.copy_out_raw("COPY projects TO STDOUT").await {
        Ok(rows) => rows.try_collect().await,
        Err(error) => Err(error),
    };
    assert!(copied.expect_err("refused").to_string().contains("no tenant is bound"));
    // A table of nobody's needs no tenant.
    run(&mut owner, "CREATE TABLE countries (name text); INSERT INTO countries VALUES ('x')")
        .await
        .expect("its own");
}

#[tokio::test]
async fn bound_the_owner_is_a_tenant_like_any_other() {
    let (world, mut owner) = two().await;
    let (a, b) = (world.a.tenant(), world.b.tenant());
    run(&mut owner, format!("BEGIN; SET LOCAL app.tenant_id = '{a}'")).await.expect("bound");
    assert_eq!(slugs(&mut owner).await, ["a"]);
    assert_eq!(
        run(&mut owner, format!("DELETE FROM projects WHERE tenant_id = '{b}'")).await.expect("none"),
        0
    );
    let theirs = format!("INSERT INTO projects (tenant_id, slug, name) VALUES ('{b}', 'x', 'x')");
    assert!(run(&mut owner, theirs).await.is_err(), "a row of another tenant");
}

#[tokio::test]
async fn maintenance_ends_with_its_transaction() {
    let (world, mut owner) = two().await;
    let lift = "BEGIN; SELECT tenancy.maintenance('projects', 'tasks')";
    for end in ["COMMIT", "ROLLBACK"] {
        run(&mut owner, lift).await.expect("lifted");
        assert_eq!(slugs(&mut owner).await, ["a", "b"], "every tenant's");
        let renamed =
            run(&mut owner, "UPDATE projects SET name = name || '!'").await.expect("a data migration");
        assert_eq!(renamed, 2);
        run(&mut owner, end).await.expect(end);
        assert!(forced(&world).await, "{end}");
        assert!(run(&mut owner, "SELECT FROM projects").await.is_err(), "{end}");
    }
    let mut superuser = world.superuser().await;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM projects ORDER BY 1")
        .fetch_all(&mut superuser)
        .await
        .expect("rows");
    assert_eq!(names, ["Project a!", "Project b!"], "once");

    // A statement by itself is a transaction by itself.
    run(&mut owner, "SELECT tenancy.maintenance('projects')").await.expect("for nothing");
    assert!(forced(&world).await);
    assert!(run(&mut owner, "SELECT FROM projects").await.is_err());
    // A connection that is gone, in mid-transaction.
    run(&mut owner, lift).await.expect("lifted");
    owner.close_hard().await.expect("gone");
    assert!(forced(&world).await);
}

/// Each runs between `BEGIN` and `COMMIT`; what matters is how the tables are afterwards.
const ENDINGS: &[&str] = &[
    "SELECT tenancy.maintenance('projects'); SELECT tenancy.maintenance('projects', 'projects')",
    "SELECT tenancy.maintenance('projects'); SET CONSTRAINTS ALL IMMEDIATE",
    "SELECT tenancy.maintenance('projects'); SET CONSTRAINTS ALL IMMEDIATE; SELECT tenancy.maintenance('projects')",
    "SAVEPOINT s; SELECT tenancy.maintenance('projects'); ROLLBACK TO s",
    "SAVEPOINT s; SELECT tenancy.maintenance('projects'); RELEASE s",
    "DO $$ BEGIN PERFORM tenancy.maintenance('projects'); RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN END $$",
    "SELECT tenancy.maintenance('projects'); DELETE FROM tenancy.lifted",
    "SELECT tenancy.maintenance('projects'); UPDATE tenancy.lifted SET relation = 'tasks'",
    "SELECT tenancy.maintenance('projects'); TRUNCATE tenancy.lifted",
    "SELECT tenancy.maintenance('projects'); DROP TRIGGER \"Put_back\" ON tenancy.lifted",
    "SELECT tenancy.maintenance('projects'); ALTER TABLE tenancy.lifted DISABLE TRIGGER \"Put_back\"",
    "SELECT tenancy.maintenance('projects'); ALTER TABLE tenancy.lifted DISABLE TRIGGER ALL",
    "SELECT tenancy.maintenance('projects'); DROP TABLE tenancy.lifted",
    "SELECT tenancy.maintenance('projects'); ALTER TABLE tenancy.lifted DROP CONSTRAINT not_committed; \
     DROP TRIGGER \"Put_back\" ON tenancy.lifted",
    "SELECT tenancy.maintenance('projects'); DROP FUNCTION tenancy.put_back() CASCADE",
    "SELECT tenancy.maintenance('projects'); CREATE OR REPLACE FUNCTION tenancy.put_back() RETURNS trigger \
     LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET CONSTRAINTS ALL IMMEDIATE; SELECT tenancy.maintenance('projects')",
    "ALTER TABLE tenancy.lifted DISABLE TRIGGER \"Put_back\"; SELECT tenancy.maintenance('projects')",
    "ALTER TABLE tenancy.lifted ENABLE TRIGGER \"Put_back\"; SELECT tenancy.maintenance('projects')",
    // The deferred check of a row of the table itself is pending when the table is to be altered.
    "SELECT tenancy.maintenance('projects'); CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON projects DEFERRABLE \
     INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); UPDATE projects SET name = 'y'",
    "SELECT tenancy.maintenance('tasks'); DROP TABLE tasks",
    "SELECT tenancy.maintenance('countries'); SELECT tenancy.maintenance()",
];

#[tokio::test]
async fn it_cannot_be_left_lifted() {
    for ending in ENDINGS {
        let (world, mut owner) = two().await;
        run(&mut owner, "CREATE TABLE countries (name text)").await.expect("a table of nobody's");
        run(&mut owner, "BEGIN").await.expect("a transaction");
        // It may fail: then nothing of it happens.
        let _ = run(&mut owner, *ending).await;
        let _ = run(&mut owner, "COMMIT").await;
        let _ = run(&mut owner, "ROLLBACK").await;
        assert!(forced(&world).await, "{ending}");
        assert!(run(&mut owner, "SELECT FROM projects").await.is_err(), "{ending}");
    }
}

/// In a replication session ordinary triggers do not fire.
#[tokio::test]
async fn it_is_put_back_in_replication_sessions_too() {
    let (world, _) = two().await;
    let mut superuser = world.superuser().await;
    run(&mut superuser, "SET session_replication_role = replica").await.expect("a superuser may");
    run(&mut superuser, "SELECT tenancy.maintenance('projects')").await.expect("lifted");
    assert!(forced(&world).await);
}

#[tokio::test]
async fn it_is_the_owners_alone() {
    let (world, mut owner) = two().await;
    let mut app = world.psql().await;
    for sql in [
        "SELECT tenancy.maintenance('projects')",
        "SELECT FROM tenancy.lifted",
        "INSERT INTO tenancy.lifted VALUES ('projects')",
        "SELECT FROM tenancy.emitted",
        "SELECT tenancy.owner_tenant()",
        "ALTER TABLE projects NO FORCE ROW LEVEL SECURITY",
    ] {
        let error = run(&mut app, sql).await.expect_err(sql).into_database_error().expect("refused");
        assert_eq!(error.code().as_deref(), Some("42501"), "{sql}");
    }
    // While it is lifted nobody else reads the table, unguarded or not.
    run(&mut owner, "BEGIN; SELECT tenancy.maintenance('projects')").await.expect("lifted");
    let error = run(&mut app, "SET lock_timeout = '50ms'; SELECT FROM projects").await.expect_err("locked");
    assert_eq!(error.into_database_error().expect("refused").code().as_deref(), Some("55P03"));
    run(&mut owner, "COMMIT").await.expect("put back");
    assert_eq!(run(&mut app, "SELECT FROM projects").await.expect("unbound"), 0);
}
