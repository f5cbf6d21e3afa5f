//! A hot standby: the reads of a tenant on a replica of the server, and everything again when it is promoted.
//!
//! Binding is a CHECK that calls `set_config`, which is no write: a standby allows it.

use futures_util::TryStreamExt as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tenancy::Error;
use tenancy::prelude::*;

use crate::background::{Account, Background, free_port, until};
use crate::common::*;
use crate::programs::program;

struct Standby {
    running: Background,
    port: u16,
}

impl Standby {
    /// A copy of the test server, which follows it.
    async fn of(world: &World) -> Self {
        let (account, port) = (Account::with_folder().await, free_port());
        let primary = world.test.superuser();
        let mut url = primary.to_url_lossy();
        url.set_query(None);
        let copied = account
            .command(&program("pg_basebackup"))
            .args(["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--pgdata=standby"])
            .arg(format!("--dbname={url}"))
            .output()
            .expect("it runs");
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        let port_option = port.to_string();
        let arguments = ["-D", "standby", "-p", &port_option, "-c", "hot_standby=on"];
        let running = account.start("INT", &program("postgres"), &arguments, port).await;
        Self { running, port }
    }

    fn options(&self, of: PgConnectOptions) -> PgConnectOptions {
        of.port(self.port)
    }

    async fn superuser(&self, world: &World) -> sqlx::PgConnection {
        let options = self.options(world.test.superuser());
        // It starts up before it takes sessions.
        until("the standby takes sessions", async || options.connect().await.is_ok()).await;
        connect(&options).await
    }

    /// Waits until what the primary has written by now is there.
    async fn catch_up(&self, world: &World) {
        let written: String = sqlx::query_scalar("SELECT pg_current_wal_insert_lsn()::text")
            .fetch_one(&mut world.superuser().await)
            .await
            .expect("a position");
        let mut standby = self.superuser(world).await;
        until("the standby has followed", async || {
            sqlx::query_scalar("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn")
                .bind(&written)
                .fetch_one(&mut standby)
                .await
                .expect("a position")
        })
        .await;
    }
}

async fn slugs(db: &TenantDb, token: &TenantToken) -> Vec<String> {
    let rows = Project::find(token).order_by(|p| p.slug.asc()).fetch_all(db).await.expect("a read");
    rows.into_iter().map(|project| project.slug).collect()
}

#[tokio::test]
async fn a_standby_isolates_and_is_promoted() {
    let world = World::new().await;
    for (owner, slug) in [(&world.a, "a"), (&world.b, "b")] {
        let project = world.project(owner, slug).await;
        world.task(owner, &project, "task").await;
    }
    let standby = Standby::of(&world).await;
    let later = world.project(&world.a, "later").await;
    standby.catch_up(&world).await;

    // It connects as to any server: what `connect` verifies, it verifies without a write.
    let builder = world.builder_of(standby.options(world.test.app()));
    let db = builder.connect().await.expect("an isolated standby");
    let recovers: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()")
        .fetch_one(&mut standby.superuser(&world).await)
        .await
        .expect("an answer");
    assert!(recovers, "it is a standby");

    // Reads, each kind of them.
    assert_eq!(slugs(&db, &world.a).await, ["a", "later"]);
    assert_eq!(slugs(&db, &world.b).await, ["b"]);
    let theirs = Project::find_by_id(&world.b, later.id).fetch_optional(&db).await.expect("a read");
    assert_eq!(theirs, None, "a row of another tenant is not there");
    let joined = Task::find(&world.b).inner_join(|t| t.project_id).fetch_all(&db).await.expect("a join");
    assert_eq!(joined.len(), 1);
    let streamed: Vec<Project> = Project::find(&world.a).fetch(&db).try_collect().await.expect("a stream");
    assert_eq!(streamed.len(), 2);
    let counted = tenancy::sql!(&world.a, "SELECT count(*) FROM {Task} t").scalar::<i64>();
    assert_eq!(counted.fetch_one(&db).await.expect("a count"), 1);

    // A transaction that reads; raw SQL in it sees one tenant.
    let mut tx = db.begin(&world.a).await.expect("a transaction");
    let seen: Vec<TenantId> = sqlx::query_scalar("SELECT DISTINCT tenant_id FROM projects")
        .fetch_all(tx.raw())
        .await
        .expect("raw SQL");
    assert_eq!(seen, [world.a.tenant()]);
    tx.commit().await.expect("nothing to write");

    // The second lock, without the first: a session that binds nobody.
    let mut psql = connect(&standby.options(world.test.app())).await;
    let unbound: i64 =
        sqlx::query_scalar("SELECT count(*) FROM projects").fetch_one(&mut psql).await.expect("a count");
    assert_eq!(unbound, 0);

    // Writes are PostgreSQL's to refuse, by their own code.
    let write = Project::insert(&world.a, new_project("new")).execute(&db).await;
    let code = write.as_ref().err().and_then(Error::as_server_error).map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("25006"), "{write:?}");
    let mut tx = db.begin(&world.a).await.expect("a transaction");
    let write = Project::update(&tx).all_rows().set(|p| p.name, "x").execute(&mut tx).await;
    let code = write.as_ref().err().and_then(Error::as_server_error).map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("25006"), "{write:?}");
    tx.rollback().await.expect("back");
    assert_eq!(slugs(&db, &world.a).await, ["a", "later"], "the connections go on");

    // Promoted, the same pool writes.
    let promoted: bool = sqlx::query_scalar("SELECT pg_promote()")
        .fetch_one(&mut standby.superuser(&world).await)
        .await
        .expect("a promotion");
    assert!(promoted);
    Project::insert(&world.a, new_project("new")).execute(&db).await.expect("a write");
    assert_eq!(slugs(&db, &world.a).await, ["a", "later", "new"]);
    assert_eq!(slugs(&db, &world.b).await, ["b"]);
    assert_eq!(slugs(&world.db, &world.a).await, ["a", "later"], "the primary knows nothing of it");
}
