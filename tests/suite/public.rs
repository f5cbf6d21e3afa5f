//! Visitors: what a host name opens, and what it does not. As the library does it, and as raw SQL on the application's login.

use std::collections::HashMap;

use sqlx::PgConnection;
use tenancy::auth::{AuthError, Directory, DirectoryStore, Listing, StoreError};
use tenancy::prelude::*;
use tenancy::{Error, Label};

use crate::common::{NewPage, Page, Project, World, new_project, run};

/// Labels, as a service may have them.
struct Labels(HashMap<Label, Listing>);

impl DirectoryStore for Labels {
    async fn find(&self, label: &Label) -> Result<Option<Listing>, StoreError> {
        Ok(self.0.get(label).copied())
    }
}

fn label(text: &str) -> Label {
    text.parse().expect("a label")
}

/// The site of a tenant, as its visitors find it.
pub async fn site(tenant: TenantId) -> PublicTenant {
    let listing = Listing::new(tenant);
    let directory = Directory::new(Labels([(label("acme"), listing)].into()));
    directory.visit(&label("acme")).await.expect("it is listed")
}

async fn page(world: &World, owner: &TenantToken, text: &str) -> Page {
    let new = NewPage { path: "/".into(), text: text.into() };
    let page = Page::insert(owner, new).fetch_one(&world.db).await.expect("the owner can write");
    let own = Page::find_by_id(owner, page.id).fetch_one(&world.db).await.expect("the owner can read");
    assert_eq!(own, page);
    page
}

#[tokio::test]
async fn a_visitor_reads_the_public_rows_of_one_tenant() {
    let world = World::new().await;
    let (of_a, of_b) = (page(&world, &world.a, "a").await, page(&world, &world.b, "b").await);
    let (a, b) = (site(world.a.tenant()).await, site(world.b.tenant()).await);

    assert_eq!(Page::find(&a).fetch_all(&world.db).await.expect("read"), std::slice::from_ref(&of_a));
    assert_eq!(Page::find(&b).fetch_all(&world.db).await.expect("read"), std::slice::from_ref(&of_b));
    assert_eq!(Page::find_by_id(&a, of_b.id).fetch_optional(&world.db).await.expect("read"), None);
    assert_eq!(Page::count(&a).fetch_one(&world.db).await.expect("count"), 1);
    assert!(Page::exists(&a).filter(|p| p.text.eq("a")).fetch_one(&world.db).await.expect("ask"));
    assert!(!Page::exists(&a).filter(|p| p.text.eq("b")).fetch_one(&world.db).await.expect("ask"));
    // A tenant's own reads of a public table are its own rows, as everywhere.
    assert_eq!(Page::find(&world.a).fetch_all(&world.db).await.expect("read"), [of_a]);
    assert!(Page::find(&a).sql().expect("a text").contains("$1::tenancy.bound_public"));
}

#[tokio::test]
async fn visitors_and_tenants_share_a_connection_and_nothing_else() {
    let world = World::new().await;
    let (of_a, of_b) = (page(&world, &world.a, "a").await, page(&world, &world.b, "b").await);
    let db = world.builder().max_connections(1).connect().await.expect("it isolates");
    let visitor = site(world.b.tenant()).await;
    for _ in 0..20 {
        assert_eq!(Page::find(&world.a).fetch_all(&db).await.expect("read"), std::slice::from_ref(&of_a));
        assert_eq!(Page::find(&visitor).fetch_all(&db).await.expect("read"), std::slice::from_ref(&of_b));
    }
}

#[tokio::test]
async fn a_visitor_stands_in_no_transaction() {
    let world = World::new().await;
    page(&world, &world.a, "a").await;
    let visitor = site(world.a.tenant()).await;
    let mut tx = world.db.begin(&world.a).await.expect("begun");
    let refused = Page::find(&visitor).fetch_all(&mut tx).await;
    assert!(matches!(refused, Err(Error::PublicInTransaction)), "{refused:?}");
    assert_eq!(Page::find(&tx).fetch_all(&mut tx).await.expect("nothing was sent").len(), 1);
}

#[tokio::test]
async fn nobody_visits_who_is_unknown_or_suspended() {
    let tenant = TenantId::random();
    let directory = Directory::new(Labels([(label("gone"), Listing::new(tenant).suspended(true))].into()));
    assert_eq!(directory.visit(&label("gone")).await, Err(AuthError::Suspended));
    assert_eq!(directory.visit(&label("nobody")).await, Err(AuthError::UnknownTenant));
}

/// Rows that a statement touches on the application's login while a visitor of `tenant` is bound. The text is the error's.
async fn as_visitor(pg: &mut PgConnection, tenant: TenantId, sql: &str) -> Result<u64, String> {
    run(pg, "BEGIN").await.expect("begun");
    // The domain is what binds: as a parameter here too.
    sqlx::query("SELECT $1::text::tenancy.bound_public")
        .bind(tenant.to_string())
        .execute(&mut *pg)
        .await
        .expect("a visitor can be bound");
    let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *pg).await;
    run(pg, "ROLLBACK").await.expect("rolled back");
    done.map(|done| done.rows_affected()).map_err(|error| match error {
        sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
        other => other.to_string(),
    })
}

#[tokio::test]
async fn raw_sql_of_a_visitor_reads_public_rows_and_changes_nothing() {
    let world = World::new().await;
    let (a, b) = (world.a.tenant(), world.b.tenant());
    let project = world.project(&world.a, "mine").await;
    world.task(&world.a, &project, "secret").await;
    page(&world, &world.a, "a").await;
    page(&world, &world.b, "b").await;
    let mut pg = world.psql().await;

    // Unbound: nothing at all, of a public table neither.
    assert_eq!(rows(&mut pg, "SELECT * FROM pages").await, 0);
    // The rows are there for whom they are for.
    assert_eq!(as_visitor(&mut pg, a, "SELECT * FROM pages WHERE text = 'a'").await, Ok(1));
    let own = format!("INSERT INTO pages (tenant_id, path, text) VALUES ('{a}', '/x', 'x')");
    for (sql, expected) in [
        ("SELECT * FROM pages", Ok(1)),
        ("SELECT * FROM pages WHERE text = 'b'", Ok(0)),
        ("SELECT * FROM projects", Ok(0)),
        ("SELECT * FROM tasks", Ok(0)),
        ("UPDATE pages SET text = 'defaced'", Ok(0)),
        ("UPDATE pages SET text = 'defaced' WHERE text = 'a'", Ok(0)),
        ("DELETE FROM pages", Ok(0)),
        ("DELETE FROM projects", Ok(0)),
        ("SELECT * FROM pages FOR UPDATE", Ok(0)),
        (&own, Err("42501")),
        ("WITH gone AS (DELETE FROM pages RETURNING *) SELECT * FROM gone", Ok(0)),
        ("MERGE INTO pages USING (VALUES ('/')) v (p) ON path = p WHEN MATCHED THEN DELETE", Err("42501")),
        ("TRUNCATE pages", Err("42501")),
        // A second binding of either kind.
        (&format!("SELECT '{b}'::tenancy.bound_public"), Err("23514")),
        ("SELECT '00000000-0000-0000-0000-000000000000'::tenancy.bound_public", Err("23514")),
        ("SELECT NULL::tenancy.bound_public", Err("23514")),
    ] {
        assert_eq!(as_visitor(&mut pg, a, sql).await, expected.map_err(str::to_owned), "{sql}");
    }
    // What was public before is so now.
    assert_eq!(as_visitor(&mut pg, a, "SELECT * FROM pages WHERE text = 'a'").await, Ok(1));
    assert_eq!(as_visitor(&mut pg, b, "SELECT * FROM pages WHERE text = 'b'").await, Ok(1));
}

async fn rows(pg: &mut PgConnection, sql: &str) -> usize {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(pg).await.expect("it runs").len()
}

#[tokio::test]
async fn where_a_tenant_is_bound_no_visitor_can_be() {
    let world = World::new().await;
    page(&world, &world.b, "b").await;
    let bind = format!("SELECT '{}'::tenancy.bound_public", world.b.tenant());
    let mut tx = world.db.begin(&world.a).await.expect("begun");
    let refused = sqlx::query(sqlx::AssertSqlSafe(bind)).execute(tx.raw()).await.expect_err("it is refused");
    assert!(matches!(refused, sqlx::Error::Database(ref error) if error.code().as_deref() == Some("23514")));

    // And the other way round the tenant counts, for public tables as well: one of the two is seen, never both.
    let mut pg = world.psql().await;
    run(&mut pg, &format!("BEGIN; SELECT '{}'::tenancy.bound_public", world.b.tenant()))
        .await
        .expect("bound");
    assert_eq!(rows(&mut pg, "SELECT * FROM pages").await, 1);
    run(&mut pg, &format!("SELECT '{}'::tenancy.bound", world.a.tenant())).await.expect("bound");
    assert_eq!(rows(&mut pg, "SELECT * FROM pages").await, 0);
    run(&mut pg, "COMMIT").await.expect("committed");
    // Nothing is left of either.
    assert_eq!(rows(&mut pg, "SELECT * FROM pages").await, 0);
}

#[tokio::test]
async fn a_visitor_that_was_left_behind_is_cleaned() {
    let world = World::new().await;
    page(&world, &world.b, "b").await;
    let db = world.builder().max_connections(1).connect().await.expect("it isolates");
    let mut tx = db.begin(&world.a).await.expect("begun");
    let set = format!("SET SESSION app.public_tenant_id = '{}'", world.b.tenant());
    sqlx::query(sqlx::AssertSqlSafe(set)).execute(tx.raw()).await.expect("a setting of nobody's");
    // Believed while the session has it: raw SQL is the program's own.
    tx.commit().await.expect("committed");
    let mut tx = db.begin(&world.a).await.expect("begun");
    let left: String =
        sqlx::query_scalar("SELECT coalesce(current_setting('app.public_tenant_id', true), '')")
            .fetch_one(tx.raw())
            .await
            .expect("asked");
    assert_eq!(left, "");
}

/// With one of the policies gone, a visitor sees no more and changes no more than before.
#[tokio::test]
async fn no_single_policy_stands_between_a_visitor_and_a_write() {
    let world = World::new().await;
    let a = world.a.tenant();
    page(&world, &world.a, "a").await;
    page(&world, &world.b, "b").await;
    let mut superuser = world.superuser().await;
    for policy in
        ["tenancy_bound", "tenancy_bound_update", "tenancy_bound_delete", "tenancy_allow", "tenancy_public"]
    {
        let mut pg = world.psql().await;
        let held = sqlx::query_scalar::<_, String>(
            "SELECT format('CREATE POLICY %I ON pages AS %s FOR %s TO %s USING (%s) %s', polname, \
                    CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, \
                    CASE polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, \
                    CASE WHEN polroles = '{0}' THEN 'PUBLIC' ELSE 'tenancy_app' END, pg_get_expr(polqual, polrelid), \
                    coalesce('WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '')) \
               FROM pg_policy WHERE polrelid = 'pages'::regclass AND polname = $1",
        )
        .bind(policy)
        .fetch_one(&mut superuser)
        .await
        .expect("it is there");
        run(&mut superuser, &format!("DROP POLICY {policy} ON pages")).await.expect("dropped");
        for sql in
            ["UPDATE pages SET text = 'x'", "DELETE FROM pages", "SELECT * FROM pages WHERE text = 'b'"]
        {
            assert_eq!(as_visitor(&mut pg, a, sql).await, Ok(0), "{sql} without {policy}");
        }
        let refused = world.builder().connect().await;
        assert!(matches!(refused, Err(Error::NotIsolated { .. })), "connected without {policy}");
        run(&mut superuser, &held).await.expect("made again");
        world.builder().connect().await.expect("sound again");
    }
}

/// Whoever adds a permissive policy widens nothing: neither for visitors nor for tenants.
#[tokio::test]
async fn a_policy_that_is_added_widens_nothing() {
    let world = World::new().await;
    let a = world.a.tenant();
    page(&world, &world.a, "a").await;
    page(&world, &world.b, "b").await;
    run(&mut world.superuser().await, "CREATE POLICY open ON pages USING (true) WITH CHECK (true)")
        .await
        .expect("made");
    let mut pg = world.psql().await;
    assert_eq!(rows(&mut pg, "SELECT * FROM pages").await, 0);
    assert_eq!(as_visitor(&mut pg, a, "SELECT * FROM pages").await, Ok(1));
    for sql in ["UPDATE pages SET text = 'x'", "DELETE FROM pages", "SELECT * FROM pages WHERE text = 'b'"] {
        assert_eq!(as_visitor(&mut pg, a, sql).await, Ok(0), "{sql}");
    }
    assert_eq!(Page::find(&world.a).fetch_all(&world.db).await.expect("read").len(), 1);
}

#[tokio::test]
async fn an_index_serves_visitors() {
    let world = World::new().await;
    page(&world, &world.a, "a").await;
    let mut superuser = world.superuser().await;
    run(&mut superuser, "INSERT INTO pages (tenant_id, path, text) SELECT gen_random_uuid(), g::text, 'x' FROM generate_series(1, 20000) g; ANALYZE pages")
        .await
        .expect("filled");
    let mut pg = world.psql().await;
    run(&mut pg, &format!("BEGIN; SELECT '{}'::tenancy.bound_public", world.a.tenant()))
        .await
        .expect("bound");
    let plan: Vec<String> =
        sqlx::query_scalar("EXPLAIN SELECT * FROM pages").fetch_all(&mut pg).await.expect("a plan");
    assert!(plan.iter().any(|line| line.contains("Index Cond")), "{plan:#?}");
}

#[tokio::test]
async fn a_token_writes_where_visitors_read() {
    let world = World::new().await;
    let page = page(&world, &world.a, "a").await;
    let changed =
        Page::update(&world.a).filter(|p| p.id.eq(page.id)).set(|p| p.text, "b").execute(&world.db).await;
    assert_eq!(changed.expect("its own"), 1);
    let other =
        Page::update(&world.b).filter(|p| p.id.eq(page.id)).set(|p| p.text, "c").execute(&world.db).await;
    assert_eq!(other.expect("not there"), 0);
    assert_eq!(
        Page::delete(&world.a).filter(|p| p.id.eq(page.id)).execute(&world.db).await.expect("its own"),
        1
    );
    // Private entities are as private as before.
    Project::insert(&world.a, new_project("p")).execute(&world.db).await.expect("its own");
}
