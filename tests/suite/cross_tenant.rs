//! `danger::CrossTenant`: it reads everything, writes nothing but its audit, and each use is written down first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tenancy::Error;
use tenancy::auth::{ServiceKey, ServiceVerifier};
use tenancy::danger::{CrossTenant, Reason, Sweep, SweptError};
use tenancy::doctor::Doctor;
use tenancy::prelude::*;
use tenancy::schema::Finding;
use tenancy_testkit::{TestAuthority, TestDb};
use uuid::Uuid;

use crate::common::run;
use crate::log::Log;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "books.accounts", unique(name))]
pub struct Account {
    #[tenancy(id)]
    pub id: i64,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    #[tenancy(default, references = Account)]
    pub parent: Option<i64>,
}

#[derive(Debug, TenantScoped)]
#[tenancy(table = "books.unlisted")]
pub struct Unlisted {
    #[tenancy(id)]
    pub id: i64,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

tenancy::schema! { pub BOOKS: [Account], cross_tenant_role: "tenancy_test_reports" }
tenancy::schema! { pub WITHOUT: [Account] }

tenancy::schema! { pub OTHER_BOOKS: [Unlisted] }

const WHY: Reason = Reason::new("a test");

struct Books {
    db: TestDb,
    superuser: PgConnection,
    login: String,
    tenants: Vec<TenantId>,
}

impl Books {
    /// Three tenants with as many accounts as their number says.
    async fn new() -> Self {
        let group = "DO $$ BEGIN CREATE ROLE tenancy_test_reports NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
        let tables = "CREATE SCHEMA books; CREATE TABLE books.accounts (id bigint, tenant_id uuid, name text NOT NULL, parent bigint)";
        let sql = BOOKS.sql().expect("a schema that holds");
        let db = TestDb::builder()
            .sql_as_superuser(group)
            .sql(tables)
            .sql(sql)
            .create()
            .await
            .expect("a database");
        let mut superuser = db.connect_as_superuser().await;
        let login = format!("{}_reports", db.name());
        let sql = format!(
            "CREATE ROLE {login} LOGIN BYPASSRLS PASSWORD 'reports' IN ROLE tenancy_test_reports; GRANT CONNECT ON DATABASE {} TO {login}",
            db.name()
        );
        run(&mut superuser, &sql).await.expect("a login");
        let mut tenants: Vec<_> = (0..3).map(|_| TenantId::random()).collect();
        tenants.sort_by_key(|tenant| tenant.as_uuid());
        for (n, tenant) in (1_i64..).zip(&tenants) {
            sqlx::query(
                "INSERT INTO books.accounts SELECT n, $1, 'account ' || n FROM generate_series(1, $2) n",
            )
            .bind(tenant.as_uuid())
            .bind(n)
            .execute(&mut superuser)
            .await
            .expect("accounts");
        }
        Self { db, superuser, login, tenants }
    }

    fn options(&self) -> PgConnectOptions {
        self.db.superuser().username(&self.login).password("reports")
    }

    async fn connect(&self) -> Result<CrossTenant, Error> {
        CrossTenant::builder(self.options()).schema(&BOOKS).connect().await
    }

    /// Event, who, why, detail.
    async fn audit(&mut self) -> Vec<(String, String, String, Option<String>)> {
        let sql = "SELECT event, requested_by, reason, detail FROM tenancy.cross_tenant_audit ORDER BY id";
        sqlx::query_as(sql).fetch_all(&mut self.superuser).await.expect("the audit")
    }

    async fn tenant_db(&self) -> (TenantDb, TestAuthority) {
        let authority = TestAuthority::new();
        let db = TenantDb::builder(self.db.app()).trust(authority.authority()).schema(&BOOKS).connect().await;
        (db.expect("an isolated database"), authority)
    }

    /// Roles belong to the server.
    async fn close(mut self) {
        let sql =
            format!("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}; DROP ROLE {0}", self.login);
        run(&mut self.superuser, &sql).await.expect("the login goes");
        self.superuser.close().await.expect("closed");
    }
}

#[tokio::test]
async fn it_reads_every_tenant_and_says_so_first() {
    let mut books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    assert!(books.audit().await.is_empty(), "connecting is no use");
    let mut report = reports.begin(WHY, "alice\n@acme").await.expect("written down");
    let written = ("read".to_owned(), "alice\n@acme".to_owned(), "a test".to_owned(), None);
    assert_eq!(books.audit().await, [written], "before anything was read");
    let (login, client, used): (String, bool, Uuid) =
        sqlx::query_as("SELECT login::text, client IS NOT NULL, use FROM tenancy.cross_tenant_audit")
            .fetch_one(&mut books.superuser)
            .await
            .expect("the row");
    assert_eq!((login, client, used), (books.login.clone(), true, report.id()));

    assert_eq!(report.count::<Account>().fetch_one(&mut report).await.expect("counted"), 6);
    assert_eq!(report.tenants_of::<Account>().await.expect("tenants"), books.tenants);
    let some = report.find::<Account>().filter(|a| a.name.eq("account 2")).order_by(|a| a.id.asc());
    let some = some.limit(5).offset(0).fetch_all(&mut report).await.expect("read");
    assert_eq!(some.len(), 2, "of the second and the third tenant");
    let streamed: Vec<Account> = report.find().fetch(&mut report).try_collect().await.expect("streamed");
    let mut by_tenant: BTreeMap<Uuid, usize> = BTreeMap::new();
    for account in streamed {
        *by_tenant.entry(account.tenant_id.as_uuid()).or_default() += 1;
    }
    assert_eq!(by_tenant.into_values().collect::<Vec<_>>(), [1, 2, 3]);
    // All tenants have an account 1, and it is somebody's parent in one of them.
    let second = books.tenants[1];
    let family = format!("UPDATE books.accounts SET parent = 1 WHERE id = 2 AND tenant_id = '{second}'");
    run(&mut books.superuser, &family).await.expect("a superuser may");
    let mut report = reports.begin(WHY, "alice\n@acme").await.expect("written down");
    let parents =
        report.find::<Account>().filter(|a| a.exists(Account::columns().parent, |child| child.id.eq(2)));
    let parents = parents.fetch_all(&mut report).await.expect("read");
    assert_eq!(parents.iter().map(|a| (a.tenant_id, a.id)).collect::<Vec<_>>(), [(second, 1)]);
    let children = report.find::<Account>().filter(|a| a.parent.exists(|parent| parent.id.eq(1)));
    let children = children.fetch_all(&mut report).await.expect("read");
    assert_eq!(children.iter().map(|a| (a.tenant_id, a.id)).collect::<Vec<_>>(), [(second, 2)]);
    let none = report.find::<Account>().filter(|a| a.id.eq(77)).fetch_optional(&mut report).await;
    assert!(none.expect("read").is_none());
    let none = report.find::<Account>().filter(|a| a.id.eq(77)).fetch_one(&mut report).await;
    assert!(matches!(none, Err(Error::RowNotFound)));
    let unlisted = report.count::<Unlisted>().fetch_one(&mut report).await;
    assert!(matches!(unlisted, Err(Error::EntityNotListed { .. })), "{unlisted:?}");

    // One snapshot.
    run(&mut books.superuser, "DELETE FROM books.accounts").await.expect("deleted");
    let raw: i64 = sqlx::query_scalar("SELECT count(*) FROM books.accounts")
        .fetch_one(report.raw())
        .await
        .expect("read");
    assert_eq!(raw, 6);
    report.close().await.expect("closed");
    let mut later = reports.begin(WHY, "bob").await.expect("written down");
    assert_eq!(later.count::<Account>().fetch_one(&mut later).await.expect("counted"), 0);
    assert_eq!(later.tenants_of::<Account>().await.expect("tenants"), []);
    drop((later, reports));
    books.close().await;
}

/// Whatever is tried, in the transaction and out of it, with the login's own SQL.
#[tokio::test]
async fn it_writes_nothing() {
    let mut books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    let attacks = [
        "DELETE FROM books.accounts",
        "UPDATE books.accounts SET name = 'x'",
        "INSERT INTO books.accounts SELECT 9, tenant_id, 'x' FROM books.accounts",
        "TRUNCATE books.accounts",
        "SELECT * FROM books.accounts FOR UPDATE",
        "DROP TABLE books.accounts",
        "ALTER TABLE books.accounts DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE books.copy AS SELECT * FROM books.accounts",
        "SELECT * FROM tenancy.cross_tenant_audit",
        "DELETE FROM tenancy.cross_tenant_audit",
        "UPDATE tenancy.cross_tenant_audit SET reason = 'another'",
        "TRUNCATE tenancy.cross_tenant_audit",
        "DROP TABLE tenancy.cross_tenant_audit",
        "INSERT INTO tenancy.cross_tenant_audit (use, event, requested_by, reason, login) VALUES (gen_random_uuid(), 'read', 'x', 'x', 'postgres')",
        "INSERT INTO tenancy.cross_tenant_audit (use, event, requested_by, reason, at) VALUES (gen_random_uuid(), 'read', 'x', 'x', 'epoch')",
        "INSERT INTO tenancy.cross_tenant_audit (id, use, event, requested_by, reason) OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), 'read', 'x', 'x')",
        "INSERT INTO tenancy.cross_tenant_audit (use, event, requested_by, reason) VALUES (gen_random_uuid(), 'read', '', 'x')",
        "SELECT setval('tenancy.cross_tenant_audit_id_seq', 1)",
        "SET ROLE tenancy_owner",
        "SET ROLE tenancy_app",
        "SET SESSION AUTHORIZATION postgres",
        "SELECT tenancy.maintenance('books.accounts')",
    ];
    for attack in attacks {
        for before in ["", "COMMIT; BEGIN READ WRITE; ", "ROLLBACK; "] {
            let mut report = reports.begin(WHY, "mallory").await.expect("written down");
            let read: i64 = sqlx::query_scalar("SELECT count(*) FROM books.accounts")
                .fetch_one(report.raw())
                .await
                .expect("read");
            assert_eq!(read, 6, "the rows are there");
            let sql = AssertSqlSafe(format!("{before}{attack}"));
            let refused = sqlx::raw_sql(sql).execute(report.raw()).await.expect_err(attack);
            let code =
                refused.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
            let code = code.expect("PostgreSQL refused");
            assert!(
                ["25006", "42501", "23514", "42809"].contains(&code.as_str()),
                "{before}{attack}: {refused}"
            );
        }
    }
    for late in ["SET TRANSACTION READ WRITE", "SET transaction_read_only = off"] {
        let mut report = reports.begin(WHY, "mallory").await.expect("written down");
        sqlx::raw_sql(late).execute(report.raw()).await.expect_err(late);
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM books.accounts")
        .fetch_one(&mut books.superuser)
        .await
        .expect("counted");
    assert_eq!(rows, 6);
    let written = books.audit().await;
    assert_eq!(written.len(), 3 * attacks.len() + 2, "each use, and nothing else");
    drop(reports);
    books.close().await;
}

/// Nothing is read when it cannot be written down, and nothing of a use is left open.
#[tokio::test]
async fn what_is_not_written_down_is_not_read() {
    let mut books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    for nobody in ["", "  ", "a\0b", &"x".repeat(201)] {
        let refused = reports.begin(WHY, nobody).await.expect_err("nobody asks");
        assert!(matches!(refused, Error::Configuration(_)), "{refused}");
    }
    assert!(books.audit().await.is_empty());
    // A full disk would be another; a check that fails is one that a test can make.
    run(
        &mut books.superuser,
        "ALTER TABLE tenancy.cross_tenant_audit ADD CONSTRAINT full_up CHECK (reason <> 'a test')",
    )
    .await
    .expect("DDL");
    let refused = reports.begin(WHY, "alice").await.expect_err("it cannot be written down");
    assert!(matches!(refused, Error::Database(_)), "{refused}");
    run(&mut books.superuser, "ALTER TABLE tenancy.cross_tenant_audit DROP CONSTRAINT full_up")
        .await
        .expect("DDL");

    // A use that is dropped, or cancelled on its way, holds neither a connection nor a transaction.
    let mut uses = Vec::new();
    for _ in 0..2 {
        uses.push(reports.begin(WHY, "alice").await.expect("written down"));
    }
    let waits = tokio::time::timeout(Duration::from_millis(200), reports.begin(WHY, "alice")).await;
    assert!(waits.is_err(), "two at once, and no more");
    drop(uses);
    for micros in [0, 300, 1000, 3000, 6000, 9000] {
        drop(tokio::time::timeout(Duration::from_micros(micros), reports.begin(WHY, "alice")).await);
    }
    let open = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";
    // As long as a busy machine may take to end them.
    for _ in 0..1200 {
        let open: i64 = sqlx::query_scalar(open)
            .bind(&books.login)
            .fetch_one(&mut books.superuser)
            .await
            .expect("counted");
        if open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let open: i64 =
        sqlx::query_scalar(open).bind(&books.login).fetch_one(&mut books.superuser).await.expect("counted");
    assert_eq!(open, 0);
    reports.begin(WHY, "alice").await.expect("as before").close().await.expect("closed");
    drop(reports);
    books.close().await;
}

/// A break by the superuser, what `connect` says, and that its mend mends.
const BREAKS: &[(&str, &str)] = &[
    ("ALTER ROLE {login} NOBYPASSRLS", "A01-CROSS-LOGIN {login}"),
    ("ALTER ROLE {login} SUPERUSER", "A01-CROSS-LOGIN {login}"),
    ("ALTER ROLE {login} CREATEROLE", "A01-CROSS-LOGIN {login}"),
    ("GRANT tenancy_app TO {login}", "A01-CROSS-LOGIN tenancy_app\nA02-CROSS-WRITES books.accounts"),
    (
        "GRANT tenancy_owner TO {login}",
        "A01-CROSS-LOGIN tenancy_owner\nA02-CROSS-WRITES books.accounts\nA04-AUDIT tenancy.cross_tenant_audit\nA04-AUDIT tenancy.cross_tenant_audit",
    ),
    (
        "GRANT pg_write_all_data TO {login}",
        "A01-CROSS-LOGIN pg_write_all_data\nA02-CROSS-WRITES books.accounts\nA04-AUDIT tenancy.cross_tenant_audit",
    ),
    ("GRANT UPDATE (name) ON books.accounts TO {login}", "A02-CROSS-WRITES books.accounts"),
    ("GRANT TRUNCATE ON books.accounts TO PUBLIC", "A02-CROSS-WRITES books.accounts"),
    ("ALTER TABLE books.accounts OWNER TO {login}", "A02-CROSS-WRITES books.accounts"),
    ("REVOKE SELECT ON books.accounts FROM tenancy_test_reports", "A03-CROSS-READS books.accounts"),
    (
        "REVOKE tenancy_test_reports FROM {login}",
        "A00-CROSS-ROLE tenancy_test_reports\nA03-CROSS-READS books.accounts\nA04-AUDIT tenancy.cross_tenant_audit",
    ),
    ("GRANT DELETE ON tenancy.cross_tenant_audit TO {login}", "A04-AUDIT tenancy.cross_tenant_audit"),
    (
        "GRANT SELECT (reason) ON tenancy.cross_tenant_audit TO {login}",
        "A04-AUDIT tenancy.cross_tenant_audit",
    ),
    ("GRANT INSERT (login) ON tenancy.cross_tenant_audit TO {login}", "A04-AUDIT tenancy.cross_tenant_audit"),
    (
        "REVOKE INSERT (reason) ON tenancy.cross_tenant_audit FROM tenancy_test_reports",
        "A04-AUDIT tenancy.cross_tenant_audit",
    ),
    (
        "CREATE RULE silent AS ON INSERT TO tenancy.cross_tenant_audit DO INSTEAD NOTHING",
        "A04-AUDIT tenancy.cross_tenant_audit",
    ),
    (
        "CREATE FUNCTION public.silent() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER silent BEFORE INSERT ON tenancy.cross_tenant_audit FOR EACH ROW EXECUTE FUNCTION public.silent()",
        "A04-AUDIT tenancy.cross_tenant_audit",
    ),
    (
        "ALTER TABLE tenancy.cross_tenant_audit ALTER login SET DEFAULT 'nobody'",
        "A04-AUDIT tenancy.cross_tenant_audit",
    ),
    (
        "ALTER TABLE tenancy.cross_tenant_audit OWNER TO {login}",
        "A04-AUDIT tenancy.cross_tenant_audit\nA04-AUDIT tenancy.cross_tenant_audit",
    ),
];

#[tokio::test]
async fn a_login_that_could_do_more_or_less_is_refused() {
    let mut books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    for (sql, expected) in BREAKS {
        let fill = |text: &str| text.replace("{login}", &books.login);
        run(&mut books.superuser, &fill(sql)).await.expect(sql);
        let refused = books.connect().await.expect_err(sql);
        // A use of one that was connected before is refused as well.
        let late = reports.begin(WHY, "alice").await.expect_err(sql);
        assert!(matches!(late, Error::NotCrossTenant { .. }), "{sql}: {late}");
        let Error::NotCrossTenant { findings } = refused else { panic!("{sql}: {refused}") };
        let found: Vec<_> = findings.iter().map(|found| format!("{} {}", found.code, found.object)).collect();
        assert_eq!(found, fill(expected).lines().collect::<Vec<_>>(), "{sql}");
        for finding in findings {
            assert!(!finding.meaning().is_empty(), "{finding:?}");
            run(&mut books.superuser, &finding.mend)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", finding.mend));
        }
        if let Err(error) = books.connect().await {
            panic!("{sql}: mended, and {error}");
        }
    }
    for (builder, says) in [
        (CrossTenant::builder(books.options()), "no schema was given"),
        (CrossTenant::builder(books.options()).schema(&WITHOUT), "names no `cross_tenant_role`"),
        (CrossTenant::builder(books.options()).schema(&BOOKS).max_connections(0), "at least 1"),
    ] {
        let refused = builder.connect().await.expect_err(says).to_string();
        assert!(refused.contains(says), "{refused}");
    }
    let nothing = TestDb::new().await;
    let refused = CrossTenant::builder(nothing.superuser())
        .schema(&BOOKS)
        .connect()
        .await
        .expect_err("nothing")
        .to_string();
    assert!(refused.contains("A04-AUDIT") && refused.contains("A03-CROSS-READS"), "{refused}");
    // The application's login is no such login, and such a login is not the application's.
    let app =
        CrossTenant::builder(books.db.app()).schema(&BOOKS).connect().await.expect_err("the application's");
    assert!(app.to_string().contains("A01-CROSS-LOGIN"), "{app}");
    let authority = TestAuthority::new();
    let bypasses =
        TenantDb::builder(books.options()).trust(authority.authority()).schema(&BOOKS).connect().await;
    assert!(bypasses.expect_err("it bypasses").to_string().contains("R02-BYPASSRLS"));
    drop(reports);
    books.close().await;
}

fn service(purpose: &str) -> (ServiceKey, Authority) {
    let key = ServiceKey::from_secret(b"a secret that only the workers hold, 32+").expect("a key");
    let authority = Authority::new(ServiceVerifier::new(key.clone(), purpose));
    (key, authority)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_each_tenant_leaves_none_out() {
    let mut books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    let (key, authority) = service("renaming");
    let db =
        TenantDb::builder(books.db.app()).trust(&authority).schema(&BOOKS).max_connections(4).connect().await;
    let db = db.expect("an isolated database");
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (fails, panics) = (books.tenants[0], TenantId::random());
    let many: Vec<_> = books
        .tenants
        .iter()
        .copied()
        .chain((0..1000).map(|_| TenantId::random()))
        .chain([panics, fails])
        .collect();
    let sweep = Sweep::new(WHY, "cron", &authority, &key, "renaming").concurrency(5);
    let swept = reports
        .for_each_tenant(sweep, many, async |token: TenantToken| {
            most.fetch_max(1 + running.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            let renamed =
                Account::update(&token).set(|a| a.name, "renamed").filter(|a| a.id.eq(1)).execute(&db).await;
            running.fetch_sub(1, Ordering::SeqCst);
            assert!(token.tenant() != panics, "the work panics");
            if token.tenant() == fails {
                Err("no".to_owned())
            } else {
                renamed.map_err(|error| error.to_string())
            }
        })
        .await
        .expect("written down");
    assert_eq!(swept.outcomes.len(), 1004, "each once");
    assert_eq!(most.load(Ordering::SeqCst), 5, "five at once, and no more");
    assert!(swept.unwritten.is_none() && !swept.is_success());
    let failures: BTreeMap<_, _> =
        swept.failures().map(|(tenant, error)| (tenant.as_uuid(), format!("{error:?}"))).collect();
    let expected = BTreeMap::from([
        (fails.as_uuid(), "Failed(\"no\")".to_owned()),
        (panics.as_uuid(), "Panicked".to_owned()),
    ]);
    assert_eq!(failures, expected);
    let said = swept.to_string();
    assert!(
        said.starts_with("1004 tenants, 2 failed") && said.contains(&format!("- {panics} panicked")),
        "{said}"
    );
    assert!(!said.contains("no\""), "an error of the work may hold anything: {said}");
    let touched: u64 = swept.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()).sum();
    assert_eq!(touched, 2, "the rows of the two others");
    let renamed: i64 = sqlx::query_scalar("SELECT count(*) FROM books.accounts WHERE name = 'renamed'")
        .fetch_one(&mut books.superuser)
        .await
        .expect("counted");
    assert_eq!(renamed, 3, "what failed had been done");
    let audit: Vec<_> =
        books.audit().await.into_iter().map(|(event, by, _, detail)| (event, by, detail)).collect();
    assert_eq!(
        audit,
        [
            ("sweep".to_owned(), "cron".to_owned(), Some("1004 tenants, for renaming".to_owned())),
            ("sweep ended".to_owned(), "cron".to_owned(), Some("1004 tenants, 2 failed".to_owned())),
        ]
    );
    drop((db, reports));
    books.close().await;
}

/// No token comes out of a key or a purpose that the authority does not know, and none at all when it is not written down.
#[tokio::test]
async fn a_sweep_mints_by_its_authority_alone() {
    let books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    let (key, authority) = service("billing");
    let other = ServiceKey::from_secret(b"another secret, of somebody else, 32+").expect("a key");
    let users = TestAuthority::new();
    let nobody = async |_: TenantToken| -> Result<(), ()> { panic!("there is no token") };
    for sweep in [
        Sweep::new(WHY, "cron", &authority, &key, "mailing"),
        Sweep::new(WHY, "cron", &authority, &other, "billing"),
        Sweep::new(WHY, "cron", users.authority(), &key, "billing"),
    ] {
        let swept =
            reports.for_each_tenant(sweep, books.tenants.clone(), nobody).await.expect("written down");
        assert!(
            swept.outcomes.iter().all(|outcome| matches!(outcome.result, Err(SweptError::Token(_)))),
            "{swept}"
        );
    }
    let unsigned = Sweep::new(WHY, "cron", &authority, &key, "");
    let swept = reports.for_each_tenant(unsigned, books.tenants.clone(), nobody).await.expect("written down");
    assert!(
        swept.outcomes.iter().all(|outcome| matches!(outcome.result, Err(SweptError::Grant(_)))),
        "{swept}"
    );
    let too_long = Sweep::new(WHY, "cron", &authority, &key, "billing").lifetime(Duration::from_secs(3600));
    let swept = reports.for_each_tenant(too_long, books.tenants.clone(), nobody).await.expect("written down");
    assert!(!swept.is_success());
    let unasked = Sweep::new(WHY, "", &authority, &key, "billing");
    assert!(reports.for_each_tenant(unasked, books.tenants.clone(), nobody).await.is_err());

    // A token of the sweep is one tenant's, expires, and is believed where its authority is trusted.
    let (db, _) = books.tenant_db().await;
    let short = Sweep::new(WHY, "cron", &authority, &key, "billing").lifetime(Duration::from_secs(1));
    let swept = reports
        .for_each_tenant(short, [books.tenants[1]], async |token: TenantToken| {
            let untrusted = Account::count(&token).fetch_one(&db).await;
            assert!(matches!(untrusted, Err(Error::UntrustedAuthority)));
            assert_eq!(token.subject(), "service:billing");
            Ok::<_, ()>(token)
        })
        .await
        .expect("written down");
    assert!(swept.is_success(), "{swept}");
    // It can be spawned: its future is Send.
    let (spawned, tenants) = (reports.clone(), books.tenants.clone());
    let spawned = tokio::spawn(async move {
        let (key, authority) = service("billing");
        let sweep = Sweep::new(WHY, "cron", &authority, &key, "billing");
        let swept =
            spawned.for_each_tenant(sweep, tenants, |token| async move { Ok::<_, ()>(token.tenant()) }).await;
        swept.expect("written down").outcomes.len()
    });
    assert_eq!(spawned.await.expect("no panic"), 3);
    drop((db, reports));
    books.close().await;
}

/// The application has no part in it.
#[tokio::test]
async fn the_application_is_held_as_before() {
    let mut books = Books::new().await;
    let may: bool = sqlx::query_scalar(
        "SELECT has_table_privilege('tenancy_app', 'tenancy.cross_tenant_audit', 'SELECT, INSERT')",
    )
    .fetch_one(&mut books.superuser)
    .await
    .expect("asked");
    assert!(!may, "the audit is not the application's");
    let report =
        Doctor::new(&BOOKS).expect("it holds").examine(&mut books.superuser).await.expect("examined");
    let strange = |found: &&Finding| found.object.contains("cross_tenant") || found.object == books.login;
    assert_eq!(report.findings.iter().find(strange), None, "the doctor knows the audit and its login");
    let without =
        Doctor::new(&WITHOUT).expect("it holds").examine(&mut books.superuser).await.expect("examined");
    assert!(
        without.findings.iter().any(|found| found.code == "R11-OTHER-BYPASS" && found.object == books.login)
    );
    let (db, authority) = books.tenant_db().await;
    let token = authority.token(books.tenants[2]).await;
    assert_eq!(Account::count(&token).fetch_one(&db).await.expect("counted"), 3, "its own");
    // Over many rows of few tenants, tenants are found by the index and not by reading the rows.
    let many = "INSERT INTO books.accounts SELECT n, tenant_id, 'many ' || n FROM (SELECT DISTINCT tenant_id FROM books.accounts) t, \
                generate_series(100, 20000) n; VACUUM ANALYZE books.accounts";
    for sql in many.split("; ") {
        run(&mut books.superuser, sql).await.expect("rows");
    }
    let reports = books.connect().await.expect("a login for reports");
    let mut report = reports.begin(WHY, "alice").await.expect("written down");
    assert_eq!(report.tenants_of::<Account>().await.expect("tenants"), books.tenants);
    report.close().await.expect("closed");
    // What a session read is added up when it ends.
    let read = "SELECT pg_stat_force_next_flush(), coalesce(sum(idx_tup_read + idx_tup_fetch), 0)::bigint + \
                (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relid = 'books.accounts'::regclass) \
                FROM pg_stat_user_indexes WHERE relid = 'books.accounts'::regclass";
    let count = async |connection: &mut PgConnection| -> i64 {
        let row = sqlx::query(read).fetch_one(connection).await.expect("counted");
        row.get(1)
    };
    let before = count(&mut books.superuser).await;
    let mut report = reports.begin(WHY, "alice").await.expect("written down");
    report.tenants_of::<Account>().await.expect("tenants");
    report.close().await.expect("closed");
    let mut rows = 0;
    while rows == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        rows = count(&mut books.superuser).await - before;
    }
    assert!(rows < 100, "{rows} rows were read for three tenants");
    drop((db, reports));
    books.close().await;
}

/// A log line stays a line, whoever says that he asks.
#[tokio::test]
async fn each_use_is_logged() {
    let books = Books::new().await;
    let reports = books.connect().await.expect("a login for reports");
    // An event that another thread meets for the first time at this moment may miss a subscriber that is new: so it is
    // met before, and asked again who listens.
    reports.begin(WHY, "alice").await.expect("written down").close().await.expect("closed");
    let log = Log::default();
    let listening = log.listen();
    let report = reports.begin(WHY, "eve\n2026-01-01 WARN forged\u{1b}[2J").await.expect("written down");
    let id = report.id();
    report.close().await.expect("closed");
    reports.begin(WHY, "").await.expect_err("nobody asks");
    drop(listening);
    let lines = log.lines();
    let said: Vec<_> = lines.iter().filter(|line| line.contains("tenancy::danger")).collect();
    let [said] = said[..] else { panic!("one use: {lines:?}") };
    assert!(said.starts_with("WARN tenancy::danger") && said.contains(&id.to_string()), "{said}");
    assert!(said.contains("a test") && said.contains("forged"), "{said}");
    assert!(!said.contains(['\n', '\u{1b}']), "{said}");
    let secrets = lines.iter().find(|line| line.contains("password") || line.contains("'reports'"));
    assert_eq!(secrets, None);
    drop(reports);
    books.close().await;
}
