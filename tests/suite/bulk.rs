//! Large loads: every row of a stream or none, in memory for one batch, a round trip a batch.

use std::future::pending;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use sqlx::error::ErrorKind;
use tenancy::Error;
use tenancy::prelude::*;

use crate::common::*;
use crate::round_trips::{counted, settle};

/// So many projects, each made when it is asked for.
fn projects(count: usize) -> impl stream::Stream<Item = NewProject> + Send {
    stream::iter(0..count).map(|i| new_project(&format!("{i:06}")))
}

async fn count(world: &World, owner: &TenantToken) -> u64 {
    Project::count(owner).fetch_one(&world.db).await.expect("a count")
}

#[tokio::test]
async fn rows_arrive_for_their_owner_and_for_nobody_else() {
    let world = World::new().await;
    let (a, b, db) = (&world.a, &world.b, &world.db);
    // Smaller than the stream, its divisor, of a size with it, larger, and as large as can be; zero is one.
    for (round, batch) in [3, 5, 10, 11, usize::MAX, 0].into_iter().enumerate() {
        let mut tx = db.begin(a).await.expect("a transaction");
        let new = projects(10).map(|new| NewProject { slug: format!("{round}-{}", new.slug), ..new });
        let load = Project::insert_stream(&tx, new).batch(batch);
        assert_eq!(load.execute(&mut tx).await.expect("a load"), 10, "batches of {batch}");
        assert_eq!(count(&world, a).await, round as u64 * 10, "not before the commit");
        tx.commit().await.expect("a commit");
    }
    let rows = Project::find(a).filter(|p| p.slug.like("0-%")).order_by(|p| p.slug.asc()).fetch_all(db).await;
    let rows = rows.expect("a read");
    assert_eq!(rows.iter().map(|p| &*p.slug).collect::<Vec<_>>()[..2], ["0-000000", "0-000001"]);
    assert!(
        rows.len() == 10 && rows.iter().all(|p| p.tenant_id == a.tenant() && p.name.starts_with("Project"))
    );
    assert_eq!((count(&world, a).await, count(&world, b).await), (60, 0));
}

#[tokio::test]
async fn a_batch_is_a_round_trip_and_nothing_is_none() {
    let world = World::new().await;
    let (db, proxy) = counted(&world).await;
    let mut tx = db.begin(&world.a).await.expect("a transaction");
    let first = Project::insert_stream(&tx, projects(1)).execute(&mut tx).await;
    assert_eq!(first.expect("a load"), 1, "prepared outside of what is counted");
    tx.rollback().await.expect("a rollback");
    for (rows, batch, batches) in [(0, 100, 0), (99, 100, 1), (100, 100, 1), (101, 100, 2), (1_000, 100, 10)]
    {
        settle().await;
        let before = proxy.count();
        let mut tx = db.begin(&world.a).await.expect("a transaction");
        let loaded = Project::insert_stream(&tx, projects(rows)).batch(batch).execute(&mut tx).await;
        assert_eq!(loaded.expect("a load"), rows as u64);
        tx.rollback().await.expect("a rollback");
        settle().await;
        assert_eq!(proxy.count() - before, batches + 2, "{rows} rows in batches of {batch}");
    }
}

#[tokio::test]
async fn a_row_that_is_refused_takes_all_batches_with_it() {
    let world = World::new().await;
    let a = &world.a;
    world.project(a, "000025").await;
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let refused = Project::insert_stream(&tx, projects(100)).batch(10).execute(&mut tx).await;
    let refused = refused.expect_err("a slug of the third batch is taken");
    assert_eq!(refused.as_server_error().expect("by PostgreSQL").kind(), ErrorKind::UniqueViolation);
    drop(tx);
    assert_eq!(count(&world, a).await, 1, "nothing of it stayed");
    // Ignored, it is not committed either.
    let mut tx = world.db.begin(a).await.expect("a transaction");
    Project::insert_stream(&tx, projects(100)).batch(10).execute(&mut tx).await.expect_err("as before");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
    assert_eq!(count(&world, a).await, 1);
}

/// An import's own error, and what PostgreSQL refuses.
#[derive(Debug)]
enum ImportError {
    Line(usize),
    Database(Error),
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// Rows, then an error of the stream.
fn broken(rows: usize) -> impl stream::Stream<Item = Result<NewProject, ImportError>> + Send {
    projects(rows).map(Ok).chain(stream::once(async move { Err(ImportError::Line(rows)) }))
}

#[tokio::test]
async fn an_error_of_the_stream_ends_the_load_and_half_of_it_is_never_committed() {
    let world = World::new().await;
    let a = &world.a;
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let sound = projects(7).map(Ok::<_, ImportError>);
    assert_eq!(Project::try_insert_stream(&tx, sound).batch(3).execute(&mut tx).await.expect("a load"), 7);
    tx.rollback().await.expect("a rollback");

    let mut tx = world.db.begin(a).await.expect("a transaction");
    let stopped = Project::try_insert_stream(&tx, broken(25)).batch(10).execute(&mut tx).await;
    assert!(matches!(stopped, Err(ImportError::Line(25))), "{stopped:?}");
    let after = Project::insert(&tx, new_project("after")).execute(&mut tx).await;
    assert!(matches!(after, Err(Error::TransactionAborted)), "{after:?}");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
    assert_eq!(count(&world, a).await, 0);

    // Of the first batch nothing was sent yet: the transaction is as good as before.
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let stopped = Project::try_insert_stream(&tx, broken(9)).batch(10).execute(&mut tx).await;
    assert!(matches!(stopped, Err(ImportError::Line(9))), "{stopped:?}");
    Project::insert(&tx, new_project("after")).execute(&mut tx).await.expect("an insert");
    tx.commit().await.expect("a commit");
    assert_eq!(count(&world, a).await, 1);

    // What PostgreSQL refuses comes as the same kind of error.
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let twice = projects(3).chain(projects(3)).map(Ok);
    let refused = Project::try_insert_stream(&tx, twice).batch(2).execute(&mut tx).await;
    let Err(ImportError::Database(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.as_server_error().map(|error| error.kind()), Some(ErrorKind::UniqueViolation));
}

#[tokio::test]
async fn a_savepoint_undoes_half_a_load_and_the_transaction_goes_on() {
    let world = World::new().await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    Project::insert(&tx, new_project("before")).execute(&mut tx).await.expect("an insert");
    let failed: Result<u64, ImportError> = tx
        .savepoint(async |tx| Project::try_insert_stream(&*tx, broken(25)).batch(10).execute(tx).await)
        .await;
    assert!(matches!(failed, Err(ImportError::Line(25))), "{failed:?}");
    // The closure thought nothing of it, and the savepoint around it knows what stopped.
    let ignored: Result<(), Error> = tx
        .savepoint(async |tx| {
            let inner: Result<(), Error> = tx
                .savepoint(async |tx| {
                    let load = Project::try_insert_stream(&*tx, broken(25)).batch(10).execute(tx).await;
                    load.expect_err("it is broken");
                    Ok(())
                })
                .await;
            assert!(matches!(inner, Err(Error::TransactionAborted)), "{inner:?}");
            Project::insert(&*tx, new_project("within")).execute(tx).await
        })
        .await;
    ignored.expect("the outer savepoint stays");
    tx.commit().await.expect("a commit");
    let slugs =
        Project::find(&world.a).order_by(|p| p.slug.asc()).select(|p| p.slug).fetch_all(&world.db).await;
    assert_eq!(slugs.expect("a read"), ["before", "within"]);
}

#[tokio::test]
async fn a_load_that_is_dropped_in_the_middle_is_never_committed() {
    let world = World::new().await;
    let a = &world.a;
    let within = Duration::from_millis(300);
    // Between two statements: the stream does not go on.
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let stuck = projects(25).chain(stream::once(pending()));
    let load = Project::insert_stream(&tx, stuck).batch(10).execute(&mut tx);
    tokio::time::timeout(within, load).await.expect_err("it does not end");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
    assert_eq!(count(&world, a).await, 0);

    // In the middle of a statement: it waits for whoever inserted the slug of its third batch.
    let mut other = world.db.begin(a).await.expect("a transaction");
    Project::insert(&other, new_project("000025")).execute(&mut other).await.expect("an insert");
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let load = Project::insert_stream(&tx, projects(100)).batch(10).execute(&mut tx);
    tokio::time::timeout(within, load).await.expect_err("it waits");
    other.rollback().await.expect("a rollback");
    drop(tx);
    for _ in 0..20 {
        assert_eq!(count(&world, a).await, 0, "nothing of it stayed");
        assert_eq!(count(&world, &world.b).await, 0, "the connections are fit for others");
    }
    // Slow, and within a savepoint: the rest of the transaction stays.
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let slow: Result<(), Error> = tx
        .savepoint(async |tx| {
            let stuck = projects(25).chain(stream::once(pending()));
            let load = Project::insert_stream(&*tx, stuck).batch(10).execute(tx);
            let timed_out = tokio::time::timeout(within, load).await;
            timed_out.map_err(|_| Error::RowNotFound)?.map(drop)
        })
        .await;
    assert!(matches!(slow, Err(Error::RowNotFound)), "{slow:?}");
    Project::insert(&tx, new_project("after")).execute(&mut tx).await.expect("an insert");
    tx.commit().await.expect("a commit");
    assert_eq!(count(&world, a).await, 1);
}

#[tokio::test]
async fn a_load_of_another_tenant_is_refused_before_a_row_is_taken() {
    let world = World::new().await;
    let (a, b) = (&world.a, &world.b);
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let untouched = stream::poll_fn(|_| panic!("a row was asked for"));
    let refused = Project::insert_stream(b, untouched).execute(&mut tx).await;
    assert!(matches!(refused, Err(Error::OtherTenant)), "{refused:?}");
    let nobody = Project::insert_stream(b, projects(0)).execute(&mut tx).await;
    assert!(matches!(nobody, Err(Error::OtherTenant)), "{nobody:?}");
    let unlisted = stream::iter([NewNote { text: "t".to_owned() }]);
    let unlisted = Note::insert_stream(a, unlisted).execute(&mut tx).await;
    assert!(matches!(unlisted, Err(Error::EntityNotListed { entity: "Note" })), "{unlisted:?}");
    // Nothing was sent: the transaction is as good as before.
    assert_eq!(Project::insert_stream(&tx, projects(3)).execute(&mut tx).await.expect("a load"), 3);
    tx.commit().await.expect("a commit");
    assert_eq!((count(&world, a).await, count(&world, b).await), (3, 0));
}

#[tokio::test]
async fn a_token_that_expires_ends_the_load() {
    let world = World::new().await;
    let token = world.short_lived(TenantId::random()).await;
    let mut tx = world.db.begin(&token).await.expect("a transaction");
    let expired = token.clone();
    let slow = projects(20).then(move |new| {
        let expired = expired.clone();
        async move {
            while new.slug == "000015" && !expired.is_expired() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            new
        }
    });
    let late = Project::insert_stream(&token, slow).batch(10).execute(&mut tx).await;
    assert!(matches!(late, Err(Error::TokenExpired)), "{late:?}");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
}

/// Allocations are counted a thread, so everything runs on this one.
#[test]
fn memory_is_for_one_batch_whatever_the_number_of_rows() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let load = async |rows: usize| {
        let mut tx = world.db.begin(&world.a).await.expect("a transaction");
        let loaded = Project::insert_stream(&tx, projects(rows)).execute(&mut tx).await;
        assert_eq!(loaded.expect("a load"), rows as u64);
        tx.rollback().await.expect("a rollback");
    };
    let at_once = async |rows: usize| {
        let new: Vec<_> = projects(rows).collect().await;
        let mut tx = world.db.begin(&world.a).await.expect("a transaction");
        let loaded = Project::insert_many(&tx, new).execute(&mut tx).await;
        assert_eq!(loaded.expect("a load"), rows as u64);
        tx.rollback().await.expect("a rollback");
    };
    let most = |work: &dyn Fn()| allocation_counter::measure(work).bytes_max;
    // Connections, texts and buffers are there before anything is counted.
    runtime.block_on(load(2_000));
    let few = most(&|| runtime.block_on(load(20_000)));
    let many = most(&|| runtime.block_on(load(200_000)));
    let whole = most(&|| runtime.block_on(at_once(20_000)));
    assert!(many <= few + few / 10, "{few} bytes for 20,000 rows, {many} for 200,000");
    assert!(whole > 5 * few, "{whole} bytes at once, {few} in batches: otherwise nothing is measured");
}
