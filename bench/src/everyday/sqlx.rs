//! By sqlx.

use std::collections::HashMap;

use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

#[derive(Debug, Clone, sqlx::FromRow)]
struct Task {
    id: Uuid,
    tenant_id: Uuid,
    project_id: Uuid,
    title: String,
    done: bool,
    version: i32,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct Project {
    id: Uuid,
    tenant_id: Uuid,
    slug: String,
    name: String,
}

type Result<T> = std::result::Result<T, sqlx::Error>;

async fn by_id(pool: &PgPool, tenant: Uuid, id: Uuid) -> Result<Option<Task>> {
    sqlx::query_as("SELECT * FROM tasks WHERE tenant_id = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .fetch_optional(pool)
        .await
}

async fn ordered(pool: &PgPool, tenant: Uuid) -> Result<Vec<Task>> {
    sqlx::query_as("SELECT * FROM tasks WHERE tenant_id = $1 AND NOT done ORDER BY title LIMIT 50")
        .bind(tenant)
        .fetch_all(pool)
        .await
}

async fn search(pool: &PgPool, tenant: Uuid, pattern: &str) -> Result<Vec<Task>> {
    sqlx::query_as("SELECT * FROM tasks WHERE tenant_id = $1 AND title ILIKE $2")
        .bind(tenant)
        .bind(pattern)
        .fetch_all(pool)
        .await
}

async fn any_of(pool: &PgPool, tenant: Uuid, ids: &[Uuid]) -> Result<Vec<Task>> {
    sqlx::query_as("SELECT * FROM tasks WHERE tenant_id = $1 AND id = ANY($2)")
        .bind(tenant)
        .bind(ids)
        .fetch_all(pool)
        .await
}

async fn optional(pool: &PgPool, tenant: Uuid, done: Option<bool>) -> Result<Vec<Task>> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT * FROM tasks WHERE tenant_id = ");
    query.push_bind(tenant);
    if let Some(done) = done {
        query.push(" AND done = ").push_bind(done);
    }
    query.build_query_as().fetch_all(pool).await
}

async fn insert(pool: &PgPool, tenant: Uuid, project_id: Uuid) -> Result<Task> {
    sqlx::query_as("INSERT INTO tasks (tenant_id, project_id, title) VALUES ($1, $2, $3) RETURNING *")
        .bind(tenant)
        .bind(project_id)
        .bind("write it down")
        .fetch_one(pool)
        .await
}

async fn insert_many(pool: &PgPool, tenant: Uuid, project_id: Uuid, titles: &[String]) -> Result<u64> {
    sqlx::query("INSERT INTO tasks (tenant_id, project_id, title) SELECT $1, $2, * FROM unnest($3)")
        .bind(tenant)
        .bind(project_id)
        .bind(titles)
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
}

async fn update(pool: &PgPool, tenant: Uuid, project_id: Uuid) -> Result<u64> {
    sqlx::query("UPDATE tasks SET done = true WHERE tenant_id = $1 AND project_id = $2")
        .bind(tenant)
        .bind(project_id)
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
}

async fn delete(pool: &PgPool, tenant: Uuid) -> Result<Vec<Task>> {
    sqlx::query_as("DELETE FROM tasks WHERE tenant_id = $1 AND done RETURNING *")
        .bind(tenant)
        .fetch_all(pool)
        .await
}

async fn upsert(pool: &PgPool, tenant: Uuid, slug: &str) -> Result<Project> {
    sqlx::query_as(
        "INSERT INTO projects (tenant_id, slug, name) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, slug) DO UPDATE SET name = excluded.name RETURNING *",
    )
    .bind(tenant)
    .bind(slug)
    .bind("the name")
    .fetch_one(pool)
    .await
}

async fn count(pool: &PgPool, tenant: Uuid) -> Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM tasks WHERE tenant_id = $1 AND NOT done")
        .bind(tenant)
        .fetch_one(pool)
        .await
}

async fn exists(pool: &PgPool, tenant: Uuid, slug: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM projects WHERE tenant_id = $1 AND slug = $2)")
        .bind(tenant)
        .bind(slug)
        .fetch_one(pool)
        .await
}

async fn groups(pool: &PgPool, tenant: Uuid) -> Result<Vec<(Uuid, i64)>> {
    sqlx::query_as("SELECT project_id, count(*) FROM tasks WHERE tenant_id = $1 GROUP BY project_id HAVING count(*) > $2")
        .bind(tenant)
        .bind(1_i64)
        .fetch_all(pool)
        .await
}

async fn inner_join(pool: &PgPool, tenant: Uuid) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT t.title, p.name FROM tasks t
         JOIN projects p ON p.tenant_id = $1 AND p.id = t.project_id WHERE t.tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(pool)
    .await
}

async fn left_join(pool: &PgPool, tenant: Uuid) -> Result<Vec<(String, Option<String>)>> {
    sqlx::query_as(
        "SELECT p.name, t.title FROM projects p
         LEFT JOIN tasks t ON t.tenant_id = $1 AND t.project_id = p.id WHERE p.tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(pool)
    .await
}

async fn of_each(pool: &PgPool, tenant: Uuid, projects: &[Uuid]) -> Result<HashMap<Uuid, Vec<Task>>> {
    let tasks: Vec<Task> =
        sqlx::query_as("SELECT * FROM tasks WHERE tenant_id = $1 AND project_id = ANY($2)")
            .bind(tenant)
            .bind(projects)
            .fetch_all(pool)
            .await?;
    let mut each: HashMap<Uuid, Vec<Task>> = HashMap::new();
    for task in tasks {
        each.entry(task.project_id).or_default().push(task);
    }
    Ok(each)
}

async fn having_related(pool: &PgPool, tenant: Uuid) -> Result<Vec<Project>> {
    sqlx::query_as(
        "SELECT * FROM projects p WHERE tenant_id = $1 AND EXISTS
         (SELECT FROM tasks t WHERE t.tenant_id = $1 AND t.project_id = p.id AND NOT t.done)",
    )
    .bind(tenant)
    .fetch_all(pool)
    .await
}

async fn page(pool: &PgPool, tenant: Uuid, title: &str, id: Uuid) -> Result<Vec<Task>> {
    sqlx::query_as(
        "SELECT * FROM tasks WHERE tenant_id = $1 AND (title, id) > ($2, $3) ORDER BY title, id LIMIT 50",
    )
    .bind(tenant)
    .bind(title)
    .bind(id)
    .fetch_all(pool)
    .await
}

async fn take_a_job(pool: &PgPool, tenant: Uuid) -> Result<()> {
    let mut tx = pool.begin().await?;
    let job: Option<Task> = sqlx::query_as(
        "SELECT * FROM tasks WHERE tenant_id = $1 AND NOT done LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .bind(tenant)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(job) = job {
        sqlx::query("UPDATE tasks SET done = true WHERE tenant_id = $1 AND id = $2")
            .bind(tenant)
            .bind(job.id)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

async fn at_version(pool: &PgPool, tenant: Uuid, task: &Task) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE tasks SET title = $4, version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $3",
    )
    .bind(tenant)
    .bind(task.id)
    .bind(task.version)
    .bind("edited")
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
