//! The entities of the suite, and a world of two tenants in a database of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor as _, PgConnection, Row as _};
use tenancy::Error;
use tenancy::db::TenantDbBuilder;
use tenancy::prelude::*;
use tenancy_testkit::{TestAuthority, TestDb};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "kinds.project_status", rename_all = "lowercase")]
pub enum Status {
    Draft,
    Active,
    Archived,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "projects", index(status), unique(slug), insert_derive(Debug, Clone))]
pub struct Project {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
    pub name: String,
    #[tenancy(default)]
    pub status: Status,
    #[tenancy(default)]
    pub note: Option<String>,
    #[tenancy(generated)]
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "tasks", insert = "TaskDraft", insert_derive(Debug, Clone))]
pub struct Task {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Project, on_delete = "cascade")]
    pub project_id: Uuid,
    #[tenancy(default, references = Task, on_delete = "set null")]
    pub parent_id: Option<Uuid>,
    pub title: String,
    #[tenancy(default)]
    pub done: bool,
}

/// What the library keeps: versions, the time of a change, and rows that are deleted and stay.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "documents", unique(name), insert_derive(Debug, Clone))]
pub struct Document {
    #[tenancy(id)]
    pub id: i64,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Project)]
    pub project_id: Uuid,
    pub name: String,
    pub body: String,
    pub tags: Vec<String>,
    pub scores: Option<Vec<i32>>,
    #[tenancy(version)]
    pub version: i32,
    #[tenancy(updated_at)]
    pub updated_at: DateTime<Utc>,
    #[tenancy(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Reserved words, mixed case, spaces and quotes.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "Odd Names.order", unique(r#type))]
pub struct Order {
    #[tenancy(id, column = "Id")]
    pub id: i64,
    #[tenancy(tenant)]
    pub owner: Uuid,
    pub r#type: String,
    #[tenancy(column = "a\"b")]
    pub a_b: Option<i32>,
    #[tenancy(default, column = "SELECT")]
    pub select: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    pub corners: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Email(pub String);

/// One field of every type that the crate promises.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "samples", insert_derive(Debug, Clone))]
pub struct Sample {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub a_bool: bool,
    pub an_i16: i16,
    pub an_i32: i32,
    pub an_i64: i64,
    pub an_f32: f32,
    pub an_f64: f64,
    pub a_string: String,
    pub bytes: Vec<u8>,
    pub a_uuid: Uuid,
    pub at_chrono: DateTime<Utc>,
    pub on_chrono: NaiveDate,
    pub at_time: time::OffsetDateTime,
    pub json: serde_json::Value,
    pub shape: sqlx::types::Json<Shape>,
    pub status: Status,
    pub email: Email,
    pub m_bool: Option<bool>,
    pub m_i64: Option<i64>,
    pub m_string: Option<String>,
    pub m_bytes: Option<Vec<u8>>,
    pub m_chrono: Option<DateTime<Utc>>,
    pub m_json: Option<serde_json::Value>,
    pub m_status: Option<Status>,
}

/// An insert of it needs nothing but a tenant.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "ticks")]
pub struct Tick {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(generated)]
    pub at: DateTime<Utc>,
}

/// What visitors read.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "pages", public_read, unique(path), insert_derive(Debug, Clone))]
pub struct Page {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub path: String,
    pub text: String,
}

/// Not in [`SCHEMA`].
#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "notes")]
pub struct Note {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub text: String,
}

tenancy::sql_function! {
    /// How many tasks of a project are open: as its caller sees them.
    pub OPEN_TASKS = "public.open_tasks",
    /// There is one, and no schema lists it.
    pub UNLISTED = "public.unlisted"
}

tenancy::schema! {
    pub SCHEMA: [Project, Task, Document, Order, Sample, Tick, Page],
    functions: [OPEN_TASKS]
}
tenancy::migrations!(SCHEMA, "tests/suite/migrations");

tenancy::schema! {
    /// What another program would isolate.
    pub ELSEWHERE: [Note]
}

pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("tests/suite/migrations");

/// SQL of the test's own, any number of statements.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}

/// A database of its own, an authority that only it trusts, and two tenants.
pub struct World {
    pub test: TestDb,
    pub authority: TestAuthority,
    pub db: TenantDb,
    pub a: TenantToken,
    pub b: TenantToken,
}

impl World {
    pub async fn new() -> Self {
        let test = TestDb::with_migrations(&MIGRATIONS).await;
        let authority = TestAuthority::new();
        let db = test.connect(&SCHEMA, &authority).await;
        let a = authority.token(TenantId::random()).await;
        let b = authority.token(TenantId::random()).await;
        Self { test, authority, db, a, b }
    }

    /// The database as `db` has it, for a pool of its own.
    pub fn builder(&self) -> TenantDbBuilder {
        self.builder_of(self.test.app())
    }

    /// The same, on another way to it.
    pub fn builder_of(&self, options: PgConnectOptions) -> TenantDbBuilder {
        TenantDb::builder(options).trust(self.authority.authority()).schema(&SCHEMA)
    }

    /// A token that expires within five seconds.
    pub async fn short_lived(&self, tenant: TenantId) -> TenantToken {
        let expires_at = SystemTime::now() + Duration::from_secs(5);
        self.authority.token_with(tenant, |claims| claims.expires_at = expires_at).await
    }

    /// A connection of the application's login that no tenant is bound to: a psql session.
    pub async fn psql(&self) -> PgConnection {
        connect(&self.test.app()).await
    }

    pub async fn superuser(&self) -> PgConnection {
        connect(&self.test.superuser()).await
    }

    /// A project of a tenant, proven to be there for its owner.
    pub async fn project(&self, owner: &TenantToken, slug: &str) -> Project {
        let project = Project::insert(owner, new_project(slug))
            .fetch_one(&self.db)
            .await
            .expect("the owner can insert");
        let found = Project::find_by_id(owner, project.id).fetch_optional(&self.db).await;
        assert_eq!(
            found.expect("the owner can read").as_ref(),
            Some(&project),
            "the row exists for its owner"
        );
        project
    }

    /// An index that the tenant leads serves each statement, with a plan for these values and with one for any.
    pub async fn assert_index_plans(&self, statements: &[(Result<Arc<str>, Error>, String)]) {
        for kind in ["generic", "custom"] {
            let mut app = self.psql().await;
            let mode = format!("SET plan_cache_mode = force_{kind}_plan");
            app.execute(sqlx::raw_sql(AssertSqlSafe(mode))).await.expect("a setting");
            for (i, (text, values)) in statements.iter().enumerate() {
                let text = text.as_ref().expect("a text");
                let prepare = format!("PREPARE s{i} (tenancy.bound) AS {text}");
                app.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await.expect("a statement");
                let explain = format!("EXPLAIN (COSTS OFF) EXECUTE s{i} ({values})");
                let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut app).await.expect("a plan");
                let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                let plan = plan.join("\n");
                assert!(
                    plan.contains("Index Cond: (") && plan.contains("tenant_id ="),
                    "{kind}: {text}\n{plan}"
                );
                assert!(!plan.contains("Seq Scan"), "{kind}: {text}\n{plan}");
            }
        }
    }

    pub async fn task(&self, owner: &TenantToken, project: &Project, title: &str) -> Task {
        let draft = TaskDraft { project_id: project.id, title: title.to_owned() };
        Task::insert(owner, draft).fetch_one(&self.db).await.expect("the owner can insert")
    }
}

pub async fn connect(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.expect("the test server accepts connections")
}

pub fn new_project(slug: &str) -> NewProject {
    NewProject { slug: slug.to_owned(), name: format!("Project {slug}") }
}
