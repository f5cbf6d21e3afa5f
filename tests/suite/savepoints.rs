//! Savepoints and advisory locks: parts of a transaction, and what no row stands for. Neither crosses tenants.

use std::time::Duration;

use tenancy::Error;
use tenancy::prelude::*;

use crate::common::*;

async fn slugs(world: &World, owner: &TenantToken) -> Vec<String> {
    let slugs = Project::find(owner).order_by(|p| p.slug.asc()).select(|p| p.slug).fetch_all(&world.db).await;
    slugs.expect("the owner's rows")
}

async fn insert(tx: &mut TenantTx, slug: &str) -> Result<Project, Error> {
    Project::insert(&*tx, new_project(slug)).fetch_one(tx).await
}

#[tokio::test]
async fn what_fails_is_rolled_back_and_the_rest_is_not() {
    let world = World::new().await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    insert(&mut tx, "before").await.expect("a row");
    let kept = tx.savepoint(async |tx| insert(tx, "kept").await).await.expect("a row");
    assert_eq!(kept.slug, "kept");
    let refused = tx.savepoint(async |tx| {
        insert(tx, "undone").await?;
        insert(tx, "kept").await
    });
    let refused = refused.await.expect_err("the slug is taken");
    assert_eq!(refused.as_server_error().map(|error| error.code().to_owned()).as_deref(), Some("23505"));
    // An error of the caller's own, and one within another.
    let nested: Result<(), Error> = tx
        .savepoint(async |tx| {
            insert(tx, "outer").await?;
            let inner: Result<(), Error> = tx
                .savepoint(async |tx| {
                    insert(tx, "inner").await?;
                    Err(Error::RowNotFound)
                })
                .await;
            assert!(matches!(inner, Err(Error::RowNotFound)));
            insert(tx, "after the inner").await.map(drop)
        })
        .await;
    nested.expect("the outer stays");
    insert(&mut tx, "last").await.expect("the transaction goes on");
    tx.commit().await.expect("and commits");
    assert_eq!(slugs(&world, &world.a).await, ["after the inner", "before", "kept", "last", "outer"]);
}

#[tokio::test]
async fn a_failure_that_is_ignored_is_rolled_back_all_the_same() {
    let world = World::new().await;
    world.project(&world.a, "taken").await;
    let mut tx = world.db.begin(&world.a).await.expect("a transaction");
    let ignored: Result<(), Error> = tx
        .savepoint(async |tx| {
            insert(tx, "lost").await?;
            insert(tx, "taken").await.expect_err("it is taken");
            Ok(())
        })
        .await;
    assert!(matches!(ignored, Err(Error::TransactionAborted)), "{ignored:?}");
    insert(&mut tx, "after").await.expect("the transaction goes on");
    tx.commit().await.expect("and commits");
    assert_eq!(slugs(&world, &world.a).await, ["after", "taken"]);
}

/// Nobody said whether what it wrote is wanted.
#[tokio::test]
async fn a_savepoint_that_is_dropped_in_the_middle_commits_nothing() {
    let world = World::new().await;
    for nested in [false, true] {
        let mut tx = world.db.begin(&world.a).await.expect("a transaction");
        insert(&mut tx, "before").await.expect("a row");
        let forever = async |tx: &mut TenantTx| -> Result<(), Error> {
            insert(tx, "half").await?;
            std::future::pending().await
        };
        let dropped = tokio::time::timeout(Duration::from_millis(300), async {
            if nested {
                tx.savepoint(async |tx| tx.savepoint(forever).await).await
            } else {
                tx.savepoint(forever).await
            }
        });
        dropped.await.expect_err("it does not end");
        let refused = insert(&mut tx, "after").await;
        assert!(matches!(refused, Err(Error::TransactionAborted)), "{refused:?}");
        let raw = sqlx::query("INSERT INTO projects (tenant_id, slug, name) VALUES ($1, 'raw', 'n')")
            .bind(world.a.tenant().as_uuid());
        raw.execute(tx.raw()).await.expect_err("raw SQL neither");
        let committed = tx.commit().await;
        assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
        assert_eq!(slugs(&world, &world.a).await, [""; 0]);
    }
    // The connections are fit for others.
    for _ in 0..20 {
        world.db.begin(&world.b).await.expect("a transaction").rollback().await.expect("an end");
    }
}

#[tokio::test]
async fn a_savepoint_stays_within_its_tenant() {
    let world = World::new().await;
    let theirs = world.project(&world.b, "theirs").await;
    let (a, b) = (&world.a, &world.b);
    let mut tx = world.db.begin(a).await.expect("a transaction");
    let inside: Result<(), Error> = tx
        .savepoint(async |tx| {
            let other = Project::find_by_id(b, theirs.id).fetch_optional(&mut *tx).await;
            assert!(matches!(other, Err(Error::OtherTenant)), "{other:?}");
            assert_eq!(Project::find_by_id(a, theirs.id).fetch_optional(&mut *tx).await?, None);
            Err(Error::RowNotFound)
        })
        .await;
    assert!(matches!(inside, Err(Error::RowNotFound)));
    // Rolled back to a savepoint, ours or one of raw SQL, the transaction is bound as before.
    sqlx::raw_sql("SAVEPOINT own").execute(tx.raw()).await.expect("a savepoint");
    insert(&mut tx, "mine").await.expect("a row");
    sqlx::raw_sql("ROLLBACK TO SAVEPOINT own").execute(tx.raw()).await.expect("rolled back");
    let seen: Vec<String> =
        sqlx::query_scalar("SELECT slug FROM projects").fetch_all(tx.raw()).await.expect("raw SQL");
    assert_eq!(seen, [""; 0], "raw SQL sees this tenant, which has nothing");
    let bound: String = sqlx::query_scalar("SELECT current_setting('app.tenant_id')")
        .fetch_one(tx.raw())
        .await
        .expect("a setting");
    assert_eq!(bound, a.tenant().to_string());
    insert(&mut tx, "mine").await.expect("a row");
    tx.commit().await.expect("a commit");
    assert_eq!(slugs(&world, a).await, ["mine"]);
    assert_eq!(slugs(&world, b).await, ["theirs"]);
}

/// Futures of savepoints can be spawned, as a handler's are.
#[tokio::test]
async fn a_savepoint_can_be_spawned() {
    let world = World::new().await;
    let (db, token) = (world.db.clone(), world.a.clone());
    let task = tokio::spawn(async move {
        let mut tx = db.begin(&token).await?;
        tx.savepoint(async |tx: &mut TenantTx| insert(tx, "spawned").await).await?;
        tx.commit().await
    });
    task.await.expect("no panic").expect("committed");
    assert_eq!(slugs(&world, &world.a).await, ["spawned"]);
}

#[tokio::test]
async fn tenants_do_not_wait_for_each_other() {
    let world = World::new().await;
    let db = &world.db;
    let mut mine = db.begin(&world.a).await.expect("a transaction");
    mine.advisory_lock("import").await.expect("the lock");
    mine.advisory_lock("import").await.expect("again");
    let mut theirs = db.begin(&world.b).await.expect("a transaction");
    assert!(theirs.try_advisory_lock("import").await.expect("an answer"), "another tenant's is another lock");
    let mut second = db.begin(&world.a).await.expect("a transaction");
    assert!(!second.try_advisory_lock("import").await.expect("an answer"), "it is held");
    assert!(second.try_advisory_lock("export").await.expect("an answer"), "another name is another lock");
    mine.commit().await.expect("a commit");
    assert!(second.try_advisory_lock("import").await.expect("an answer"), "it ended with its transaction");
    drop(second);
    let mut third = db.begin(&world.a).await.expect("a transaction");
    third.advisory_lock("import").await.expect("also with one that was dropped");
    third.rollback().await.expect("an end");

    let (mut one, mut other) =
        (db.begin(&world.a).await.expect("one"), db.begin(&world.a).await.expect("another"));
    one.advisory_lock_shared("shared").await.expect("the lock");
    other.advisory_lock_shared("shared").await.expect("beside it");
    assert!(!other.try_advisory_lock("shared").await.expect("an answer"), "not alone");
}
