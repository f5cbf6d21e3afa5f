//! A real PgBouncer, given by `TENANCY_PGBOUNCER_BIN`, between the application and PostgreSQL.
//!
//! Three server connections are shared by many clients, so that a statement seldom runs where the last one of its client
//! ran, and nearly always where the other tenant has just been.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tenancy::Error;
use tenancy::db::TenantDb;
use tenancy::prelude::*;

use crate::background::{Account, Background, free_port, until};
use crate::common::*;

/// Server connections of the pooler; the application opens four times as many to it.
const SERVERS: u32 = 3;
const CLIENTS: u32 = 12;

struct Pooler {
    running: Background,
    /// As the application's login, through the pooler.
    app: PgConnectOptions,
    /// The pooler's own console.
    console: PgConnectOptions,
    /// Connections of the application's login that do not lead through the pooler.
    direct: i64,
}

fn program() -> PathBuf {
    let path = std::env::var_os("TENANCY_PGBOUNCER_BIN");
    path.expect("`cargo xtask matrix` gives the program PgBouncer in TENANCY_PGBOUNCER_BIN").into()
}

/// `(1, 24)` of `PgBouncer 1.24.1`.
fn version() -> (u32, u32) {
    let said = Command::new(program()).arg("--version").output().expect("it runs").stdout;
    let said = String::from_utf8(said).expect("UTF-8");
    let number = said.split_whitespace().nth(1).expect("a version").to_owned();
    let mut parts = number.split('.').map(|part| part.parse().expect("a number"));
    (parts.next().expect("major"), parts.next().expect("minor"))
}

impl Pooler {
    /// `tracked`: `max_prepared_statements`, which PgBouncer knows since 1.21.
    async fn start(world: &World, mode: &str, tracked: Option<u32>) -> Self {
        Self::with(world, mode, tracked, "ignore_startup_parameters = extra_float_digits").await
    }

    async fn with(world: &World, mode: &str, tracked: Option<u32>, more: &str) -> Self {
        let account = Account::with_folder().await;
        let (app, port) = (world.test.app(), free_port());
        let url = app.to_url_lossy();
        let (user, password) = (app.get_username(), url.password().expect("a password"));
        let users =
            account.write("users.txt", &format!("\"{user}\" \"{password}\"\n\"console\" \"{password}\"\n"));
        let tracked = tracked.map(|n| format!("max_prepared_statements = {n}\n")).unwrap_or_default();
        let settings = format!(
            "[databases]\n{name} = host={host} port={upstream} dbname={name}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {users}\nadmin_users = console\n\
             pool_mode = {mode}\n{tracked}default_pool_size = {SERVERS}\nmax_client_conn = 500\n\
             {more}\n",
            name = world.test.name(),
            host = app.get_host(),
            upstream = app.get_port(),
            users = users.display(),
        );
        let settings = account.write("pgbouncer.ini", &settings);
        let path = settings.to_str().expect("UTF-8").to_owned();
        let running = account.start("INT", &program(), &[&path], port).await;
        let app = app.port(port);
        let console = app.clone().username("console").database("pgbouncer");
        Self { running, app, console, direct: sessions(world).await }
    }

    async fn connect(&self, world: &World, clients: u32) -> Result<TenantDb, Error> {
        world.builder_of(self.app.clone()).max_connections(clients).connect().await
    }

    /// An order to the pooler itself, and how many rows it answers.
    async fn order(&self, order: &'static str) -> usize {
        let mut console = self.console.connect().await.expect("the console");
        sqlx::raw_sql(order).fetch_all(&mut console).await.expect("an order").len()
    }

    fn logins(&self) -> usize {
        self.running.log().matches("login attempt").count()
    }
}

/// A row of each tenant, proven to be there for its owner.
async fn world() -> World {
    let world = World::new().await;
    for (owner, slug) in [(&world.a, "mine"), (&world.b, "theirs")] {
        world.project(owner, slug).await;
    }
    world
}

/// A row of each tenant, and the database behind a pooler that is safe.
async fn behind(mode: &str, tracked: u32) -> (World, Pooler, TenantDb) {
    let world = world().await;
    let pooler = Pooler::start(&world, mode, Some(tracked)).await;
    let db = pooler.connect(&world, CLIENTS).await.expect("a pooler that is safe");
    (world, pooler, db)
}

/// Something of the sessions that the application's login has.
async fn of_sessions(world: &World, what: &str) -> i64 {
    let sql =
        format!("SELECT {what} FROM pg_stat_activity WHERE datname = current_database() AND usename = $1");
    let app = world.test.app();
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(app.get_username());
    query.fetch_one(&mut world.superuser().await).await.expect("a number")
}

async fn sessions(world: &World) -> i64 {
    of_sessions(world, "count(*)").await
}

/// What one task does as one tenant: reads that are single statements, writes of its own row, and, where the pooler lets it,
/// transactions. A third of it is dropped in the middle.
async fn act(db: &TenantDb, token: &TenantToken, what: usize, transactions: bool) -> Result<(), Error> {
    let mine = |rows: &[Project]| {
        assert_eq!(rows.len(), 1, "the tenant's own row, and no other");
        assert_eq!(rows[0].tenant_id, token.tenant(), "a row of the other tenant was seen");
    };
    match what % if transactions { 7 } else { 5 } {
        0 => mine(&Project::find(token).fetch_all(db).await?),
        1 => mine(&Project::find(token).fetch(db).try_collect::<Vec<_>>().await?),
        2 => assert_eq!(Project::count(token).fetch_one(db).await?, 1),
        3 => {
            let note = token.tenant().to_string();
            let update = Project::update(token).all_rows().set(|p| p.note, note);
            mine(&update.fetch_all(db).await?);
        }
        4 => {
            let names = tenancy::sql!(token, "SELECT p.slug FROM {Project} p").scalar::<String>();
            assert_eq!(names.fetch_all(db).await?.len(), 1);
        }
        5 => {
            let mut tx = db.begin(token).await?;
            mine(&Project::find(&tx).fetch_all(&mut tx).await?);
            let seen: Vec<TenantId> = sqlx::query_scalar("SELECT tenant_id FROM projects")
                .fetch_all(tx.raw())
                .await
                .expect("raw SQL");
            assert_eq!(seen, [token.tenant()], "raw SQL in a bound transaction");
            tx.commit().await?;
        }
        _ => {
            let mut tx = db.begin(token).await?;
            Project::insert(&tx, new_project("rolled-back")).execute(&mut tx).await?;
            tx.rollback().await?;
        }
    }
    Ok(())
}

/// Two tenants at a time, through three server connections, some of it cancelled; then nothing is where it should not be.
async fn hammer(world: &World, pooler: &Pooler, db: &TenantDb, transactions: bool) {
    let tasks = (0..24_usize).map(|task| async move {
        let token = if task % 2 == 0 { &world.a } else { &world.b };
        for i in 0..60 {
            let what = task + i;
            if i % 3 == 2 {
                let soon = Duration::from_micros(50 * (what as u64 % 40));
                // Whatever comes of it: what matters is what the next one on that connection sees.
                let _ = tokio::time::timeout(soon, act(db, token, what, transactions)).await;
            } else {
                act(db, token, what, transactions).await.expect("a statement that nobody cancelled");
            }
        }
    });
    join_all(tasks).await;
    assert!(pooler.logins() > SERVERS as usize, "more clients than servers:\n{}", pooler.running.log());
    let servers = sessions(world).await - pooler.direct;
    assert!((1..=i64::from(SERVERS)).contains(&servers), "{servers} server connections are shared");
    for token in [&world.a, &world.b] {
        let rows = Project::find(token).fetch_all(db).await.expect("a read");
        assert_eq!(rows.len(), 1, "no row of a transaction that was not committed");
        assert_eq!(rows[0].note.as_deref(), Some(&*token.tenant().to_string()), "nobody else wrote it");
    }
    // A session that binds nobody, on each server connection: nothing was left there.
    let mut psql = connect(&pooler.app).await;
    for _ in 0..20 {
        let rows = sqlx::raw_sql("SELECT FROM projects").fetch_all(&mut psql).await.expect("a read");
        assert_eq!(rows.len(), 0, "an unbound statement sees no row");
    }
}

/// The pooler has lost all of its server connections, and opens others where nothing is prepared.
async fn survives_new_servers(world: &World, pooler: &Pooler, db: &TenantDb) {
    Project::find(&world.a).fetch_all(db).await.expect("prepared");
    let killed = of_sessions(world, "count(pg_terminate_backend(pid))").await;
    assert!(killed > 0);
    until("the pooler has seen that they are gone", async || pooler.order("SHOW SERVERS").await == 0).await;
    for _ in 0..CLIENTS {
        assert_eq!(Project::find(&world.a).fetch_all(db).await.expect("prepared again").len(), 1);
        assert_eq!(Project::find(&world.b).fetch_all(db).await.expect("prepared again").len(), 1);
    }
}

/// Each client has a server connection of its own: as without a pooler.
mod session {
    use super::*;

    #[tokio::test]
    async fn everything_works() {
        let world = world().await;
        let pooler = Pooler::start(&world, "session", None).await;
        // A client more than there are servers would wait for one to leave.
        let db = pooler.connect(&world, SERVERS - 1).await.expect("a pooler that is safe");
        for what in 0..70 {
            act(&db, [&world.a, &world.b][what % 2], what, true).await.expect("as without a pooler");
        }
        assert!(pooler.logins() > 0);
    }
}

mod transaction {
    use super::*;

    #[tokio::test]
    async fn tenants_share_servers_and_nothing_else() {
        let (world, pooler, db) = behind("transaction", 200).await;
        hammer(&world, &pooler, &db, true).await;
    }

    /// What the pooler refuses by itself is said in its words, and not taken for mixed-up statements.
    #[tokio::test]
    async fn a_setting_that_is_missing_is_named() {
        let world = world().await;
        let pooler = Pooler::with(&world, "transaction", Some(200), "").await;
        let refused =
            pooler.connect(&world, CLIENTS).await.expect_err("sqlx sends a parameter that it does not know");
        assert!(refused.to_string().contains("extra_float_digits"), "{refused:?}");
    }

    #[tokio::test]
    async fn fewer_prepared_statements_than_are_in_use_are_enough() {
        let (world, pooler, db) = behind("transaction", 1).await;
        hammer(&world, &pooler, &db, true).await;
    }

    #[tokio::test]
    async fn statements_outlive_server_connections() {
        let (world, pooler, db) = behind("transaction", 200).await;
        survives_new_servers(&world, &pooler, &db).await;
    }

    /// A column has another type, and plans of before are with the pooler, which prepares for all of its clients: they fail,
    /// and run nothing, until it opens other server connections.
    #[tokio::test]
    async fn plans_of_before_a_migration_end_with_the_servers() {
        let (world, pooler, db) = behind("transaction", 200).await;
        let read = async || join_all((0..CLIENTS * 2).map(|_| Project::find(&world.a).fetch_all(&db))).await;
        for rows in read().await {
            assert_eq!(rows.expect("prepared").len(), 1);
        }
        let sql = "ALTER TABLE projects ALTER COLUMN name TYPE varchar(100)";
        run(&mut world.superuser().await, sql).await.expect("a superuser may");
        for rows in read().await {
            match rows {
                Ok(rows) => assert_eq!(rows.len(), 1),
                Err(Error::Database(error)) => assert_eq!(error.code(), "0A000", "{error:?}"),
                Err(error) => panic!("{error:?}"),
            }
        }
        pooler.order("RECONNECT").await;
        pooler.order("WAIT_CLOSE").await;
        for rows in read().await {
            assert_eq!(rows.expect("prepared on other servers").len(), 1);
        }
    }

    /// What raw SQL sets for its session is set on a server connection that others get next: it must be gone by then, on that
    /// connection and not on the one that the client gets next.
    #[tokio::test]
    async fn what_raw_sql_leaves_behind_is_no_tenant() {
        let (world, pooler, db) = behind("transaction", 200).await;
        let set = format!("SET SESSION app.tenant_id = '{}'; SET search_path = pg_catalog", world.a.tenant());
        let leave = async |how: usize| {
            let mut tx = db.begin(&world.a).await.expect("a transaction");
            sqlx::raw_sql(AssertSqlSafe(set.clone())).execute(tx.raw()).await.expect("raw SQL may");
            match how % 4 {
                0 => drop(tx),
                1 => tx.rollback().await.expect("an end"),
                2 => {
                    // Not undone by a rollback, since it is no part of the transaction any more.
                    let out =
                        sqlx::raw_sql(AssertSqlSafe(format!("COMMIT; {set}; BEGIN"))).execute(tx.raw()).await;
                    out.expect("raw SQL may");
                    tx.rollback().await.expect("an end");
                }
                _ => tx.commit().await.expect("an end"),
            }
        };
        let unbound = async || {
            let mut psql = connect(&pooler.app).await;
            let mut seen = Vec::new();
            for _ in 0..30 {
                let rows = sqlx::raw_sql("SELECT slug FROM public.projects").fetch_all(&mut psql).await;
                seen.push(rows.expect("an unbound statement").len());
            }
            seen
        };
        let theirs = async || {
            for _ in 0..30 {
                let rows =
                    Project::find(&world.b).fetch_all(&db).await.expect("the other tenant, undisturbed");
                assert_eq!(rows.iter().map(|p| &*p.slug).collect::<Vec<_>>(), ["theirs"]);
            }
        };
        let leaving = join_all((0..60).map(leave));
        let seeing = join_all((0..4).map(|_| unbound()));
        let (_, seen, ()) = futures_util::join!(leaving, seeing, theirs());
        assert!(seen.concat().iter().all(|rows| *rows == 0), "an unbound statement saw rows: {seen:?}");
        until("what was dropped has ended", async || {
            of_sessions(&world, "count(*) FILTER (WHERE state <> 'idle')").await == 0
        })
        .await;
        assert!(unbound().await.iter().all(|rows| *rows == 0), "and none later");
        theirs().await;
        assert_eq!(Project::count(&world.a).fetch_one(&db).await.expect("its owner has a row"), 1);
    }
}

mod statement {
    use super::*;

    #[tokio::test]
    async fn single_statements_are_isolated() {
        let (world, pooler, db) = behind("statement", 200).await;
        hammer(&world, &pooler, &db, false).await;
        survives_new_servers(&world, &pooler, &db).await;
    }

    #[tokio::test]
    async fn a_transaction_is_refused_and_harms_nobody() {
        let (world, _pooler, db) = behind("statement", 200).await;
        for _ in 0..CLIENTS * 2 {
            let refused = db.begin(&world.a).await;
            assert!(matches!(refused, Err(Error::StatementPooler)), "{refused:?}");
        }
        assert_eq!(Project::find(&world.b).fetch_all(&db).await.expect("a read").len(), 1);
    }
}

/// Poolers that hand one client's prepared statements to another: older ones, and newer ones that are told to.
mod refused {
    use super::*;

    #[tokio::test]
    async fn at_connect() {
        let world = world().await;
        let untracked = (version() >= (1, 21)).then_some(0);
        for mode in ["transaction", "statement"] {
            let pooler = Pooler::start(&world, mode, untracked).await;
            for _ in 0..5 {
                let connected = pooler.connect(&world, CLIENTS).await;
                assert!(matches!(connected, Err(Error::UnsafePooler)), "{mode}: {connected:?}");
                let said = Error::UnsafePooler.to_string();
                assert!(
                    said.contains("PgBouncer 1.21 or later with max_prepared_statements above 0"),
                    "{said}"
                );
            }
        }
    }

    /// Why: two clients that know nothing of each other, and one gets the answer of the other's statement.
    #[tokio::test]
    async fn because_statements_are_mixed_up() {
        let world = world().await;
        let untracked = (version() >= (1, 21)).then_some(0);
        let pooler = Pooler::start(&world, "transaction", untracked).await;
        let (mut one, mut two) = (connect(&pooler.app).await, connect(&pooler.app).await);
        let first: String = sqlx::query_scalar("SELECT 'one'").fetch_one(&mut one).await.expect("an answer");
        assert_eq!(first, "one");
        // The same name, on the same server connection: it is there already.
        let second: Result<String, _> = sqlx::query_scalar("SELECT 'two'").fetch_one(&mut two).await;
        assert_ne!(second.ok().as_deref(), Some("two"), "the pooler does not mix up statements");
    }
}
