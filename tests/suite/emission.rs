//! Emitted SQL on a real server: it applies as the plain owner, by sqlx's migrator, again and again; it refuses what it
//! does not own; and what it makes holds against raw SQL on the application's login.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, ConnectOptions, SqlSafeStr};
use tenancy::prelude::*;
use tenancy_testkit::TestDb;
use uuid::Uuid;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "emission.boards", unique(slug))]
pub struct Board {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
}

#[derive(Debug, TenantScoped)]
#[tenancy(table = "emission.cards", index(title), insert = "CardDraft")]
pub struct Card {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Board, on_delete = "cascade")]
    pub board_id: Uuid,
    #[tenancy(references = Card, on_delete = "set null")]
    pub after_id: Option<Uuid>,
    pub title: String,
    #[tenancy(generated)]
    pub shout: String,
}

/// Whatever a name can hold.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "emission.it's $tenancy$ \\ \"order\"; DROP TABLE boards --", unique(a_b), index(percent))]
pub struct Hostile {
    #[tenancy(id)]
    pub select: i64,
    #[tenancy(tenant, column = "Tenant \"Id\"")]
    pub tenant: Uuid,
    #[tenancy(column = "a\\b")]
    pub a_b: String,
    #[tenancy(column = "%I {x}", references = Board, on_delete = "set null")]
    pub percent: Option<Uuid>,
}

tenancy::schema! { pub EMITTED: [Board, Card, Hostile] }
tenancy::schema! { pub FOR_NOBODY: [Board], runtime_role: "tenancy_test_role_that_nobody_made" }

const TABLES: &str = r#"
    CREATE SCHEMA emission;
    CREATE TABLE emission.boards (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, slug text NOT NULL);
    CREATE TABLE emission.cards (
      id uuid DEFAULT gen_random_uuid(), tenant_id uuid, board_id uuid NOT NULL, after_id uuid, title text NOT NULL,
      shout text GENERATED ALWAYS AS (upper(title)) STORED);
    CREATE TABLE emission."it's $tenancy$ \ ""order""; DROP TABLE boards --" (
      "select" bigint, "Tenant ""Id""" uuid, "a\b" text NOT NULL, "%I {x}" uuid);
"#;

fn sql() -> String {
    EMITTED.sql().expect("a schema that holds")
}

/// The migrations of a service: its tables, and then `files`.
fn migrator(files: impl IntoIterator<Item = String>) -> Migrator {
    let migrations = std::iter::once(TABLES.to_owned()).chain(files).zip(1..).map(|(sql, version)| {
        Migration::new(version, "m".into(), MigrationType::Simple, AssertSqlSafe(sql).into_sql_str(), false)
    });
    Migrator { migrations: migrations.collect(), ..Migrator::DEFAULT }
}

async fn emitted() -> TestDb {
    TestDb::with_migrations(&migrator([sql()])).await
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<u64, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await.map(|done| done.rows_affected())
}

/// The SQLSTATE of what must fail.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> String {
    let error = result.expect_err("refused");
    error.as_database_error().and_then(|error| error.code()).expect("the server refused").into_owned()
}

/// Everything that emission makes, as the catalogs have it.
async fn state(db: &TestDb) -> Vec<String> {
    let mut superuser = db.connect_as_superuser().await;
    sqlx::query_scalar(
        r"SELECT format('%s %s %s %s', c.oid, relrowsecurity, relforcerowsecurity, relacl) FROM pg_class c
            JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'emission'
          UNION ALL SELECT format('%s %s %s', attrelid, attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
          UNION ALL SELECT format('%s %s', oid, pg_get_constraintdef(oid)) FROM pg_constraint WHERE contype <> 'c'
          UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index
          UNION ALL SELECT format('%s %s %s %s %s', tablename, policyname, permissive, roles, qual) FROM pg_policies
          UNION ALL SELECT format('%s %s %s', oid, proacl, pg_get_function_sqlbody(oid)) FROM pg_proc WHERE proname = 'current_tenant'
          UNION ALL SELECT format('%s %s', oid, typacl) FROM pg_type WHERE typname = 'bound'
          ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogs")
}

#[tokio::test]
async fn restating_changes_nothing() {
    let once = emitted().await;
    let before = state(&once).await;
    assert!(before.len() > 30, "{before:#?}");
    let mut owner = once.connect_as_owner().await;
    migrator([sql(), sql(), sql()]).run_direct(None, &mut owner, false).await.expect("restated twice");
    assert_eq!(state(&once).await, before);
}

/// sqlx writes its own row after the file, in the same transaction and by an unqualified name.
#[tokio::test]
async fn the_search_path_is_as_it_was() {
    let db = TestDb::builder().sql("CREATE SCHEMA \"My Own\"").create().await.expect("a database");
    let mut owner = db.connect_as_owner().await;
    run(&mut owner, "SET search_path = \"My Own\", public").await.expect("SET");
    migrator([sql()]).run_direct(None, &mut owner, false).await.expect("applied");
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM \"My Own\"._sqlx_migrations WHERE success")
        .fetch_one(&mut owner)
        .await
        .expect("sqlx's own table");
    assert_eq!(rows, 2);
    let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut owner).await.expect("a path");
    assert_eq!(path, "\"My Own\", public");
}

#[tokio::test]
async fn a_file_that_does_not_run_in_one_transaction_is_refused() {
    let db = TestDb::builder().sql(TABLES).create().await.expect("a database");
    let mut owner = db.connect_as_owner().await;
    // As psql does it: each statement by itself. The examination is the third.
    let sql = sql();
    let (opening, rest) = sql.split_once("DO $").expect("the examination");
    let (_, rest) = rest.split_once('$').expect("a tag");
    let (tag, _) = sql.split_once("DO $").expect("the tag").1.split_once('$').expect("the tag");
    let (examination, _) = rest.split_once(&format!("END ${tag}$")).expect("its end");
    for statement in
        opening.split_inclusive(';').filter(|s| s.contains("SET LOCAL") || s.contains("set_config"))
    {
        run(&mut owner, statement).await.expect("a warning");
    }
    let error = run(&mut owner, format!("DO ${tag}${examination}END ${tag}$")).await.expect_err("refused");
    assert!(error.to_string().contains("must run in one transaction"), "{error}");
}

/// Two tenants with a board and a card each, made by the superuser; the application's login.
struct Two {
    db: TestDb,
    app: PgConnection,
    superuser: PgConnection,
    a: Uuid,
    b: Uuid,
}

impl Two {
    async fn new() -> Self {
        let db = emitted().await;
        let mut superuser = db.connect_as_superuser().await;
        let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
        for tenant in [a, b] {
            // The ids are the tenants', so that each is known to the other: guessed, or leaked.
            let rows = format!(
                "INSERT INTO emission.boards (id, tenant_id, slug) VALUES ('{tenant}', '{tenant}', 'board'); \
                 INSERT INTO emission.cards (id, tenant_id, board_id, title) VALUES ('{tenant}', '{tenant}', '{tenant}', 'card')"
            );
            run(&mut superuser, rows).await.expect("rows");
        }
        let app = db.app().connect().await.expect("the application's login");
        Self { db, app, superuser, a, b }
    }

    /// Runs as tenant A.
    async fn as_a(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sql.replace("{a}", &self.a.to_string()).replace("{b}", &self.b.to_string());
        run(&mut self.app, format!("BEGIN; SET LOCAL app.tenant_id = '{}'", self.a)).await?;
        let result = run(&mut self.app, sql).await;
        run(&mut self.app, if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        result
    }

    /// All rows, of all tenants.
    async fn rows(&mut self) -> Vec<String> {
        let all = "SELECT format('%s %s %s', tenant_id, id, slug) FROM emission.boards UNION ALL \
                   SELECT format('%s %s %s %s %s', tenant_id, id, board_id, after_id, title) FROM emission.cards ORDER BY 1";
        sqlx::query_scalar(all).fetch_all(&mut self.superuser).await.expect("rows")
    }
}

#[tokio::test]
async fn raw_sql_reaches_its_own_tenant_alone() {
    let mut two = Two::new().await;
    let before = two.rows().await;
    assert_eq!(before.len(), 4, "the rows of both are there");
    // What is not there, and what is another's, is the same answer.
    for (sql, rows) in [
        ("SELECT FROM emission.boards", 1),
        ("SELECT FROM emission.boards WHERE tenant_id = '{b}' OR id = '{b}'", 0),
        ("SELECT FROM emission.cards c JOIN emission.boards b ON b.id <> c.id", 0),
        ("UPDATE emission.boards SET slug = 'mine' WHERE id = '{b}'", 0),
        ("DELETE FROM emission.boards WHERE id = '{b}'", 0),
        ("DELETE FROM emission.cards WHERE id = '{b}'", 0),
        ("SELECT FROM emission.boards WHERE id = '{b}' FOR UPDATE", 0),
        (
            "MERGE INTO emission.boards t USING (SELECT '{b}'::uuid AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE",
            0,
        ),
    ] {
        assert_eq!(two.as_a(sql).await.expect(sql), rows, "{sql}");
    }
    // 42501: no privilege, or a policy. 23503: a foreign key does not hold.
    for (sql, expected) in [
        ("INSERT INTO emission.boards (tenant_id, slug) VALUES ('{b}', 'new')", "42501"),
        (
            "INSERT INTO emission.boards (id, tenant_id, slug) VALUES ('{b}', '{b}', 'x') ON CONFLICT DO NOTHING",
            "42501",
        ),
        (
            "INSERT INTO emission.boards (id, tenant_id, slug) VALUES ('{b}', '{b}', 'x') \
             ON CONFLICT (tenant_id, id) DO UPDATE SET slug = 'mine'",
            "42501",
        ),
        (
            "INSERT INTO emission.boards (tenant_id, slug) VALUES ('{b}', 'board') \
             ON CONFLICT (tenant_id, slug) DO UPDATE SET slug = emission.boards.slug WHERE emission.boards.slug > 'a'",
            "42501",
        ),
        ("INSERT INTO emission.cards (tenant_id, board_id, title) VALUES ('{a}', '{b}', 'spy')", "23503"),
        (
            "INSERT INTO emission.cards (tenant_id, board_id, title) VALUES ('{a}', gen_random_uuid(), 'spy')",
            "23503",
        ),
        ("UPDATE emission.cards SET board_id = '{b}'", "23503"),
        ("UPDATE emission.cards SET after_id = '{b}'", "23503"),
        ("UPDATE emission.boards SET tenant_id = '{b}'", "42501"),
        ("UPDATE emission.boards SET id = '{b}'", "42501"),
        (
            "INSERT INTO emission.cards (tenant_id, board_id, title, shout) VALUES ('{a}', '{a}', 'x', DEFAULT)",
            "42501",
        ),
        ("TRUNCATE emission.cards", "42501"),
        ("ALTER TABLE emission.cards DISABLE ROW LEVEL SECURITY", "42501"),
        ("DROP POLICY tenancy_bound ON emission.cards", "42501"),
        (
            "CREATE TRIGGER t BEFORE INSERT ON emission.cards FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "42501",
        ),
        ("COPY emission.cards (tenant_id, board_id, title) FROM STDIN", "0A000"),
        ("SET ROLE tenancy_owner", "42501"),
        ("CREATE TABLE tenancy.mine ()", "42501"),
        ("CREATE TABLE emission.mine ()", "42501"),
        (
            "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql RETURN NULL",
            "42501",
        ),
        ("SET LOCAL row_security = off; SELECT FROM emission.boards", "42501"),
    ] {
        assert_eq!(code(two.as_a(sql).await), expected, "{sql}");
    }
    assert_eq!(two.rows().await, before, "nothing moved");
    // An id that another tenant has is free, and so is a slug.
    let sql = "INSERT INTO emission.boards (id, tenant_id, slug) VALUES ('{b}', '{a}', 'other')";
    assert_eq!(two.as_a(sql).await.expect("their ids are no business of ours"), 1);
}

#[tokio::test]
async fn unbound_there_are_no_rows_and_writes_are_refused() {
    let mut two = Two::new().await;
    let before = two.rows().await;
    let (a, app) = (two.a, &mut two.app);
    for unbound in
        ["RESET app.tenant_id", "SET app.tenant_id = ''", "BEGIN; SET LOCAL app.tenant_id = ''; COMMIT"]
    {
        run(app, unbound).await.expect("a setting");
        for sql in [
            "SELECT FROM emission.boards",
            "UPDATE emission.boards SET slug = 'x'",
            "DELETE FROM emission.cards",
        ] {
            assert_eq!(run(app, sql).await.expect(sql), 0, "{unbound}: {sql}");
        }
        let insert = format!("INSERT INTO emission.boards (tenant_id, slug) VALUES ('{a}', 'x')");
        assert_eq!(code(run(app, insert).await), "42501", "{unbound}");
    }
    // The owner is held too.
    let mut owner = two.db.connect_as_owner().await;
    assert_eq!(code(run(&mut owner, "UPDATE emission.boards SET slug = 'x'").await), "42501");
    assert_eq!(two.rows().await, before);
}

#[tokio::test]
async fn deletions_cascade_within_the_tenant() {
    let mut two = Two::new().await;
    let (a, b) = (two.a, two.b);
    // Each refers to a row of the same id: the other's must not be touched.
    let after = "INSERT INTO emission.cards (tenant_id, board_id, after_id, title) VALUES ('{a}', '{a}', '{a}', 'after'); \
                 DELETE FROM emission.cards WHERE id = '{a}'";
    two.as_a(after).await.expect("the parent goes");
    let (tenant, parent): (Uuid, Option<Uuid>) =
        sqlx::query_as("SELECT tenant_id, after_id FROM emission.cards WHERE title = 'after'")
            .fetch_one(&mut two.superuser)
            .await
            .expect("the child stays");
    assert_eq!((tenant, parent), (a, None), "SET NULL leaves the tenant alone");
    two.as_a("DELETE FROM emission.boards").await.expect("the board goes");
    let rows = two.rows().await;
    assert_eq!(rows.len(), 2, "its cards went with it");
    assert!(rows.iter().all(|row| row.starts_with(&b.to_string())));
}

/// Finding 2: forced row-level security would blind the check of rows that exist, and the key would be "valid".
#[tokio::test]
async fn rows_that_violate_a_key_are_seen_when_it_is_added() {
    let mut two = Two::new().await;
    let broken = format!(
        "ALTER TABLE emission.cards DROP CONSTRAINT cards_board_id_fkey; \
         INSERT INTO emission.cards (tenant_id, board_id, title) VALUES ('{}', '{}', 'crossing')",
        two.a, two.b
    );
    run(&mut two.superuser, broken).await.expect("a row that crosses tenants");
    let mut owner = two.db.connect_as_owner().await;
    assert_eq!(code(run(&mut owner, sql()).await), "23503");
    run(&mut two.superuser, "DELETE FROM emission.cards WHERE title = 'crossing'").await.expect("mended");
    run(&mut owner, sql()).await.expect("applied");
    let (rls, forced): (bool, bool) =
        sqlx::query_as("SELECT bool_and(relrowsecurity), bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN ('boards', 'cards')")
            .fetch_one(&mut two.superuser)
            .await
            .expect("the catalogs");
    assert!(rls && forced, "FORCE is put back");
}

/// What stands in the way, and a word of the message and of the hint.
const IN_THE_WAY: &[(&str, &str, &str)] = &[
    ("DROP TABLE emission.boards", "emission.boards does not exist", "columns only"),
    (
        "DROP TABLE emission.boards; CREATE VIEW emission.boards AS SELECT NULL::uuid AS id, NULL::uuid AS tenant_id, ''::text AS slug",
        "emission.boards is not a table",
        "Name a table",
    ),
    ("ALTER TABLE emission.boards DROP COLUMN tenant_id", "no column tenant_id", "ADD COLUMN tenant_id"),
    (
        "ALTER TABLE emission.cards DROP COLUMN title CASCADE",
        "emission.cards has no column title",
        "ADD COLUMN title",
    ),
    ("ALTER TABLE emission.boards ALTER tenant_id TYPE text", "is text and not uuid", "TYPE uuid"),
    (
        "ALTER TABLE emission.boards ADD CONSTRAINT own PRIMARY KEY (id)",
        "emission.boards has the primary key (id)",
        "ALTER TABLE emission.boards DROP CONSTRAINT own",
    ),
    (
        "ALTER TABLE emission.boards ADD PRIMARY KEY (id, tenant_id)",
        "has the primary key (id, tenant_id)",
        "DROP CONSTRAINT boards_pkey",
    ),
    (
        "ALTER TABLE emission.boards ADD UNIQUE (slug)",
        "boards_slug_key of emission.boards is without the tenant",
        "ALTER TABLE emission.boards DROP CONSTRAINT boards_slug_key",
    ),
    (
        "CREATE UNIQUE INDEX own ON emission.boards (lower(slug)) INCLUDE (tenant_id)",
        "own of emission.boards is without the tenant",
        "DROP INDEX emission.own",
    ),
    (
        "ALTER TABLE emission.boards ADD EXCLUDE (slug WITH =)",
        "boards_slug_excl of emission.boards is without the tenant",
        "DROP CONSTRAINT boards_slug_excl",
    ),
    (
        "ALTER TABLE emission.boards ADD UNIQUE (tenant_id, id), ADD UNIQUE (id, tenant_id); ALTER TABLE emission.cards \
         ADD CONSTRAINT own FOREIGN KEY (board_id, tenant_id) REFERENCES emission.boards (tenant_id, id)",
        "own of emission.cards to emission.boards does not pair",
        "ALTER TABLE emission.cards DROP CONSTRAINT own",
    ),
    (
        "ALTER TABLE emission.cards OWNER TO CURRENT_USER",
        "emission.cards belongs to",
        "OWNER TO tenancy_owner",
    ),
    (
        "CREATE SCHEMA tenancy",
        "the schema tenancy belongs to another role",
        "ALTER SCHEMA tenancy OWNER TO tenancy_owner",
    ),
    (
        "CREATE SCHEMA tenancy AUTHORIZATION tenancy_owner; CREATE TYPE tenancy.bound AS ENUM ()",
        "is no domain over uuid",
        "Rename",
    ),
];

#[tokio::test]
async fn what_emission_does_not_own_is_refused_with_the_mend() {
    for (sql_in_the_way, problem, mend) in IN_THE_WAY {
        let db = TestDb::builder()
            .sql(TABLES)
            .sql_as_superuser(*sql_in_the_way)
            .create()
            .await
            .expect("a database");
        let mut owner = db.connect_as_owner().await;
        let error = run(&mut owner, sql()).await.expect_err(sql_in_the_way);
        let error = error.into_database_error().expect("the server refused");
        let error = error.downcast_ref::<PgDatabaseError>();
        assert!(error.message().contains(problem), "{sql_in_the_way}: {}", error.message());
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains(mend), "{sql_in_the_way}: {hint}");
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_policies")
            .fetch_one(&mut owner)
            .await
            .expect("a count");
        assert_eq!(left, 0, "all or nothing");
    }
}

#[tokio::test]
async fn several_problems_are_one_message() {
    let both =
        "ALTER TABLE emission.boards ADD PRIMARY KEY (id); ALTER TABLE emission.cards ADD UNIQUE (title)";
    let db = TestDb::builder().sql(TABLES).sql(both).create().await.expect("a database");
    let mut owner = db.connect_as_owner().await;
    let error = run(&mut owner, sql()).await.expect_err("refused").to_string();
    assert!(error.contains("primary key (id)") && error.contains("cards_title_key"), "{error}");
}

#[tokio::test]
async fn a_runtime_role_that_cannot_be_made_or_is_not_held_is_refused_with_the_mend() {
    let db = TestDb::builder().sql(TABLES).create().await.expect("a database");
    let mut owner = db.connect_as_owner().await;
    let hint = async |owner: &mut PgConnection| {
        let error = run(owner, FOR_NOBODY.sql().expect("it holds")).await.expect_err("refused");
        let error = error.into_database_error().expect("the server refused");
        error.downcast_ref::<PgDatabaseError>().hint().unwrap_or_default().to_owned()
    };
    let said = hint(&mut owner).await;
    assert!(said.contains("CREATE ROLE tenancy_test_role_that_nobody_made NOLOGIN"), "{said}");
}

/// What an earlier release emitted is brought up to date, and sessions that know the domain by its id go on.
#[tokio::test]
async fn a_domain_of_before_is_swapped_in_place() {
    let db = emitted().await;
    let before = state(&db).await;
    let mut owner = db.connect_as_owner().await;
    let older = "ALTER DOMAIN tenancy.bound DROP CONSTRAINT one_tenant_per_transaction; \
                 ALTER DOMAIN tenancy.bound ADD CONSTRAINT one_tenant_per_transaction CHECK (VALUE IS NOT NULL); \
                 ALTER DOMAIN tenancy.bound ADD CONSTRAINT \"an older one\" CHECK (true)";
    run(&mut owner, older).await.expect("DDL");
    assert_ne!(definition(&mut owner).await.len(), 1);
    run(&mut owner, sql()).await.expect("restated");
    let [one] = &definition(&mut owner).await[..] else { panic!("one constraint") };
    assert!(one.contains("set_config"), "{one}");
    let domains =
        |state: &[String]| state.iter().filter(|line| line.contains("bound")).cloned().collect::<Vec<_>>();
    assert_eq!(domains(&state(&db).await), domains(&before));
}

async fn definition(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = 'tenancy.bound'::regtype",
    )
    .fetch_all(owner)
    .await
    .expect("the catalogs")
}

/// Keys that the tables had, exactly as emission wants them, stay under their own names.
#[tokio::test]
async fn keys_that_exist_are_kept() {
    let own = "ALTER TABLE emission.boards ADD CONSTRAINT mine PRIMARY KEY (tenant_id, id), \
                 ADD CONSTRAINT slugs UNIQUE (tenant_id, slug); \
               CREATE INDEX by_title ON emission.cards (tenant_id, title); \
               ALTER TABLE emission.cards ADD CONSTRAINT on_board \
                 FOREIGN KEY (tenant_id, board_id) REFERENCES emission.boards (tenant_id, id) ON DELETE CASCADE";
    let db = TestDb::builder().sql(TABLES).sql(own).sql(sql()).create().await.expect("applied");
    let mut owner = db.connect_as_owner().await;
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT conname::text FROM pg_constraint WHERE contype IN ('p', 'u', 'f') \
           AND conrelid IN ('emission.boards'::regclass, 'emission.cards'::regclass) \
         UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisunique \
           AND indrelid IN ('emission.boards'::regclass, 'emission.cards'::regclass) ORDER BY 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogs");
    assert_eq!(
        keys,
        [
            "cards_after_id_fkey",
            "cards_pkey",
            "emission.by_title",
            "emission.cards_tenant_id_after_id_idx",
            "emission.cards_tenant_id_board_id_idx",
            "mine",
            "on_board",
            "slugs"
        ]
    );
    let emitted: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM tenancy.emitted WHERE kind <> 'not null' AND relation IN \
                            ('emission.boards'::regclass, 'emission.cards'::regclass) ORDER BY 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the journal");
    assert_eq!(
        emitted,
        ["cards_after_id_fkey", "cards_pkey", "cards_tenant_id_after_id_idx", "cards_tenant_id_board_id_idx"],
        "what was there is not ours to drop"
    );
}

/// A key under a name of ours that says something else is the user's: it stops the file.
#[tokio::test]
async fn a_key_under_our_name_is_not_replaced() {
    let own = "ALTER TABLE emission.boards ADD PRIMARY KEY (tenant_id, id); ALTER TABLE emission.cards \
               ADD CONSTRAINT cards_after_id_fkey FOREIGN KEY (tenant_id, board_id) REFERENCES emission.boards (tenant_id, id)";
    let db = TestDb::builder().sql(TABLES).sql(own).create().await.expect("a database");
    let error = run(&mut db.connect_as_owner().await, sql()).await.expect_err("refused");
    assert!(
        error.to_string().contains("\"cards_after_id_fkey\" for relation \"cards\" already exists"),
        "{error}"
    );
}

#[tokio::test]
async fn names_of_any_kind_are_isolated() {
    let db = emitted().await;
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    let mut superuser = db.connect_as_superuser().await;
    const NAME: &str = r#"emission."it's $tenancy$ \ ""order""; DROP TABLE boards --""#;
    let rows = format!("INSERT INTO {NAME} VALUES (1, '{a}', 'x'), (1, '{b}', 'x')");
    run(&mut superuser, rows).await.expect("the keys are each tenant's");
    let mut app = db.connect_as_app().await;
    assert_eq!(run(&mut app, format!("SELECT FROM {NAME}")).await.expect("a read"), 0);
    run(&mut app, format!("BEGIN; SET LOCAL app.tenant_id = '{a}'")).await.expect("bound");
    assert_eq!(run(&mut app, format!("SELECT FROM {NAME}")).await.expect("a read"), 1);
    assert_eq!(
        run(&mut app, format!("DELETE FROM {NAME} WHERE \"Tenant \"\"Id\"\"\" = '{b}'")).await.expect("none"),
        0
    );
    let moved = format!("UPDATE {NAME} SET \"Tenant \"\"Id\"\"\" = '{b}'");
    assert_eq!(code(run(&mut app, moved).await), "42501");
}
