//! Plans of before a migration: a statement by itself is prepared again and nobody notices; a transaction has ended.

use futures_util::TryStreamExt as _;
use tenancy::Error;
use tenancy::prelude::*;

use crate::common::*;
use crate::round_trips::counted;

/// What a migration does to a table: its column has another type, which reads as before.
async fn migrate(world: &World, to: &str) {
    let sql = format!("ALTER TABLE tasks ALTER COLUMN title TYPE {to}");
    run(&mut world.superuser().await, &sql).await.expect("a superuser may");
}

#[tokio::test]
async fn a_statement_by_itself_is_prepared_again() {
    let world = World::new().await;
    let (a, project) = (&world.a, world.project(&world.a, "mine").await);
    world.task(a, &project, "mine").await;
    let (db, proxy) = counted(&world).await;
    let mut types = ["varchar(100)", "text"].into_iter().cycle();
    macro_rules! survives {
        ($what:literal, $statement:expr) => {
            for _ in 0..2 {
                $statement.await.expect($what);
            }
            migrate(&world, types.next().expect("without end")).await;
            let before = proxy.count();
            $statement.await.expect($what);
            assert!(proxy.count() - before > 1, "{}: the plan was stale", $what);
            let before = proxy.count();
            $statement.await.expect($what);
            assert_eq!(proxy.count() - before, 1, "{}: it is prepared again once", $what);
        };
    }
    let update = || Task::update(a).filter(|t| t.title.eq("mine")).set(|t| t.done, true);
    survives!("fetch_all", Task::find(a).fetch_all(&db));
    survives!("fetch_one", Task::find(a).fetch_one(&db));
    survives!("fetch_optional", Task::find(a).filter(|t| t.done.eq(false)).fetch_optional(&db));
    survives!("fetch", Task::find(a).fetch(&db).try_collect::<Vec<_>>());
    survives!("update returning", update().fetch_all(&db));
    survives!("sql!", tenancy::sql!(a, "SELECT t.title FROM {Task} t").scalar::<String>().fetch_all(&db));
    let found = Task::find(a).fetch_all(&db).await.expect("rows");
    assert_eq!(found.iter().map(|t| &*t.title).collect::<Vec<_>>(), ["mine"], "bound as ever");
    assert_eq!(Task::count(&world.b).fetch_one(&db).await.expect("a count"), 0);
}

/// A write that returns its rows is refused before it writes, so that it happens once.
#[tokio::test]
async fn what_is_said_again_has_not_happened_before() {
    let world = World::new().await;
    let (a, project) = (&world.a, world.project(&world.a, "mine").await);
    let (db, _proxy) = counted(&world).await;
    let insert = async || {
        let draft = TaskDraft { project_id: project.id, title: "new".into() };
        Task::insert(a, draft).fetch_one(&db).await.expect("a row")
    };
    insert().await;
    insert().await;
    migrate(&world, "varchar(100)").await;
    insert().await;
    assert_eq!(Task::count(a).fetch_one(&db).await.expect("a count"), 3);
}

#[tokio::test]
async fn a_transaction_has_ended_and_says_so() {
    let world = World::new().await;
    let (a, project) = (&world.a, world.project(&world.a, "mine").await);
    world.task(a, &project, "mine").await;
    let (db, _proxy) = counted(&world).await;
    for _ in 0..2 {
        Task::find(a).fetch_all(&db).await.expect("rows");
    }
    let mut tx = db.begin(a).await.expect("a transaction");
    migrate(&world, "varchar(100)").await;
    let refused = Task::find(&tx).fetch_all(&mut tx).await;
    let code = refused.as_ref().err().and_then(Error::as_server_error).map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("0A000"), "{refused:?}");
    drop(tx);
    assert_eq!(Task::find(a).fetch_all(&db).await.expect("rows").len(), 1, "on another connection");
}
