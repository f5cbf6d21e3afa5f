//! What the proxy counts is what sqlx does.

use futures_util::TryStreamExt as _;
use sqlx::{ConnectOptions, Connection, Executor};
use tenancy_testkit::TestDb;
use tenancy_testkit::proxy::RoundTrips;

#[tokio::test]
async fn a_prepared_statement_is_one_round_trip() {
    let db = TestDb::new().await;
    let proxy = RoundTrips::start(&db.app()).await.unwrap();
    let mut connection = proxy.options(db.app()).connect().await.unwrap();
    proxy.reset();

    let ask = || sqlx::query_scalar::<_, i32>("SELECT $1 + 1").bind(1);
    assert_eq!(ask().fetch_one(&mut connection).await.unwrap(), 2);
    let first = proxy.take();
    assert!(first.len() > 1, "preparing has a round trip of its own: {first:?}");
    assert!(first[0].to_string().starts_with("Parse"), "{first:?}");

    assert_eq!(ask().fetch_one(&mut connection).await.unwrap(), 2);
    let second = proxy.take();
    assert_eq!(second.len(), 1, "{second:?}");
    assert!(second[0].to_string().starts_with("Bind Execute"), "{second:?}");
    assert!(second[0].to_string().ends_with("Sync"), "{second:?}");
}

#[tokio::test]
async fn connections_are_told_apart() {
    let db = TestDb::new().await;
    let proxy = RoundTrips::start(&db.app()).await.unwrap();
    let mut first = proxy.options(db.app()).connect().await.unwrap();
    let mut second = proxy.options(db.app()).connect().await.unwrap();
    proxy.reset();
    first.execute("SELECT 1").await.unwrap();
    second.execute("SELECT 1").await.unwrap();
    second.execute("SELECT repeat('x', 100000)").await.unwrap();
    assert_eq!((proxy.count(), proxy.count_of(0), proxy.count_of(1)), (3, 1, 2));
    assert!(proxy.snapshot().iter().all(|trip| trip.to_string() == "Query"));
    second.close().await.unwrap();
    assert_eq!(proxy.count(), 3, "a farewell is not answered");
}

#[tokio::test]
async fn rows_do_not_count() {
    let db = TestDb::new().await;
    let proxy = RoundTrips::start(&db.app()).await.unwrap();
    let mut connection = proxy.options(db.app()).connect().await.unwrap();
    proxy.reset();
    let rows: Vec<_> = connection
        .fetch("SELECT g, repeat('Z', g % 97) FROM generate_series(1, 20000) g")
        .try_collect()
        .await
        .unwrap();
    assert_eq!(rows.len(), 20_000);
    assert_eq!(proxy.count(), 1);
    drop(proxy);
    tokio::time::timeout(std::time::Duration::from_secs(5), connection.ping()).await.unwrap().unwrap_err();
}
