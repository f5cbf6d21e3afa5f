//! Round trips on the caller's path, counted on the wire: one for a statement, N + 2 for a transaction of N.

use std::time::Duration;

use tenancy::db::TenantDb;
use tenancy::prelude::*;
use tenancy_testkit::proxy::RoundTrips;

use crate::common::*;

/// One connection through a counting proxy. Everything is run once first: prepared, its types known.
pub async fn counted(world: &World) -> (TenantDb, RoundTrips) {
    let proxy = RoundTrips::start(&world.test.app()).await.expect("a proxy");
    let builder = world.builder_of(proxy.options(world.test.app()));
    let db = builder.max_connections(1).connect().await.expect("an isolated database");
    (db, proxy)
}

/// Lets whatever may still be under way off the caller's path arrive: it must be counted, too.
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_statement_is_one_round_trip() {
    let world = World::new().await;
    let (db, proxy) = counted(&world).await;
    let a = &world.a;
    world.project(a, "a").await;
    for round in 0..3 {
        let slug = |kind: &str| format!("{kind}{round}");
        macro_rules! one {
            ($what:literal, $statement:expr) => {
                settle().await;
                let before = proxy.count();
                $statement.await.expect($what);
                settle().await;
                if round > 0 {
                    assert_eq!(proxy.count() - before, 1, $what);
                }
            };
        }
        one!("find", Project::find(a).filter(|p| p.status.eq(Status::Draft)).limit(50).fetch_all(&db));
        one!("find_by_id", Project::find_by_id(a, uuid::Uuid::new_v4()).fetch_optional(&db));
        one!("count", Project::count(a).fetch_one(&db));
        one!("exists", Project::exists(a).fetch_one(&db));
        one!("insert", Project::insert(a, new_project(&slug("i"))).execute(&db));
        one!("insert returning", Project::insert(a, new_project(&slug("r"))).fetch_one(&db));
        one!("insert_many", Project::insert_many(a, ["m", "n"].map(|k| new_project(&slug(k)))).execute(&db));
        one!("update", Project::update(a).filter(|p| p.slug.eq(slug("i"))).set(|p| p.name, "x").execute(&db));
        one!("delete", Project::delete(a).filter(|p| p.slug.eq(slug("i"))).execute(&db));
        one!(
            "sql!",
            tenancy::sql!(a, "SELECT p.name FROM {Project} p WHERE p.slug = {slug(\"r\")}")
                .scalar::<String>()
                .fetch_all(&db)
        );
        one!("stream", futures_util::TryStreamExt::try_collect::<Vec<_>>(Project::find(a).fetch(&db)));
    }
}

#[tokio::test]
async fn a_transaction_of_n_statements_is_n_plus_two() {
    let world = World::new().await;
    let (db, proxy) = counted(&world).await;
    // The first connection is opened, and the count prepared, outside of what is counted.
    Project::count(&world.a).fetch_one(&db).await.expect("a count");
    for n in [0, 1, 5] {
        settle().await;
        let before = proxy.count();
        let mut tx = db.begin(&world.a).await.expect("a transaction");
        for _ in 0..n {
            Project::count(&tx).fetch_one(&mut tx).await.expect("a count");
        }
        tx.commit().await.expect("a commit");
        settle().await;
        assert_eq!(proxy.count() - before, n + 2, "{n} statements");
    }
}
