//! By diesel, on diesel-async.

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

diesel::table! {
    projects (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        slug -> Text,
        name -> Text,
    }
}

diesel::table! {
    tasks (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        project_id -> Uuid,
        title -> Text,
        done -> Bool,
        version -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(projects, tasks);

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tasks, check_for_backend(diesel::pg::Pg))]
struct Task {
    id: Uuid,
    tenant_id: Uuid,
    project_id: Uuid,
    title: String,
    done: bool,
    version: i32,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = projects, check_for_backend(diesel::pg::Pg))]
struct Project {
    id: Uuid,
    tenant_id: Uuid,
    slug: String,
    name: String,
}

#[derive(Insertable)]
#[diesel(table_name = tasks)]
struct NewTask {
    tenant_id: Uuid,
    project_id: Uuid,
    title: String,
}

async fn by_id(db: &mut AsyncPgConnection, tenant: Uuid, id: Uuid) -> QueryResult<Option<Task>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::id.eq(id)))
        .select(Task::as_select())
        .first(db)
        .await
        .optional()
}

async fn ordered(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::done.eq(false)))
        .order(tasks::title.asc())
        .limit(50)
        .select(Task::as_select())
        .load(db)
        .await
}

async fn search(db: &mut AsyncPgConnection, tenant: Uuid, pattern: &str) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::title.ilike(pattern)))
        .select(Task::as_select())
        .load(db)
        .await
}

async fn any_of(db: &mut AsyncPgConnection, tenant: Uuid, ids: &[Uuid]) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::id.eq_any(ids)))
        .select(Task::as_select())
        .load(db)
        .await
}

async fn optional(db: &mut AsyncPgConnection, tenant: Uuid, done: Option<bool>) -> QueryResult<Vec<Task>> {
    let mut query = tasks::table.filter(tasks::tenant_id.eq(tenant)).select(Task::as_select()).into_boxed();
    if let Some(done) = done {
        query = query.filter(tasks::done.eq(done));
    }
    query.load(db).await
}

async fn insert(db: &mut AsyncPgConnection, tenant: Uuid, project_id: Uuid) -> QueryResult<Task> {
    diesel::insert_into(tasks::table)
        .values(NewTask { tenant_id: tenant, project_id, title: "write it down".into() })
        .returning(Task::as_returning())
        .get_result(db)
        .await
}

async fn insert_many(
    db: &mut AsyncPgConnection,
    tenant: Uuid,
    project_id: Uuid,
    titles: Vec<String>,
) -> QueryResult<usize> {
    let new: Vec<_> =
        titles.into_iter().map(|title| NewTask { tenant_id: tenant, project_id, title }).collect();
    diesel::insert_into(tasks::table).values(new).execute(db).await
}

async fn update(db: &mut AsyncPgConnection, tenant: Uuid, project_id: Uuid) -> QueryResult<usize> {
    diesel::update(tasks::table.filter(tasks::tenant_id.eq(tenant).and(tasks::project_id.eq(project_id))))
        .set(tasks::done.eq(true))
        .execute(db)
        .await
}

async fn delete(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<Task>> {
    diesel::delete(tasks::table.filter(tasks::tenant_id.eq(tenant).and(tasks::done.eq(true))))
        .returning(Task::as_returning())
        .get_results(db)
        .await
}

async fn upsert(db: &mut AsyncPgConnection, tenant: Uuid, slug: &str) -> QueryResult<Project> {
    diesel::insert_into(projects::table)
        .values((projects::tenant_id.eq(tenant), projects::slug.eq(slug), projects::name.eq("the name")))
        .on_conflict((projects::tenant_id, projects::slug))
        .do_update()
        .set(projects::name.eq(excluded(projects::name)))
        .returning(Project::as_returning())
        .get_result(db)
        .await
}

async fn count(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<i64> {
    tasks::table.filter(tasks::tenant_id.eq(tenant).and(tasks::done.eq(false))).count().get_result(db).await
}

async fn is_taken(db: &mut AsyncPgConnection, tenant: Uuid, slug: &str) -> QueryResult<bool> {
    let taken = projects::table.filter(projects::tenant_id.eq(tenant).and(projects::slug.eq(slug)));
    diesel::select(exists(taken)).get_result(db).await
}

async fn groups(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<(Uuid, i64)>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant))
        .group_by(tasks::project_id)
        .having(count_star().gt(1))
        .select((tasks::project_id, count_star()))
        .load(db)
        .await
}

async fn inner_join(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<(String, String)>> {
    tasks::table
        .inner_join(
            projects::table.on(projects::tenant_id.eq(tenant).and(projects::id.eq(tasks::project_id))),
        )
        .filter(tasks::tenant_id.eq(tenant))
        .select((tasks::title, projects::name))
        .load(db)
        .await
}

async fn left_join(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<(String, Option<String>)>> {
    projects::table
        .left_join(tasks::table.on(tasks::tenant_id.eq(tenant).and(tasks::project_id.eq(projects::id))))
        .filter(projects::tenant_id.eq(tenant))
        .select((projects::name, tasks::title.nullable()))
        .load(db)
        .await
}

async fn of_each(
    db: &mut AsyncPgConnection,
    tenant: Uuid,
    projects: &[Uuid],
) -> QueryResult<HashMap<Uuid, Vec<Task>>> {
    let found: Vec<Task> = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::project_id.eq_any(projects)))
        .select(Task::as_select())
        .load(db)
        .await?;
    let mut each: HashMap<Uuid, Vec<Task>> = HashMap::new();
    for task in found {
        each.entry(task.project_id).or_default().push(task);
    }
    Ok(each)
}

async fn having_related(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<Vec<Project>> {
    let open = tasks::table.filter(
        tasks::tenant_id.eq(tenant).and(tasks::project_id.eq(projects::id)).and(tasks::done.eq(false)),
    );
    projects::table
        .filter(projects::tenant_id.eq(tenant).and(exists(open)))
        .select(Project::as_select())
        .load(db)
        .await
}

async fn page(db: &mut AsyncPgConnection, tenant: Uuid, title: &str, id: Uuid) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::tenant_id.eq(tenant))
        .filter(tasks::title.gt(title).or(tasks::title.eq(title).and(tasks::id.gt(id))))
        .order((tasks::title.asc(), tasks::id.asc()))
        .limit(50)
        .select(Task::as_select())
        .load(db)
        .await
}

async fn take_a_job(db: &mut AsyncPgConnection, tenant: Uuid) -> QueryResult<()> {
    db.transaction(async |db| {
        let job = tasks::table
            .filter(tasks::tenant_id.eq(tenant).and(tasks::done.eq(false)))
            .limit(1)
            .for_update()
            .skip_locked()
            .select(Task::as_select())
            .first(db)
            .await
            .optional()?;
        if let Some(job) = job {
            diesel::update(tasks::table.filter(tasks::tenant_id.eq(tenant).and(tasks::id.eq(job.id))))
                .set(tasks::done.eq(true))
                .execute(db)
                .await?;
        }
        Ok(())
    })
    .await
}

async fn at_version(db: &mut AsyncPgConnection, tenant: Uuid, task: &Task) -> QueryResult<bool> {
    let same = tasks::tenant_id.eq(tenant).and(tasks::id.eq(task.id)).and(tasks::version.eq(task.version));
    let changed = diesel::update(tasks::table.filter(same))
        .set((tasks::title.eq("edited"), tasks::version.eq(tasks::version + 1)))
        .execute(db)
        .await?;
    Ok(changed == 1)
}
