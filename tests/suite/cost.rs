//! What a statement costs before it is sent, and how the server finds its rows. Counted, never timed.

use std::sync::Arc;

use sqlx::Executor as _;
use tenancy::prelude::*;
use tenancy::statement::Select;
use uuid::Uuid;

use crate::common::*;

/// As a handler would write it: one value each of text, of a number and of a flag.
fn three_filters(token: &TenantToken, slug: &str) -> Select<Sample> {
    Sample::find(token)
        .filter(|s| s.a_string.eq(slug))
        .filter(|s| s.an_i64.gt(100))
        .filter(|s| s.a_bool.eq(false))
}

#[tokio::test]
async fn three_filters_are_three_allocations() {
    let world = World::new().await;
    let counted = |build: &dyn Fn() -> Arc<str>| {
        let first = build();
        let mut again = None;
        let count = allocation_counter::measure(|| again = Some(build())).count_total;
        assert!(
            Arc::ptr_eq(&first, &again.expect("it was built")),
            "the text is shared, not rendered into a copy"
        );
        count
    };
    let (a, id) = (&world.a, Uuid::new_v4());
    // The conditions, the types of the parameters, and their bytes.
    assert_eq!(counted(&|| three_filters(a, "a slug").sql().expect("a text")), 3);
    // Long text is copied once more.
    let long = "long ".repeat(20);
    assert_eq!(counted(&|| three_filters(a, &long).sql().expect("a text")), 4);
    assert_eq!(counted(&|| Project::find_by_id(a, id).sql().expect("a text")), 3);
    let update = || Project::update(a).filter(|p| p.id.eq(id)).set(|p| p.name, "name").sql().expect("a text");
    // The assignments.
    assert_eq!(counted(&update), 4);
    // The columns and the values; beside them the two strings of the new row.
    let insert = || Project::insert(a, new_project("s")).sql().expect("a text");
    assert_eq!(counted(&insert), 2 + 2 + 2);
}

#[tokio::test]
async fn the_text_holds_no_values_and_one_text_serves_all() {
    let world = World::new().await;
    let (one, other) = (three_filters(&world.a, "secret").sql(), three_filters(&world.b, "other").sql());
    let (one, other) = (one.expect("a text"), other.expect("a text"));
    assert!(Arc::ptr_eq(&one, &other), "values and tenants are parameters");
    assert!(!one.contains("secret") && one.contains("\"t\".\"tenant_id\" = $1::tenancy.bound"), "{one}");
    let lists = |n: i64| Sample::find(&world.a).filter(|s| s.an_i64.in_(0..n)).sql().expect("a text");
    assert!(Arc::ptr_eq(&lists(1), &lists(100)), "the length of a list is no part of the text");
    let pages = |n: u64| Sample::find(&world.a).limit(n).offset(n).sql().expect("a text");
    assert!(Arc::ptr_eq(&pages(1), &pages(100)), "the number of a page is no part of the text");
}

/// What every statement says is what the server is sent: the text is asked of a live connection.
#[tokio::test]
async fn the_text_is_what_the_server_prepares() {
    let world = World::new().await;
    let shown = Project::find(&world.a).filter(|p| p.slug.eq("x")).limit(3).sql().expect("a text");
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    Project::find(&tx).filter(|p| p.slug.eq("x")).limit(3).fetch_all(&mut tx).await.expect("a read");
    let prepared = sqlx::query_scalar::<_, String>("SELECT statement FROM pg_prepared_statements")
        .fetch_all(tx.raw())
        .await
        .expect("the session's statements");
    assert!(prepared.iter().any(|statement| *statement == *shown), "{shown}\n{prepared:#?}");
}

/// An index that the tenant leads serves each kind of statement, with a plan for these values and with one for any.
#[tokio::test]
async fn every_plan_uses_an_index_led_by_the_tenant() {
    let world = World::new().await;
    let a = &world.a;
    world.project(a, "mine").await;
    let mut superuser = world.superuser().await;
    // Enough rows of enough tenants that reading them all is the worse plan.
    let fill = "INSERT INTO projects (tenant_id, slug, name)
                SELECT md5('t' || i % 200)::uuid, 's' || i, 'n' || i FROM generate_series(1, 20000) AS i; ANALYZE projects";
    superuser.execute(sqlx::raw_sql(fill)).await.expect("rows of other tenants");

    let (tenant, id) = (a.tenant(), Uuid::new_v4());
    let draft = Status::Draft;
    let statements = [
        (Project::find_by_id(a, id).sql(), format!("'{tenant}', '{id}'")),
        (Project::find(a).filter(|p| p.slug.eq("mine")).sql(), format!("'{tenant}', 'mine'")),
        (Project::find(a).filter(|p| p.status.eq(draft)).limit(50).sql(), format!("'{tenant}', 'draft', 50")),
        (Project::find(a).order_by(|p| p.status.asc()).limit(50).sql(), format!("'{tenant}', 50")),
        (Project::count(a).sql(), format!("'{tenant}'")),
        (Project::exists(a).filter(|p| p.slug.eq("mine")).sql(), format!("'{tenant}', 'mine'")),
        (
            Project::update(a).filter(|p| p.id.eq(id)).set(|p| p.name, "n").sql(),
            format!("'{tenant}', 'n', '{id}'"),
        ),
        (Project::delete(a).filter(|p| p.id.eq(id)).sql(), format!("'{tenant}', '{id}'")),
    ];
    world.assert_index_plans(&statements).await;
}

/// Handlers hold the futures of their statements, one within the other: what is held twice doubles with each of them.
#[tokio::test]
async fn the_future_of_a_statement_is_small() {
    const LIMIT: usize = 14 * 1024;
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let sizes = [
        std::mem::size_of_val(&Project::find(a).fetch_all(db)),
        std::mem::size_of_val(&Project::find_by_id(a, Uuid::nil()).fetch_one(db)),
        std::mem::size_of_val(&Project::insert(a, new_project("x")).fetch_one(db)),
        std::mem::size_of_val(&Project::count(a).fetch_one(db)),
    ];
    assert!(sizes.iter().all(|size| *size < LIMIT), "{sizes:?} bytes");
}
