//! Two tenants in one database, from nothing: `cargo run --example quickstart`.
//!
//! It starts a real PostgreSQL, applies the migrations of `examples/quickstart/migrations` (the tables, written by
//! hand; their isolation, emitted from the structs below), verifies a JWT for each of two tenants, and then tries to
//! get from one to the other: through the API, and through raw SQL on the application's own login.

#![allow(missing_docs, reason = "an example is read, not linked to")]

use std::error::Error as StdError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use jsonwebtoken::{EncodingKey, Header};
use sqlx::{Connection, Row};
use tenancy::auth::{JwtAlgorithm, JwtKey, JwtVerifier};
use tenancy::prelude::*;
use tenancy_testkit::TestDb;
use uuid::Uuid;

#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "projects", unique(slug))]
pub struct Project {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
    pub name: String,
    #[tenancy(default)]
    pub archived: bool,
    #[tenancy(generated)]
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "tasks", insert = "TaskDraft")]
pub struct Task {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Project, on_delete = "cascade")]
    pub project_id: Uuid,
    pub title: String,
    #[tenancy(default)]
    pub done: bool,
}

tenancy::schema! { pub SCHEMA: [Project, Task] }
tenancy::migrations!(SCHEMA, "examples/quickstart/migrations");

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("examples/quickstart/migrations");

const SECRET: &[u8] = b"a secret of the identity provider, 32 bytes or more";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    step("PostgreSQL, the migrations, two tenants");
    let database = TestDb::with_migrations(&MIGRATIONS).await;
    let (acme, globex) = (sign_up(&database, "Acme").await?, sign_up(&database, "Globex").await?);
    say(format_args!("a throwaway server runs, and {} migrations were applied", MIGRATIONS.iter().count()));
    say(format_args!("Acme   is tenant {acme}"));
    say(format_args!("Globex is tenant {globex}"));

    step("A token is proof, and comes only from a verified credential");
    let verifier = JwtVerifier::builder()
        .issuer("https://id.example.com")
        .audience("quickstart")
        .key(JwtKey::from_secret(JwtAlgorithm::HS256, SECRET)?)
        .build()?;
    let authority = Authority::new(verifier);
    let ann = authority.authenticate(&jwt(acme, "ann@acme", SECRET)?).await?;
    let gus = authority.authenticate(&jwt(globex, "gus@globex", SECRET)?).await?;
    say(format_args!("the JWT of {} was verified: a token of tenant {}", ann.subject(), ann.tenant()));
    let forged = jwt(globex, "eve", b"a key of Eve's own, also 32 bytes or more")?;
    let refused = authority.authenticate(&forged).await.expect_err("the signature is not ours");
    say(format_args!("Eve signed a JWT for Globex with a key of her own: refused, {refused}"));

    step("Connecting verifies that the database isolates");
    let db = TenantDb::builder(database.app()).trust(&authority).schema(&SCHEMA).connect().await?;
    say(format_args!("the application's login can bypass nothing, and every listed table is isolated"));
    let as_owner = TenantDb::builder(database.owner()).trust(&authority).schema(&SCHEMA).connect().await;
    let findings = as_owner.expect_err("the owner could switch isolation off");
    say(format_args!("as the tables' owner it refuses to start: {}", first_finding(&findings)));

    step("Each tenant writes and reads its own");
    let apollo = Project::insert(&ann, NewProject { slug: "apollo".into(), name: "Apollo".into() })
        .fetch_one(&db)
        .await?;
    let mut tx = db.begin(&ann).await?;
    for title in ["build the rocket", "find the moon"] {
        Task::insert(&tx, TaskDraft { project_id: apollo.id, title: title.into() }).execute(&mut tx).await?;
    }
    tx.commit().await?;
    say(format_args!("Ann made project {:?} with {} tasks, in one transaction", apollo.name, 2));
    // The same slug: unique means unique within a tenant, so it does not tell Gus what Acme has.
    Project::insert(&gus, NewProject { slug: "apollo".into(), name: "Apollo, another".into() })
        .execute(&db)
        .await?;
    for (name, token) in [("Ann", &ann), ("Gus", &gus)] {
        let projects = Project::find(token).order_by(|p| p.created_at.asc()).fetch_all(&db).await?;
        let names: Vec<_> = projects.iter().map(|project| project.name.as_str()).collect();
        say(format_args!("{name} sees the projects {names:?}"));
    }

    step("Gus tries to reach Ann's project, whose id he has guessed");
    let seen = Project::find_by_id(&gus, apollo.id).fetch_optional(&db).await?;
    say(format_args!("find_by_id: {seen:?}"));
    let changed =
        Project::update(&gus).filter(|p| p.id.eq(apollo.id)).set(|p| p.name, "Mine").execute(&db).await?;
    say(format_args!("update: {changed} rows"));
    let deleted = Project::delete(&gus).filter(|p| p.id.eq(apollo.id)).execute(&db).await?;
    say(format_args!("delete: {deleted} rows"));
    let attach = TaskDraft { project_id: apollo.id, title: "spy".into() };
    let attached =
        Task::insert(&gus, attach).execute(&db).await.expect_err("there is no such project of his");
    say(format_args!("insert a task into it: {attached}"));

    step("Raw SQL on the application's login, without the types");
    let mut tx = db.begin(&gus).await?;
    let rows = sqlx::query("SELECT name FROM projects").fetch_all(tx.raw()).await?;
    let names = rows.iter().map(|row| row.try_get::<String, _>("name")).collect::<Result<Vec<_>, _>>()?;
    say(format_args!("SELECT without any WHERE, in Gus's transaction: {names:?}"));
    tx.rollback().await?;
    let mut psql = sqlx::PgConnection::connect_with(&database.app()).await?;
    let unbound: i64 = sqlx::query_scalar("SELECT count(*) FROM projects").fetch_one(&mut psql).await?;
    say(format_args!("the same in a psql session, where no tenant is bound: {unbound} rows"));
    let write = sqlx::query("INSERT INTO projects (tenant_id, slug, name) VALUES ($1, 'x', 'x')")
        .bind(acme)
        .execute(&mut psql)
        .await
        .expect_err("no tenant is bound");
    say(format_args!("an INSERT for Acme there: {write}"));

    step("Acme's rows are as Ann left them");
    let project = Project::find_by_id(&ann, apollo.id).fetch_one(&db).await?;
    let tasks = Task::count(&ann).filter(|t| t.project_id.eq(project.id)).fetch_one(&db).await?;
    say(format_args!("{:?}, {tasks} tasks", project.name));
    if (project.name.as_str(), tasks, seen.is_some(), changed + deleted, unbound, names.len())
        != ("Apollo", 2, false, 0, 0, 1)
    {
        return Err("a tenant reached another's rows".into());
    }
    println!(
        "\nNothing leaked. Where to go next: README.md, and the structs at the top of examples/quickstart.rs."
    );
    Ok(())
}

/// Creates a tenant. Sign-up happens before there is any token, so it is the owner's work and not the runtime role's.
async fn sign_up(database: &TestDb, name: &str) -> Result<TenantId, sqlx::Error> {
    let tenant = TenantId::random();
    let mut owner = sqlx::PgConnection::connect_with(&database.owner()).await?;
    sqlx::query("INSERT INTO tenants (id, name) VALUES ($1, $2)")
        .bind(tenant)
        .bind(name)
        .execute(&mut owner)
        .await?;
    Ok(tenant)
}

/// What the identity provider would do.
fn jwt(tenant: TenantId, user: &str, secret: &[u8]) -> Result<String, Box<dyn StdError>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let claims = serde_json::json!({
        "iss": "https://id.example.com",
        "aud": "quickstart",
        "sub": user,
        "tenant_id": tenant,
        "iat": now.as_secs(),
        "exp": (now + Duration::from_secs(600)).as_secs(),
    });
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret))?)
}

fn step(title: &str) {
    println!("\n== {title}");
}

fn say(line: std::fmt::Arguments<'_>) {
    println!("   {line}");
}

fn first_finding(error: &tenancy::Error) -> String {
    error.to_string().lines().nth(1).unwrap_or_default().trim_start_matches("- ").to_owned()
}
