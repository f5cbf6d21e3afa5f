//! Inserts over what is there: by a declared key, of this tenant, and of nobody else.

use tenancy::Error;
use tenancy::prelude::*;
use uuid::Uuid;

use crate::common::*;

/// One slug, taken by both tenants.
async fn taken(world: &World) -> (Project, Project) {
    (world.project(&world.a, "taken").await, world.project(&world.b, "taken").await)
}

fn renamed(name: &str) -> NewProject {
    NewProject { slug: "taken".to_owned(), name: name.to_owned() }
}

#[tokio::test]
async fn a_conflict_is_with_a_row_of_ones_own() {
    let world = World::new().await;
    let (mine, theirs) = taken(&world).await;
    let (a, db) = (&world.a, &world.db);

    let nothing = Project::insert(a, renamed("ignored")).on_conflict(|k| k.slug).do_nothing();
    assert_eq!(nothing.fetch_optional(db).await.expect("no error"), None, "what is there is not returned");
    let still = Project::find_by_id(a, mine.id).fetch_one(db).await.expect("a row");
    assert_eq!(still, mine);

    let updated = Project::insert(a, renamed("new name"))
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name).set(|p| p.status, Status::Active).set(|p| p.note, None))
        .fetch_one(db)
        .await
        .expect("a row");
    assert_eq!((updated.id, &*updated.name, updated.status), (mine.id, "new name", Status::Active));

    let filtered = Project::insert(a, renamed("too late"))
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name).filter(|p| p.status.eq(Status::Draft)));
    assert_eq!(filtered.execute(db).await.expect("no error"), 0, "the condition did not hold");

    let by_id = Project::insert(a, new_project("another"))
        .set(|p| p.id, mine.id)
        .on_conflict(|k| k.id)
        .do_update(|u| u.set_excluded(|p| p.slug));
    assert_eq!(by_id.execute(db).await.expect("no error"), 1);

    // The other tenant's row has the same slug and was never touched; its id is free to this tenant.
    let untouched = Project::find_by_id(&world.b, theirs.id).fetch_one(db).await.expect("a row");
    assert_eq!(untouched, theirs);
    let same_id = Project::insert(a, new_project("same id"))
        .set(|p| p.id, theirs.id)
        .on_conflict(|k| k.id)
        .do_update(|u| u.set(|p| p.name, "stolen"))
        .fetch_one(db)
        .await
        .expect("a row");
    assert_eq!((same_id.tenant_id, &*same_id.name), (a.tenant(), "Project same id"), "it was inserted");
    let untouched = Project::find_by_id(&world.b, theirs.id).fetch_one(db).await.expect("a row");
    assert_eq!(untouched, theirs);
}

#[tokio::test]
async fn many_rows_are_one_statement() {
    let world = World::new().await;
    let (mine, theirs) = taken(&world).await;
    let (a, db) = (&world.a, &world.db);
    let rows = || [renamed("first"), new_project("fresh")];

    let inserted = Project::insert_many(a, rows()).on_conflict(|k| k.slug).do_nothing().fetch_all(db).await;
    assert_eq!(inserted.expect("rows").into_iter().map(|p| p.slug).collect::<Vec<_>>(), ["fresh"]);
    let upsert =
        || Project::insert_many(a, rows()).on_conflict(|k| k.slug).do_update(|u| u.set_excluded(|p| p.name));
    let mut changed = upsert().fetch_all(db).await.expect("rows");
    changed.sort_by(|x, y| y.slug.cmp(&x.slug));
    assert_eq!(
        changed.iter().map(|p| (&*p.slug, &*p.name)).collect::<Vec<_>>(),
        [("taken", "first"), ("fresh", "Project fresh")]
    );
    assert_eq!(changed[0].id, mine.id);
    assert_eq!(upsert().execute(db).await.expect("rows"), 2);
    assert_eq!(
        Project::insert_many(a, []).on_conflict(|k| k.slug).do_nothing().execute(db).await.expect("nothing"),
        0
    );

    let twice = Project::insert_many(a, [renamed("x"), renamed("y")])
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name))
        .execute(db)
        .await
        .expect_err("one row cannot be changed twice");
    assert_eq!(twice.as_server_error().map(|error| error.code().to_owned()).as_deref(), Some("21000"));
    let untouched = Project::find_by_id(&world.b, theirs.id).fetch_one(db).await.expect("a row");
    assert_eq!(untouched, theirs);
}

#[tokio::test]
async fn many_rows_get_values_of_their_own() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let (one, two) = (world.project(a, "one").await, world.project(a, "two").await);
    let theirs = world.project(&world.b, "theirs").await;
    // The last two are nobody's and the other tenant's.
    let changes = || {
        [
            (one.id, "first", Some("n")),
            (two.id, "second", None),
            (Uuid::nil(), "x", None),
            (theirs.id, "stolen", None),
        ]
    };
    let update = || {
        Project::update_many(a, changes(), |change| change.0)
            .set(|p| p.name, |change| change.1.to_owned())
            .set(|p| p.note, |change| change.2.map(str::to_owned))
    };
    assert_eq!(update().execute(db).await.expect("two rows"), 2);
    let mut changed = update().fetch_all(db).await.expect("two rows");
    changed.sort_by(|x, y| x.slug.cmp(&y.slug));
    let changed: Vec<_> = changed.iter().map(|p| (p.id, &*p.name, p.note.as_deref())).collect();
    assert_eq!(changed, [(one.id, "first", Some("n")), (two.id, "second", None)]);
    let mut superuser = world.superuser().await;
    run(&mut superuser, "ALTER TABLE projects DISABLE ROW LEVEL SECURITY").await.expect("a superuser may");
    assert_eq!(update().execute(db).await.expect("two rows"), 2, "by the predicate alone");
    let untouched = Project::find_by_id(&world.b, theirs.id).fetch_one(db).await.expect("a row");
    assert_eq!(untouched, theirs);

    let nothing = Project::update_many(a, changes(), |change| change.0).execute(db).await;
    assert!(matches!(nothing, Err(Error::NothingToSet { entity: "Project" })), "{nothing:?}");
    let none =
        Project::update_many(a, [], |id: &Uuid| *id).set(|p| p.name, |_| String::new()).execute(db).await;
    assert_eq!(none.expect("nothing is sent"), 0);
}

#[tokio::test]
async fn an_update_of_nothing_is_refused() {
    let world = World::new().await;
    let empty = Project::insert(&world.a, renamed("x")).on_conflict(|k| k.slug).do_update(|u| u);
    let refused = empty.execute(&world.db).await;
    assert!(matches!(refused, Err(Error::NothingToSet { entity: "Project" })), "{refused:?}");
}

/// The predicate keeps to the tenant by itself, and so does row-level security.
#[tokio::test]
async fn without_row_level_security_the_key_still_leads_with_the_tenant() {
    let world = World::new().await;
    let (_, theirs) = taken(&world).await;
    let mut superuser = world.superuser().await;
    run(&mut superuser, "ALTER TABLE projects DISABLE ROW LEVEL SECURITY").await.expect("a superuser may");
    let upsert = Project::insert(&world.a, renamed("mine"))
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name));
    assert_eq!(upsert.execute(&world.db).await.expect("a row"), 1);
    let untouched = Project::find_by_id(&world.b, theirs.id).fetch_one(&world.db).await.expect("a row");
    assert_eq!(untouched, theirs);
    assert_eq!(
        Project::count(&world.a).filter(|p| p.name.eq("mine")).fetch_one(&world.db).await.expect("a count"),
        1
    );
}
