//! The musts of the binding, one test each: see `tenancy_core::db` (`bound.rs`) for what it is.

use sqlx::Row as _;
use sqlx::postgres::PgTypeInfo;
use tenancy::Error;
use tenancy::db::TenantDb;
use tenancy::prelude::*;
use tenancy_testkit::proxy::RoundTrips;
use uuid::Uuid;

use crate::common::*;

/// 1. The parameter is declared as the domain AND cast in the text.
#[tokio::test]
async fn the_parameter_is_declared_as_the_domain_and_cast() {
    let world = World::new().await;
    world.project(&world.a, "a").await;
    let mut psql = world.psql().await;
    // What the library prevents: the same text, prepared with a bare uuid, binds nothing, for ever.
    let text = "SELECT count(*) FROM projects WHERE tenant_id = $1::tenancy.bound";
    let bare: i64 =
        sqlx::query_scalar(text).bind(world.a.tenant()).fetch_one(&mut psql).await.expect("a count");
    assert_eq!(bare, 0, "a cast alone is evaluated too late");
    // What it sends: read from the server's own list of prepared statements.
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    Project::count(&tx).fetch_one(&mut tx).await.expect("a count");
    Project::find(&tx).fetch_all(&mut tx).await.expect("a read");
    Project::insert(&tx, new_project("b")).execute(&mut tx).await.expect("an insert");
    Project::insert_many(&tx, [new_project("c")]).execute(&mut tx).await.expect("an insert");
    Project::update(&tx)
        .filter(|p| p.slug.eq("b"))
        .set(|p| p.name, "x")
        .execute(&mut tx)
        .await
        .expect("an update");
    Project::delete(&tx).filter(|p| p.slug.eq("b")).execute(&mut tx).await.expect("a delete");
    Project::exists(&tx).fetch_one(&mut tx).await.expect("an answer");
    let rows = sqlx::query(
        "SELECT statement, parameter_types[1]::text AS first, \
                array_length(string_to_array(statement, '$1'), 1) - 1 AS uses \
           FROM pg_prepared_statements WHERE statement LIKE '%projects%' AND statement NOT LIKE '%pg_prepared%'",
    )
    .fetch_all(tx.raw())
    .await
    .expect("the prepared statements");
    assert!(rows.len() >= 7, "every kind of statement was prepared: {}", rows.len());
    for row in rows {
        let statement: String = row.get("statement");
        assert!(statement.contains("$1::tenancy.bound"), "{statement}");
        assert_eq!(row.get::<String, _>("first"), "tenancy.bound", "{statement}");
        assert_eq!(row.get::<i32, _>("uses"), 1, "a domain is evaluated once: {statement}");
    }
}

/// 2. Statements stay prepared, and a cache that is too small is refused.
#[tokio::test]
async fn a_statement_cache_that_is_too_small_is_refused() {
    let world = World::new().await;
    for capacity in [0, 1, 99] {
        let refused = world.builder().statement_cache_capacity(capacity).connect().await;
        assert!(matches!(refused, Err(Error::Configuration(_))), "{capacity}: {refused:?}");
    }
    // What the connect options say does not count: the builder sets its own.
    let db = TenantDb::builder(world.test.app().statement_cache_capacity(0))
        .trust(world.authority.authority())
        .schema(&SCHEMA)
        .max_connections(1)
        .connect()
        .await
        .expect("an isolated database");
    for _ in 0..3 {
        Project::count(&world.a).fetch_one(&db).await.expect("a count");
    }
    let mut tx = db.begin(&world.a).await.expect("a transaction");
    let kept: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_prepared_statements \
          WHERE statement LIKE '%\"projects\"%' AND statement NOT LIKE '%pg_prepared%'",
    )
    .fetch_one(tx.raw())
    .await
    .expect("a count");
    assert_eq!(kept, 1, "prepared once, and kept");
}

/// 3. BEGIN and the binding are one message, with an isolation level in it.
#[tokio::test]
async fn begin_binds_in_its_own_message() {
    let world = World::new().await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let tenant: Uuid =
        sqlx::query_scalar("SELECT tenancy.current_tenant()").fetch_one(tx.raw()).await.expect("bound");
    assert_eq!(tenant, world.a.tenant().as_uuid(), "bound before the first statement");
}

/// 4. A second tenant is known by the domain's constraint, not by its code alone; a lost type evicts the connection.
#[tokio::test]
async fn a_check_of_ones_own_is_not_mistaken_for_another_tenant() {
    let world = World::new().await;
    let mut superuser = world.superuser().await;
    let check = "ALTER TABLE projects ADD CONSTRAINT one_tenant_per_transaction CHECK (slug <> 'bad')";
    sqlx::raw_sql(check).execute(&mut superuser).await.expect("DDL");
    let error =
        Project::insert(&world.a, new_project("bad")).execute(&world.db).await.expect_err("the check");
    assert_eq!(error.as_server_error().map(|error| error.code()), Some("23514"), "{error:?}");
}

#[tokio::test]
async fn a_domain_that_was_made_again_is_found_again() {
    let world = World::new().await;
    let db = world.builder().max_connections(1).connect().await.expect("an isolated database");
    world.project(&world.a, "a").await;
    assert_eq!(Project::count(&world.a).fetch_one(&db).await.expect("a count"), 1);
    let mut superuser = world.superuser().await;
    let definition: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = 'tenancy.bound'::regtype",
    )
    .fetch_one(&mut superuser)
    .await
    .expect("the domain's check");
    let again = format!(
        "DROP DOMAIN tenancy.bound; CREATE DOMAIN tenancy.bound AS uuid CONSTRAINT one_tenant_per_transaction {definition}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(again)).execute(&mut superuser).await.expect("DDL");
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(Project::count(&world.a).fetch_one(&db).await.map_err(|error| error.to_string()));
    }
    assert_eq!(answers.last(), Some(&Ok(1)), "the connection is replaced: {answers:?}");
}

/// 5. Only clean connections go back: `raw.rs` and `stress.rs`. Here: nothing outlives an autocommit statement.
#[tokio::test]
async fn nothing_outlives_a_statement() {
    let world = World::new().await;
    let db = world.builder().max_connections(1).connect().await.expect("an isolated database");
    let mut watcher = world.superuser().await;
    for token in [&world.a, &world.b, &world.a] {
        Project::count(token).fetch_one(&db).await.expect("a count");
        assert_eq!(crate::stress::dirty(&mut watcher).await, [""; 0]);
    }
}

#[tokio::test]
async fn unbound_means_no_rows_and_no_writes() {
    let world = World::new().await;
    let project = world.project(&world.a, "a").await;
    let mut psql = world.psql().await;
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM projects").fetch_one(&mut psql).await.expect("a count");
    assert_eq!(count, 0);
    let update =
        sqlx::query("UPDATE projects SET name = 'x'").execute(&mut psql).await.expect("an update of nothing");
    assert_eq!(update.rows_affected(), 0);
    let delete = sqlx::query("DELETE FROM projects").execute(&mut psql).await.expect("a delete of nothing");
    assert_eq!(delete.rows_affected(), 0);
    let insert = sqlx::query("INSERT INTO projects (tenant_id, slug, name) VALUES ($1, 'x', 'x')")
        .bind(world.a.tenant())
        .execute(&mut psql)
        .await
        .expect_err("no tenant is bound");
    assert_eq!(insert.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"));
    for refused in [
        "TRUNCATE projects",
        "ALTER TABLE projects DISABLE ROW LEVEL SECURITY",
        "SET row_security = off; SELECT * FROM projects",
        "COPY projects FROM STDIN",
        "SET ROLE tenancy_owner",
    ] {
        let error = sqlx::raw_sql(refused).execute(&mut psql).await.expect_err(refused);
        assert!(error.as_database_error().is_some(), "{refused}: {error:?}");
        drop(sqlx::raw_sql("RESET row_security").execute(&mut psql).await);
    }
    let still =
        Project::find_by_id(&world.a, project.id).fetch_one(&world.db).await.expect("the row is there");
    assert_eq!(still, project);
}

/// NULL and nil bind nobody.
#[tokio::test]
async fn null_and_nil_are_refused() {
    let world = World::new().await;
    let mut psql = world.psql().await;
    for nobody in ["NULL::uuid", "'00000000-0000-0000-0000-000000000000'"] {
        let sql = format!("SELECT {nobody}::tenancy.bound");
        let error = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut psql).await.expect_err(nobody);
        assert_eq!(
            error.as_database_error().and_then(|error| error.code()).as_deref(),
            Some("23514"),
            "{nobody}"
        );
    }
    // No column can be made of the domain.
    let column = sqlx::raw_sql("CREATE TEMP TABLE t (x tenancy.bound)").execute(&mut psql).await;
    column.expect_err("USAGE on the type is nobody's");
    assert_ne!(PgTypeInfo::with_name("tenancy.bound"), PgTypeInfo::with_name("uuid"));
}

/// The domain is looked up by the first statement of a connection at the most: a new text costs two round trips then, as
/// any does with sqlx (`Parse` with `Describe`, then `Bind` with `Execute`), and a known one costs one.
#[tokio::test]
async fn a_connection_looks_the_domain_up_once() {
    let world = World::new().await;
    let proxy = RoundTrips::start(&world.test.app()).await.expect("a proxy");
    let db = TenantDb::builder(proxy.options(world.test.app()))
        .trust(world.authority.authority())
        .schema(&SCHEMA)
        .max_connections(1)
        .connect()
        .await
        .expect("an isolated database");
    Project::count(&world.a).fetch_one(&db).await.expect("a count");
    let before = proxy.count();
    Task::count(&world.a).fetch_one(&db).await.expect("a count");
    assert_eq!(proxy.count() - before, 2, "prepared and run, with nothing looked up");
    let before = proxy.count();
    Sample::exists(&world.a).fetch_one(&db).await.expect("an answer");
    assert_eq!(proxy.count() - before, 2, "prepared and run, with nothing looked up");
    let before = proxy.count();
    Task::count(&world.a).fetch_one(&db).await.expect("a count");
    assert_eq!(proxy.count() - before, 1, "warm");
}

/// The text of a statement is its shape: neither values nor the length of a list change it.
#[tokio::test]
async fn values_and_lengths_of_lists_do_not_change_the_text() {
    let world = World::new().await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    for n in 0..5_u8 {
        let slugs = (0..n).map(|i| i.to_string());
        Project::find(&tx)
            .filter(|p| p.slug.in_(slugs).or(p.name.like(format!("{n}%"))))
            .order_by(|p| p.slug.asc())
            .limit(n.into())
            .offset(n.into())
            .fetch_all(&mut tx)
            .await
            .expect("a read");
        Project::insert_many(&tx, (0..=n).map(|i| new_project(&format!("{n}.{i}"))))
            .execute(&mut tx)
            .await
            .expect("an insert");
    }
    let texts: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_prepared_statements \
          WHERE statement LIKE '%\"projects\"%' AND statement NOT LIKE '%pg_prepared%'",
    )
    .fetch_one(tx.raw())
    .await
    .expect("a count");
    assert_eq!(texts, 2, "one read and one insert, whatever the values");
}

/// What the README says of psql sessions: without a tenant the application's login sees no rows, and the owner is told why;
/// with one, both see the tenant's.
#[tokio::test]
async fn a_psql_session_binds_a_tenant_by_hand() {
    let world = World::new().await;
    world.project(&world.a, "a").await;
    world.project(&world.b, "b").await;
    let read = "SELECT slug FROM projects ORDER BY slug";
    for options in [world.test.app(), world.test.owner()] {
        let mut psql = connect(&options).await;
        let unbound: Result<Vec<String>, _> = sqlx::query_scalar(read).fetch_all(&mut psql).await;
        match unbound {
            Ok(unbound) => assert_eq!(unbound, [""; 0]),
            Err(error) => assert!(error.to_string().contains("no tenant is bound"), "{error}"),
        }
        let bind = format!("BEGIN; SET LOCAL app.tenant_id = '{}'", world.a.tenant());
        sqlx::raw_sql(sqlx::AssertSqlSafe(bind)).execute(&mut psql).await.expect("bound");
        let bound: Vec<String> = sqlx::query_scalar(read).fetch_all(&mut psql).await.expect("a read");
        assert_eq!(bound, ["a"]);
        sqlx::raw_sql("COMMIT").execute(&mut psql).await.expect("committed");
        let after: Result<Vec<String>, _> = sqlx::query_scalar(read).fetch_all(&mut psql).await;
        assert!(
            after.is_err() || after.is_ok_and(|rows| rows.is_empty()),
            "the binding ended with its transaction"
        );
    }
}

/// Two locks: with row-level security switched off behind our back, the predicate of every statement still holds. (The
/// other way round, raw SQL without a predicate, is `raw.rs`.)
#[tokio::test]
async fn the_predicate_holds_without_row_level_security() {
    let world = World::new().await;
    let (b, db) = (&world.b, &world.db);
    let theirs = world.project(&world.a, "theirs").await;
    Project::count(b).fetch_one(db).await.expect("a connection that was verified");
    let mut superuser = world.superuser().await;
    sqlx::raw_sql("ALTER TABLE projects DISABLE ROW LEVEL SECURITY")
        .execute(&mut superuser)
        .await
        .expect("DDL");
    let mut psql = world.psql().await;
    let open: i64 =
        sqlx::query_scalar("SELECT count(*) FROM projects").fetch_one(&mut psql).await.expect("a count");
    assert_eq!(open, 1, "row-level security is off");
    assert_eq!(Project::find(b).fetch_all(db).await.expect("a read"), []);
    assert_eq!(Project::find_by_id(b, theirs.id).fetch_optional(db).await.expect("a read"), None);
    assert_eq!(Project::count(b).fetch_one(db).await.expect("a count"), 0);
    assert!(!Project::exists(b).fetch_one(db).await.expect("an answer"));
    let update = Project::update(b).all_rows().set(|p| p.name, "x");
    assert_eq!(update.execute(db).await.expect("an update"), 0);
    assert_eq!(Project::delete(b).all_rows().execute(db).await.expect("a delete"), 0);
    let or = Project::find(b).filter(|p| p.slug.eq("x").or(p.slug.eq("theirs"))).fetch_all(db).await;
    assert_eq!(or.expect("a read"), [], "an OR does not reach past the predicate");
    let still = Project::find_by_id(&world.a, theirs.id).fetch_one(db).await.expect("the owner's row");
    assert_eq!(still, theirs);
}
