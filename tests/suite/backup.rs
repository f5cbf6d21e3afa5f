//! Backup and restore: who can dump a database whose tables hold their owner too, and what a restored one is.

use std::path::PathBuf;
use std::process::{Command, Output};

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tenancy::prelude::*;
use tenancy_testkit::TestDb;

use crate::common::*;
use crate::programs::program;

fn run(name: &str, arguments: &[&str], options: &PgConnectOptions) -> Output {
    let mut url = options.to_url_lossy();
    // sqlx's own parameters are none of libpq's.
    url.set_query(None);
    Command::new(program(name)).args(arguments).arg("--dbname").arg(url.as_str()).output().expect("it starts")
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A dump, gone afterwards.
struct Dump(PathBuf);

impl Dump {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("tenancy-dump-{}", uuid::Uuid::new_v4())))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }

    fn of(&self, options: &PgConnectOptions) -> Output {
        run("pg_dump", &["--format=custom", "--file", self.path()], options)
    }

    /// Into a database that has nothing yet.
    fn restore(&self, options: &PgConnectOptions) -> Output {
        run("pg_restore", &["--exit-on-error", "--single-transaction", self.path()], options)
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Two tenants with a project and a task each.
async fn two() -> World {
    let world = World::new().await;
    for (tenant, slug) in [(&world.a, "a"), (&world.b, "b")] {
        let project = world.project(tenant, slug).await;
        world.task(tenant, &project, "task").await;
    }
    world
}

/// The restored database isolates, and has every row.
async fn is_whole(world: &World, restored: &TestDb) {
    let db = restored.connect(&SCHEMA, &world.authority).await;
    for (tenant, slug) in [(&world.a, "a"), (&world.b, "b")] {
        let projects = Project::find(tenant).fetch_all(&db).await.expect("a read");
        assert_eq!(projects.iter().map(|project| project.slug.as_str()).collect::<Vec<_>>(), [slug]);
        assert_eq!(Task::count(tenant).fetch_one(&db).await.expect("a count"), 1);
    }
    let mut owner = restored.connect_as_owner().await;
    assert!(sqlx::raw_sql("SELECT FROM projects").execute(&mut owner).await.is_err(), "the owner is held");
    let migrate = "BEGIN; SELECT tenancy.maintenance('projects'); UPDATE projects SET name = 'x'; COMMIT";
    sqlx::raw_sql(migrate).execute(&mut owner).await.expect("a data migration");
    assert!(sqlx::raw_sql("SELECT FROM projects").execute(&mut owner).await.is_err(), "and again");
    let journal: i64 = sqlx::query_scalar("SELECT count(*) FROM tenancy.emitted")
        .fetch_one(&mut owner)
        .await
        .expect("a count");
    assert!(journal > 10, "later files know what was emitted");
}

#[tokio::test]
async fn a_superuser_dumps_and_restores() {
    let (world, restored, dump) = (two().await, TestDb::new().await, Dump::new());
    succeeded(&dump.of(&world.test.superuser()));
    succeeded(&dump.restore(&restored.superuser()));
    is_whole(&world, &restored).await;
}

/// No superuser, as on a managed service: a login of its own reads, and the owner restores.
#[tokio::test]
async fn a_role_that_bypasses_dumps_and_the_owner_restores() {
    let (world, restored, dump) = (two().await, TestDb::new().await, Dump::new());
    let backup = world.test.create_login("BYPASSRLS").await;
    let grant = format!("GRANT pg_read_all_data TO {}", backup.get_username());
    let mut superuser = world.superuser().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut superuser).await.expect("a grant");
    succeeded(&dump.of(&backup));
    succeeded(&dump.restore(&restored.owner()));
    is_whole(&world, &restored).await;
}

#[tokio::test]
async fn the_owner_cannot_dump_some_of_the_rows() {
    let (world, dump) = (two().await, Dump::new());
    let refused = dump.of(&world.test.owner());
    assert!(!refused.status.success(), "a dump without the tenants' rows would look like a backup");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("row-level security"), "{said}");
    // And the application's login cannot either.
    assert!(!dump.of(&world.test.app()).status.success());
}
