//! The queries of `docs/comparison.md`: ours are run here, and every block stands in a source that is compiled, word for word.
//! Those of sqlx, diesel and SeaORM stand in `bench/src/everyday/`, whose workspace has them as dependencies.

use std::collections::HashMap;

use tenancy::prelude::*;
use tenancy::statement::{Filter, count};
use uuid::Uuid;

use crate::common::*;
use crate::guide::{assert_stands_in, blocks, lines};

type Result<T> = std::result::Result<T, tenancy::Error>;

async fn by_id(db: &TenantDb, token: &TenantToken, id: Uuid) -> Result<Option<Task>> {
    Task::find_by_id(token, id).fetch_optional(db).await
}

async fn ordered(db: &TenantDb, token: &TenantToken) -> Result<Vec<Task>> {
    Task::find(token).filter(|t| t.done.eq(false)).order_by(|t| t.title.asc()).limit(50).fetch_all(db).await
}

async fn search(db: &TenantDb, token: &TenantToken, pattern: &str) -> Result<Vec<Task>> {
    Task::find(token).filter(|t| t.title.ilike(pattern)).fetch_all(db).await
}

async fn any_of(db: &TenantDb, token: &TenantToken, ids: &[Uuid]) -> Result<Vec<Task>> {
    Task::find(token).filter(|t| t.id.in_(ids)).fetch_all(db).await
}

async fn optional(db: &TenantDb, token: &TenantToken, done: Option<bool>) -> Result<Vec<Task>> {
    Task::find(token).filter(|t| Filter::all(done.map(|done| t.done.eq(done)))).fetch_all(db).await
}

async fn insert(db: &TenantDb, token: &TenantToken, project_id: Uuid) -> Result<Task> {
    Task::insert(token, TaskDraft { project_id, title: "write it down".into() }).fetch_one(db).await
}

async fn insert_many(
    db: &TenantDb,
    token: &TenantToken,
    project_id: Uuid,
    titles: Vec<String>,
) -> Result<u64> {
    let new = titles.into_iter().map(|title| TaskDraft { project_id, title });
    Task::insert_many(token, new).execute(db).await
}

async fn update(db: &TenantDb, token: &TenantToken, project_id: Uuid) -> Result<u64> {
    Task::update(token).filter(|t| t.project_id.eq(project_id)).set(|t| t.done, true).execute(db).await
}

async fn delete(db: &TenantDb, token: &TenantToken) -> Result<Vec<Task>> {
    Task::delete(token).filter(|t| t.done.eq(true)).fetch_all(db).await
}

async fn upsert(db: &TenantDb, token: &TenantToken, slug: &str) -> Result<Project> {
    Project::insert(token, NewProject { slug: slug.into(), name: "the name".into() })
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name))
        .fetch_one(db)
        .await
}

async fn counted(db: &TenantDb, token: &TenantToken) -> Result<u64> {
    Task::count(token).filter(|t| t.done.eq(false)).fetch_one(db).await
}

async fn exists(db: &TenantDb, token: &TenantToken, slug: &str) -> Result<bool> {
    Project::exists(token).filter(|p| p.slug.eq(slug)).fetch_one(db).await
}

async fn groups(db: &TenantDb, token: &TenantToken) -> Result<Vec<(Uuid, i64)>> {
    Task::find(token)
        .group_by(|t| t.project_id)
        .having(|_| count().gt(1))
        .select(|project_id, _| (project_id, count()))
        .fetch_all(db)
        .await
}

async fn inner_join(db: &TenantDb, token: &TenantToken) -> Result<Vec<(String, String)>> {
    Task::find(token).inner_join(|t| t.project_id).select(|(t, p)| (t.title, p.name)).fetch_all(db).await
}

async fn left_join(db: &TenantDb, token: &TenantToken) -> Result<Vec<(String, Option<String>)>> {
    Project::find(token)
        .left_join_many(Task::columns().project_id)
        .select(|(p, t)| (p.name, t.title))
        .fetch_all(db)
        .await
}

async fn of_each(
    db: &TenantDb,
    token: &TenantToken,
    projects: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<Task>>> {
    Task::find(token).of_each(|t| t.project_id, projects).fetch_all(db).await
}

async fn having_related(db: &TenantDb, token: &TenantToken) -> Result<Vec<Project>> {
    Project::find(token)
        .filter(|p| p.exists(Task::columns().project_id, |t| t.done.eq(false)))
        .fetch_all(db)
        .await
}

async fn page(db: &TenantDb, token: &TenantToken, title: &str, id: Uuid) -> Result<Vec<Task>> {
    Task::find(token)
        .keyset(|t| (t.title.asc(), t.id.asc()))
        .after((title.to_owned(), id))
        .limit(50)
        .fetch_all(db)
        .await
}

async fn take_a_job(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let mut tx = db.begin(token).await?;
    let open = Task::find(&tx).filter(|t| t.done.eq(false)).limit(1);
    if let Some(job) = open.for_update().skip_locked().fetch_optional(&mut tx).await? {
        Task::update(&tx).filter(|t| t.id.eq(job.id)).set(|t| t.done, true).execute(&mut tx).await?;
    }
    tx.commit().await
}

async fn at_version(db: &TenantDb, token: &TenantToken, document: &Document) -> Result<bool> {
    let update = Document::update(token).filter(|d| d.id.eq(document.id)).at_version(document.version);
    match update.set(|d| d.body, "edited").execute(db).await {
        Ok(_) => Ok(true),
        Err(tenancy::Error::StaleVersion { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[tokio::test]
async fn the_queries_do_what_the_chapter_says() {
    let world = World::new().await;
    let (db, a) = (&world.db, &world.a);
    for owner in [&world.b, a] {
        let new = NewDocument {
            id: 1,
            project_id: world.project(owner, "one").await.id,
            name: "document".into(),
            body: "text".into(),
            tags: Vec::new(),
            scores: None,
        };
        Document::insert(owner, new).execute(db).await.expect("a row");
    }
    let one = Project::find(a).fetch_one(db).await.expect("a project").id;
    let first = insert(db, a, one).await.expect("a row");
    assert_eq!(insert_many(db, a, one, vec!["a".into(), "b".into()]).await.expect("rows"), 2);
    let insert_theirs = TaskDraft {
        project_id: Project::find(&world.b).fetch_one(db).await.expect("theirs").id,
        title: "a".into(),
    };
    Task::insert(&world.b, insert_theirs).execute(db).await.expect("a row");
    assert_eq!(by_id(db, a, first.id).await.expect("a read"), Some(first.clone()));
    let titles = |tasks: Vec<Task>| tasks.into_iter().map(|task| task.title).collect::<Vec<_>>();
    assert_eq!(titles(ordered(db, a).await.expect("rows")), ["a", "b", "write it down"]);
    assert_eq!(titles(search(db, a, "WRITE%").await.expect("rows")), ["write it down"]);
    assert_eq!(titles(any_of(db, a, &[first.id, Uuid::nil()]).await.expect("rows")), ["write it down"]);
    assert_eq!(optional(db, a, None).await.expect("rows").len(), 3);
    assert_eq!(optional(db, a, Some(true)).await.expect("rows").len(), 0);
    assert_eq!(counted(db, a).await.expect("a count"), 3);
    assert!(exists(db, a, "one").await.expect("an answer"));
    assert_eq!(groups(db, a).await.expect("groups"), [(one, 3)]);
    assert_eq!(inner_join(db, a).await.expect("rows").len(), 3);
    assert_eq!(upsert(db, a, "two").await.expect("a row").name, "the name");
    assert_eq!(left_join(db, a).await.expect("rows").len(), 4);
    assert_eq!(of_each(db, a, vec![one]).await.expect("rows")[&one].len(), 3);
    assert_eq!(having_related(db, a).await.expect("rows").len(), 1);
    assert_eq!(titles(page(db, a, "a", Uuid::max()).await.expect("rows")), ["b", "write it down"]);
    take_a_job(db, a).await.expect("a job");
    assert_eq!(counted(db, a).await.expect("a count"), 2);
    assert_eq!(delete(db, a).await.expect("rows").len(), 1);
    assert_eq!(update(db, a, one).await.expect("rows"), 2);
    let document = Document::find_by_id(a, 1).fetch_one(db).await.expect("a document");
    assert!(at_version(db, a, &document).await.expect("an answer"));
    assert!(!at_version(db, a, &document).await.expect("an answer"), "it has another version by now");
    assert_eq!(counted(db, &world.b).await.expect("a count"), 1, "theirs is as it was");
}

#[test]
fn every_block_of_the_chapter_is_compiled() {
    let sources = [
        ("tenancy", lines(include_str!("comparison.rs"))),
        ("sqlx", lines(include_str!("../../bench/src/everyday/sqlx.rs"))),
        ("diesel", lines(include_str!("../../bench/src/everyday/diesel.rs"))),
        ("SeaORM", lines(include_str!("../../bench/src/everyday/sea_orm.rs"))),
    ];
    let chapter = include_str!("../../docs/comparison.md");
    for (name, source) in sources {
        let blocks = blocks(chapter, &format!("{name}:\n\n```rust\n"));
        assert_eq!(blocks.len(), 20, "{name}");
        for block in blocks {
            assert_stands_in(&source, block);
        }
    }
}
