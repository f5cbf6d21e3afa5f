//! What the library keeps of a row: its version, when it was changed, and whether it is deleted.

use chrono::{DateTime, TimeDelta, Utc};
use tenancy::Error;
use tenancy::entity::SoftDelete as _;
use tenancy::prelude::*;
use tenancy::statement::count;

use crate::common::*;

struct Documents {
    world: World,
    project: Project,
}

impl Documents {
    /// Two tenants, each with a project; documents 1 and 2 of the first tenant, and document 1 of the second.
    async fn new() -> Self {
        let world = World::new().await;
        let project = world.project(&world.a, "mine").await;
        let theirs = world.project(&world.b, "theirs").await;
        let documents = Self { world, project };
        let a = &documents.world.a;
        for id in [1, 2] {
            let inserted = documents.insert(a, &documents.project, id).await;
            assert_eq!((inserted.version, inserted.deleted_at), (1, None), "the database fills them in");
        }
        documents.insert(&documents.world.b, &theirs, 1).await;
        documents
    }

    async fn insert(&self, owner: &TenantToken, project: &Project, id: i64) -> Document {
        let (name, body) = (format!("document {id}"), "text".to_owned());
        let new = NewDocument { id, project_id: project.id, name, body, tags: Vec::new(), scores: None };
        Document::insert(owner, new).fetch_one(&self.world.db).await.expect("the owner can insert")
    }

    /// All of it, as a superuser sees it: tenant, id, version, body, whether deleted.
    async fn stored(&self, owner: &TenantToken) -> Vec<(i64, i32, String, bool)> {
        let mut superuser = self.world.superuser().await;
        sqlx::query_as("SELECT id, version, body, deleted_at IS NOT NULL FROM documents WHERE tenant_id = $1 ORDER BY id")
            .bind(owner.tenant().as_uuid())
            .fetch_all(&mut superuser)
            .await
            .expect("the rows")
    }
}

fn live(id: i64, version: i32, body: &str) -> (i64, i32, String, bool) {
    (id, version, body.to_owned(), false)
}

fn deleted(id: i64, version: i32, body: &str) -> (i64, i32, String, bool) {
    (id, version, body.to_owned(), true)
}

#[tokio::test]
async fn a_stale_write_is_an_error_of_its_own() {
    let documents = Documents::new().await;
    let (a, db) = (&documents.world.a, &documents.world.db);
    let before = Utc::now() - TimeDelta::minutes(5);
    let write = |version: i32, body: &'static str| {
        Document::update(a).filter(|d| d.id.eq(1)).at_version(version).set(|d| d.body, body)
    };
    let changed = write(1, "first").fetch_one(db).await.expect("it is of this version");
    assert_eq!((changed.version, &*changed.body), (2, "first"));
    assert!(changed.updated_at > before, "when it was changed is kept as well");
    let stale = [
        write(1, "second").execute(db).await.err(),
        write(1, "second").fetch_one(db).await.err(),
        write(1, "second").fetch_optional(db).await.err(),
        write(1, "second").fetch_all(db).await.err(),
        write(3, "second").execute(db).await.err(),
        Document::update(a).filter(|d| d.id.eq(7)).at_version(1).set(|d| d.body, "x").execute(db).await.err(),
        Document::delete(a).filter(|d| d.id.eq(1)).at_version(1).execute(db).await.err(),
        Document::delete(a).filter(|d| d.id.eq(1)).at_version(1).permanently().fetch_optional(db).await.err(),
    ];
    for error in stale {
        assert!(matches!(error, Some(Error::StaleVersion { entity: "Document" })), "{error:?}");
    }
    // Without a version, nothing that was read is claimed.
    let unread = Document::update(a).filter(|d| d.id.eq(1)).set(|d| d.body, "last").execute(db).await;
    assert_eq!(unread.expect("a write"), 1);
    assert_eq!(documents.stored(a).await, [live(1, 3, "last"), live(2, 1, "text")]);
    assert_eq!(documents.stored(&documents.world.b).await, [live(1, 1, "text")], "the other tenant's stays");
    let gone = Document::delete(a).filter(|d| d.id.eq(1)).at_version(3).execute(db).await;
    assert_eq!(gone.expect("it is of this version"), 1);
}

#[tokio::test]
async fn every_write_of_the_library_counts() {
    let documents = Documents::new().await;
    let (a, db) = (&documents.world.a, &documents.world.db);
    let old: DateTime<Utc> = Document::find_by_id(a, 1).fetch_one(db).await.expect("a row").updated_at;
    let new = NewDocument {
        id: 1,
        project_id: documents.project.id,
        name: "document 1".to_owned(),
        body: "again".to_owned(),
        tags: vec!["new".to_owned()],
        scores: None,
    };
    let upsert =
        Document::insert(a, new.clone()).on_conflict(|k| k.id).do_update(|u| u.set_excluded(|d| d.body));
    let changed = upsert.fetch_one(db).await.expect("a row");
    assert_eq!((changed.version, &*changed.body), (2, "again"));
    assert!(changed.updated_at > old);
    let many =
        Document::insert_many(a, [new]).on_conflict(|k| k.name).do_update(|u| u.set_excluded(|d| d.body));
    assert_eq!(many.fetch_all(db).await.expect("rows")[0].version, 3);
    let all = Document::update(a).all_rows().set(|d| d.body, "same").fetch_all(db).await.expect("rows");
    let mut versions: Vec<_> = all.iter().map(|d| (d.id, d.version)).collect();
    versions.sort_unstable();
    assert_eq!(versions, [(1, 4), (2, 2)]);
    assert_eq!(documents.stored(&documents.world.b).await, [live(1, 1, "text")], "the other tenant's stays");
}

#[tokio::test]
async fn deleted_rows_stay_and_are_left_out() {
    let documents = Documents::new().await;
    let (a, b, db) = (&documents.world.a, &documents.world.b, &documents.world.db);
    let marked = Document::delete(a).filter(|d| d.id.eq(1)).fetch_one(db).await.expect("it was there");
    assert!(marked.deleted_at.is_some());
    assert_eq!(marked.version, 2, "a deletion is a change");
    assert_eq!(documents.stored(a).await, [deleted(1, 2, "text"), live(2, 1, "text")]);
    assert_eq!(documents.stored(b).await, [live(1, 1, "text")], "the other tenant's stays");

    // No statement sees it.
    let ids = |rows: Vec<Document>| rows.into_iter().map(|d| d.id).collect::<Vec<_>>();
    assert_eq!(ids(Document::find(a).fetch_all(db).await.expect("rows")), [2]);
    assert_eq!(Document::find_by_id(a, 1).fetch_optional(db).await.expect("no row"), None);
    assert_eq!(Document::count(a).fetch_one(db).await.expect("a count"), 1);
    assert!(!Document::exists(a).filter(|d| d.id.eq(1)).fetch_one(db).await.expect("an answer"));
    assert_eq!(Document::find(a).aggregate(|_| count()).fetch_one(db).await.expect("a count"), 1);
    let of_project = Document::find(a).of_each(|d| d.project_id, [documents.project.id]).fetch_all(db).await;
    assert_eq!(of_project.expect("rows")[&documents.project.id].len(), 1);
    assert_eq!(
        Document::update(a).filter(|d| d.id.eq(1)).set(|d| d.body, "x").execute(db).await.expect("none"),
        0
    );
    assert_eq!(Document::delete(a).filter(|d| d.id.eq(1)).execute(db).await.expect("none"), 0);
    let joined =
        Project::find(a).left_join_many(Document::columns().project_id).fetch_all(db).await.expect("rows");
    assert_eq!(joined.iter().map(|(_, d)| d.as_ref().map(|d| d.id)).collect::<Vec<_>>(), [Some(2)]);
    let with_first = Project::find(a).filter(|p| p.exists(Document::columns().project_id, |d| d.id.eq(1)));
    assert_eq!(with_first.fetch_all(db).await.expect("rows"), []);
    let onto_it = NewDocument {
        id: 1,
        project_id: documents.project.id,
        name: "document 1".to_owned(),
        body: "x".to_owned(),
        tags: Vec::new(),
        scores: None,
    };
    let onto_it =
        Document::insert(a, onto_it).on_conflict(|k| k.id).do_update(|u| u.set_excluded(|d| d.body));
    assert_eq!(onto_it.execute(db).await.expect("nothing"), 0);
    assert_eq!(documents.stored(a).await, [deleted(1, 2, "text"), live(2, 1, "text")]);

    // Lifted by its name, it is there; and the tenant's filter stays.
    let all = Document::find(a).with_deleted().order_by(|d| d.id.asc()).fetch_all(db).await.expect("rows");
    assert_eq!(all.iter().map(|d| d.tenant_id).collect::<Vec<_>>(), [a.tenant(); 2]);
    assert_eq!(ids(all), [1, 2]);
    assert_eq!(Document::count(a).with_deleted().fetch_one(db).await.expect("a count"), 2);
    assert!(
        Document::exists(a).with_deleted().filter(|d| d.id.eq(1)).fetch_one(db).await.expect("an answer")
    );
    let touched =
        Document::update(a).with_deleted().filter(|d| d.id.eq(1)).set(|d| d.body, "y").execute(db).await;
    assert_eq!(touched.expect("a row"), 1);

    // It comes back, or goes for good.
    let nothing = Document::restore(a).filter(|d| d.id.eq(2)).execute(db).await;
    assert_eq!(nothing.expect("none"), 0, "what is not deleted does not come back");
    let back = Document::restore(a).filter(|d| d.id.eq(1)).fetch_all(db).await.expect("a row");
    assert_eq!((back[0].deleted_at, back[0].version), (None, 4));
    assert_eq!(Document::delete(a).all_rows().execute(db).await.expect("rows"), 2);
    let purged = Document::delete(a).permanently().filter(|d| d.deleted_at.is_not_null()).execute(db).await;
    assert_eq!(purged.expect("rows"), 2);
    assert_eq!(documents.stored(a).await, []);
    assert_eq!(documents.stored(b).await, [live(1, 1, "text")], "the other tenant's stays");
    let unfiltered = Document::restore(a).filter(|d| d.id.not_in([0; 0])).execute(db).await;
    assert!(
        matches!(unfiltered, Err(Error::FilterAlwaysTrue { statement: "restore", .. })),
        "{unfiltered:?}"
    );
}

/// With row-level security switched off, the predicate of each of these statements still keeps to the tenant.
#[tokio::test]
async fn lifting_one_filter_leaves_the_other() {
    let documents = Documents::new().await;
    let (a, b, db) = (&documents.world.a, &documents.world.b, &documents.world.db);
    let mut superuser = documents.world.superuser().await;
    run(&mut superuser, "ALTER TABLE documents DISABLE ROW LEVEL SECURITY").await.expect("a superuser may");
    Document::delete(a).all_rows().execute(db).await.expect("rows");
    Document::update(a).with_deleted().all_rows().set(|d| d.body, "x").execute(db).await.expect("rows");
    assert_eq!(Document::find(a).with_deleted().fetch_all(db).await.expect("rows").len(), 2);
    Document::restore(a).all_rows().execute(db).await.expect("rows");
    Document::delete(a).permanently().all_rows().execute(db).await.expect("rows");
    assert_eq!(documents.stored(a).await, []);
    assert_eq!(documents.stored(b).await, [live(1, 1, "text")]);
}
