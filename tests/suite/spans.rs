//! Spans: whose, what and how many; never a value.

use futures_util::TryStreamExt as _;
use tenancy::prelude::*;

use crate::common::*;
use crate::log::Log;

/// The spans of statements, each with what was recorded in it.
fn spans(log: &Log) -> Vec<String> {
    let ours = |line: &String| line.contains("tenancy::statement span") || line.starts_with("recorded");
    log.lines().into_iter().filter(ours).collect()
}

#[tokio::test]
async fn a_statement_is_a_span() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let one = world.project(a, "secret-one").await;
    world.project(a, "secret-two").await;
    let log = Log::default();
    let listening = log.listen();

    Project::find(a).fetch_all(db).await.expect("rows");
    Project::find_by_id(a, one.id).fetch_optional(db).await.expect("a row");
    Project::find(a).fetch(db).try_collect::<Vec<_>>().await.expect("rows");
    let mut half = Project::find(a).fetch(db);
    half.try_next().await.expect("a row");
    drop(half);
    Project::count(a).fetch_one(db).await.expect("a count");
    Project::update(a)
        .filter(|p| p.slug.eq("secret-one"))
        .set(|p| p.name, "secret")
        .execute(db)
        .await
        .expect("a row");
    Project::insert(a, new_project("secret-one")).execute(db).await.expect_err("the slug is taken");
    Project::update(a)
        .filter(|p| p.slug.not_in([""; 0]))
        .set(|p| p.name, "x")
        .execute(db)
        .await
        .expect_err("always true");
    Project::delete(a).filter(|p| p.slug.eq("secret-two")).fetch_all(db).await.expect("rows");
    tenancy::sql!(a, "SELECT p.slug FROM {Project} p WHERE p.slug = {\"secret-one\"}")
        .scalar::<String>()
        .fetch_all(db)
        .await
        .expect("rows");
    drop(listening);

    let begins = |operation: &str| {
        format!(
            "DEBUG tenancy::statement span statement tenant={} entity=\"Project\" operation=\"{operation}\"",
            a.tenant()
        )
    };
    let ends = |what: &str| format!("recorded {what}");
    let expected = [
        (begins("SELECT"), vec![ends("rows=2")]),
        (begins("SELECT"), vec![ends("rows=1")]),
        (begins("SELECT"), vec![ends("rows=2")]),
        (begins("SELECT"), vec![ends("rows=1")]),
        (begins("SELECT"), vec![ends("rows=1")]),
        (begins("UPDATE"), vec![ends("rows=1")]),
        (begins("INSERT"), vec![ends("error=\"23505\"")]),
        (begins("UPDATE"), vec![ends("error=\"FilterAlwaysTrue\"")]),
        (begins("DELETE"), vec![ends("rows=1")]),
        (begins("SELECT"), vec![ends("rows=1")]),
    ];
    let expected: Vec<_> =
        expected.into_iter().flat_map(|(begin, end)| [vec![begin], end].concat()).collect();
    assert_eq!(spans(&log), expected);
    assert!(
        !log.lines().iter().any(|line| line.contains("tenancy") && line.contains("secret")),
        "{:#?}",
        log.lines()
    );
}
