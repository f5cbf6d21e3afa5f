//! The statements of `docs/queries.md`, run. Each block of Rust there stands here word for word, so that the guide neither
//! shows what does not compile nor what does something else.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tenancy::entity::SoftDelete as _;
use tenancy::prelude::*;
use tenancy::statement::count;
use tenancy::{Projection, sql};
use uuid::Uuid;

use crate::common::*;

type Result<T> = std::result::Result<T, tenancy::Error>;

#[derive(Debug, PartialEq, Projection)]
struct Load {
    project: String,
    open: i64,
    last: Option<String>,
}

async fn reads(db: &TenantDb, token: &TenantToken, id: Uuid) -> Result<()> {
    let project: Option<Project> = Project::find_by_id(token, id).fetch_optional(db).await?;
    assert_eq!(project.map(|p| p.id), Some(id));

    let active: Vec<Project> = Project::find(token)
        .filter(|p| p.status.eq(Status::Active).and(p.name.ilike("pro%")))
        .order_by(|p| p.created_at.desc())
        .limit(50)
        .fetch_all(db)
        .await?;
    assert_eq!(active.len(), 1);

    let open = Task::count(token).filter(|t| t.done.eq(false)).fetch_one(db).await?;
    let taken = Project::exists(token).filter(|p| p.slug.eq("one")).fetch_one(db).await?;
    assert_eq!((open, taken), (3, true));

    let names: Vec<(Uuid, String)> = Project::find(token).select(|p| (p.id, p.name)).fetch_all(db).await?;
    let statuses: Vec<Status> = Project::find(token).select(|p| p.status).distinct().fetch_all(db).await?;
    assert_eq!((names.len(), statuses.len()), (2, 2));

    let mut tasks = Task::find(token).fetch(db);
    let mut seen = 0;
    while let Some(task) = tasks.try_next().await? {
        seen += task.title.len();
    }
    assert_eq!(seen, 12);

    let page: Vec<Task> =
        Task::find(token).keyset(|t| (t.title.asc(), t.id.asc())).after(None).limit(2).fetch_all(db).await?;
    let next = page.last().map(|t| (t.title.clone(), t.id));
    assert_eq!(next.map(|(title, _)| title).as_deref(), Some("one"));
    Ok(())
}

async fn relations(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let rows: Vec<(Task, Project)> = Task::find(token)
        .inner_join(|t| t.project_id)
        .filter(|(t, p)| t.done.eq(false).and(p.status.eq(Status::Active)))
        .order_by(|(_, p)| p.name.asc())
        .fetch_all(db)
        .await?;
    assert_eq!(rows.len(), 2);

    let rows: Vec<(Task, Option<Task>, Option<Project>)> = Task::find(token)
        .left_join(|t| t.parent_id)
        .left_join(|(_, parent)| parent.project_id)
        .fetch_all(db)
        .await?;
    assert_eq!(rows.iter().filter(|(_, parent, project)| parent.is_some() && project.is_some()).count(), 1);

    let projects: Vec<Project> = Project::find(token).fetch_all(db).await?;
    let tasks: HashMap<Uuid, Vec<Task>> = Task::find(token)
        .order_by(|t| t.title.asc())
        .of_each(|t| t.project_id, projects.iter().map(|p| p.id))
        .fetch_all(db)
        .await?;
    assert_eq!(tasks.len(), 2);

    let busy: Vec<Project> = Project::find(token)
        .filter(|p| p.exists(Task::columns().project_id, |t| t.done.eq(false)))
        .filter(|p| p.not_exists(Document::columns().project_id, |d| d.body.eq("")))
        .fetch_all(db)
        .await?;
    let of_active: Vec<Task> = Task::find(token)
        .filter(|t| t.project_id.exists(|p| p.status.eq(Status::Active)))
        .fetch_all(db)
        .await?;
    assert_eq!((busy.len(), of_active.len()), (2, 3));
    Ok(())
}

async fn aggregates(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let (all, parents, last) = Task::find(token)
        .aggregate(|t| (count(), t.parent_id.count_distinct(), t.title.max()))
        .fetch_one(db)
        .await?;
    let _: (i64, i64, Option<String>) = (all, parents, last.clone());
    assert_eq!((all, parents, last.as_deref()), (4, 1, Some("two")));

    let loads: Vec<Load> = Project::find(token)
        .left_join_many(Task::columns().project_id)
        .group_by(|(p, _)| (p.id, p.name))
        .having(|(_, t)| t.id.count().ge(1))
        .order_by(|_, (_, t)| t.id.count().desc())
        .select(|(_, project), (_, t)| SelectLoad {
            project,
            open: t.id.count().filter(t.done.eq(false)),
            last: t.title.max(),
        })
        .fetch_all(db)
        .await?;
    let expected = Load { project: "Project one".to_owned(), open: 2, last: Some("two".to_owned()) };
    assert_eq!((loads.len(), &loads[0]), (2, &expected));
    Ok(())
}

async fn writes(db: &TenantDb, token: &TenantToken, id: Uuid) -> Result<()> {
    let project: Project =
        Project::insert(token, NewProject { slug: "new".into(), name: "New".into() }).fetch_one(db).await?;

    let drafts = ["a", "b"].map(|title| TaskDraft { project_id: project.id, title: title.into() });
    let tasks: Vec<Task> = Task::insert_many(token, drafts).fetch_all(db).await?;

    let project = Project::insert(token, NewProject { slug: "new".into(), name: "Newer".into() })
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set_excluded(|p| p.name).set(|p| p.status, Status::Active))
        .fetch_one(db)
        .await?;
    assert_eq!(project.name, "Newer");

    let changed: u64 =
        Task::update(token).filter(|t| t.project_id.eq(id)).set(|t| t.done, true).execute(db).await?;
    assert_eq!(changed, 3);

    let titles = [(tasks[0].id, "first"), (tasks[1].id, "second")];
    Task::update_many(token, titles, |(id, _)| *id)
        .set(|t| t.title, |(_, title)| (*title).into())
        .execute(db)
        .await?;

    let gone: Vec<Task> = Task::delete(token).filter(|t| t.project_id.eq(project.id)).fetch_all(db).await?;
    assert_eq!(gone.len(), 2);
    Ok(())
}

async fn in_a_transaction(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let mut tx = db.begin(token).await?;
    let next: Option<Task> = Task::find(&tx)
        .filter(|t| t.done.eq(false))
        .order_by(|t| t.title.asc())
        .for_update()
        .skip_locked()
        .fetch_optional(&mut tx)
        .await?;
    if let Some(task) = next {
        Task::update(&tx).filter(|t| t.id.eq(task.id)).set(|t| t.done, true).execute(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn load(db: &TenantDb, token: &TenantToken, project_id: Uuid) -> Result<()> {
    let mut tx = db.begin(token).await?;
    let drafts = stream::iter(0..2_500).map(|i| TaskDraft { project_id, title: format!("{i}") });
    let inserted = Task::insert_stream(&tx, drafts).batch(1_000).execute(&mut tx).await?;
    tx.commit().await?;
    assert_eq!(inserted, 2_500);
    Ok(())
}

async fn kept(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let document = Document::find_by_id(token, 1).fetch_one(db).await?;
    let edit = Document::update(token).filter(|d| d.id.eq(1)).at_version(document.version);
    match edit.set(|d| d.body, "edited").execute(db).await {
        Ok(_) => {}
        Err(tenancy::Error::StaleVersion { .. }) => { /* somebody else was faster: show both */ }
        Err(error) => return Err(error),
    }

    Document::delete(token).filter(|d| d.id.eq(1)).execute(db).await?;
    let with_the_deleted = Document::find(token).with_deleted().fetch_all(db).await?;
    Document::restore(token).filter(|d| d.id.eq(1)).execute(db).await?;
    Document::delete(token).permanently().filter(|d| d.deleted_at.is_not_null()).execute(db).await?;
    assert_eq!((with_the_deleted.len(), Document::count(token).fetch_one(db).await?), (1, 1));

    let tagged: Vec<Document> =
        Document::find(token).filter(|d| d.tags.contains("urgent")).fetch_all(db).await?;
    assert_eq!(tagged.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_guide_does_what_it_says() {
    let world = World::new().await;
    let (db, token) = (&world.db, &world.a);
    // The other tenant has the same rows, and none of the figures above counts them.
    let mut ids = Vec::new();
    for owner in [&world.a, &world.b] {
        let (one, two) = (world.project(owner, "one").await, world.project(owner, "two").await);
        Project::update(owner)
            .filter(|p| p.id.eq(one.id))
            .set(|p| p.status, Status::Active)
            .execute(db)
            .await
            .expect("a row");
        let first = world.task(owner, &one, "one").await;
        let second = world.task(owner, &one, "two").await;
        Task::update(owner)
            .filter(|t| t.id.eq(second.id))
            .set(|t| t.parent_id, first.id)
            .execute(db)
            .await
            .expect("a row");
        let third = world.task(owner, &one, "done").await;
        Task::update(owner)
            .filter(|t| t.id.eq(third.id))
            .set(|t| t.done, true)
            .set(|t| t.title, "six")
            .execute(db)
            .await
            .expect("a row");
        world.task(owner, &two, "one").await;
        let new = NewDocument {
            id: 1,
            project_id: one.id,
            name: "document".to_owned(),
            body: "text".to_owned(),
            tags: vec!["urgent".to_owned()],
            scores: None,
        };
        Document::insert(owner, new).execute(db).await.expect("a row");
        ids.push(one.id);
    }
    reads(db, token, ids[0]).await.expect("reads");
    relations(db, token).await.expect("relations");
    aggregates(db, token).await.expect("aggregates");
    by_hand(db, token).await.expect("by hand");
    kept(db, token).await.expect("what is kept");
    in_a_transaction(db, token).await.expect("a transaction");
    writes(db, token, ids[0]).await.expect("writes");
    load(db, token, ids[0]).await.expect("a load");
    let theirs = Task::count(&world.b).filter(|t| t.done.eq(false)).fetch_one(db).await.expect("a count");
    assert_eq!(theirs, 3, "the other tenant's rows are as they were");
}

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Report {
    name: String,
    tasks: i64,
    place: i64,
}

async fn by_hand(db: &TenantDb, token: &TenantToken) -> Result<()> {
    let done = false;
    let report: Vec<Report> = sql!(
        token,
        "SELECT p.name, count(t.id) AS tasks, rank() OVER (ORDER BY count(t.id) DESC) AS place
         FROM {Project} p LEFT JOIN {Task} t ON t.project_id = p.id AND t.done = {done}
         GROUP BY p.id, p.name ORDER BY place"
    )
    .fetch_all(db)
    .await?;
    assert_eq!(report.iter().map(|row| (row.tasks, row.place)).collect::<Vec<_>>(), [(2, 1), (1, 2)]);

    let parents: Vec<Uuid> =
        Task::find(token).filter(|t| t.parent_id.is_null()).select(|t| t.id).fetch_all(db).await?;
    let below: Vec<Uuid> = sql!(
        token,
        "WITH RECURSIVE below AS (
             SELECT t.id FROM {Task} t WHERE t.parent_id = ANY({parents})
             UNION
             SELECT t.id FROM {Task} t JOIN below b ON t.parent_id = b.id)
         SELECT id FROM below"
    )
    .scalar()
    .fetch_all(db)
    .await?;
    assert_eq!(below.len(), 1);
    Ok(())
}

/// Lines without their indentation.
pub fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// What stands in the blocks of a text that begin with this.
pub fn blocks<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
    text.split(begin).skip(1).map(|rest| rest.split("```").next().expect("the end of a block")).collect()
}

/// The block stands in a source, line by line.
pub fn assert_stands_in(source: &[&str], block: &str) {
    let block = lines(block);
    let found = source.windows(block.len()).any(|window| window == block);
    assert!(found, "is not compiled:\n{}", block.join("\n"));
}

#[test]
fn every_block_of_the_guide_is_run() {
    let source = lines(include_str!("guide.rs"));
    let blocks = blocks(include_str!("../../docs/queries.md"), "```rust\n");
    assert!(blocks.len() >= 20, "{} blocks", blocks.len());
    for block in blocks {
        let of_a_test = |line: &&str| line.starts_with("assert") || *line == "Ok(())";
        assert!(!lines(block).iter().any(of_a_test), "{block}");
        assert_stands_in(&source, block);
    }
}
