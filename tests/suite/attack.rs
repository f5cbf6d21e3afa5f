//! Attacks: raw SQL on the application's login, as whoever got in would write it.
//!
//! Each runs twice, against a row of another tenant and against a row that nobody has, and must answer both alike. What
//! it shows is searched for the victim's values; what it did is looked for in all rows of both tenants. The snapshot lists
//! every attack with its outcome, and is read in review. What only a sealed binding would stop, and what PostgreSQL shares
//! between the tenants of a login, is in it under that name, and asserted as it is.

use std::fmt::Write as _;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Either, Row as _};
use tenancy::prelude::*;
use tenancy_testkit::TestDb;
use uuid::Uuid;

use crate::common::run;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "prey.notes", unique(slug), index(body), insert = "NoteOfPrey")]
pub struct Note {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
    pub body: String,
}

#[derive(Debug, TenantScoped)]
#[tenancy(table = "prey.tags")]
pub struct Tag {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Note, on_delete = "restrict")]
    pub note_id: Uuid,
}

/// Partitioned, with an inheritance child beside it.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "prey.logs")]
pub struct Log {
    #[tenancy(id)]
    pub day: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub line: String,
}

tenancy::schema! { pub PREY: [Note, Tag, Log] }

const TABLES: &str = "
    CREATE SCHEMA prey;
    CREATE TABLE prey.notes (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, slug text NOT NULL, body text NOT NULL);
    CREATE TABLE prey.tags (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, note_id uuid NOT NULL);
    CREATE TABLE prey.logs (day integer, tenant_id uuid, line text NOT NULL) PARTITION BY RANGE (day);
    CREATE TABLE prey.logs_1 PARTITION OF prey.logs FOR VALUES FROM (0) TO (10);
";

/// What a team may have built on top, by the owner.
const ON_TOP: &str = "
    CREATE VIEW prey.bodies WITH (security_invoker = true) AS SELECT id, body FROM prey.notes;
    CREATE VIEW prey.owned AS SELECT id, body FROM prey.notes;
    CREATE FUNCTION prey.loud(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
      'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END';
    CREATE FUNCTION prey.definer() RETURNS SETOF prey.notes LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS 'SELECT * FROM prey.notes';
    CREATE PROCEDURE prey.commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; PERFORM * FROM prey.notes; END';
    GRANT SELECT ON prey.bodies, prey.owned TO tenancy_app;
    GRANT EXECUTE ON FUNCTION prey.loud(text), prey.definer() TO PUBLIC;
";

const SECRET: &str = "the secret of the other";

struct Prey {
    db: TestDb,
    superuser: PgConnection,
    me: Uuid,
    them: Uuid,
    /// A note of theirs.
    id: Uuid,
}

impl Prey {
    async fn new() -> Self {
        let db = TestDb::builder()
            .sql(TABLES)
            .sql(PREY.sql().expect("a schema that holds"))
            .sql(ON_TOP)
            .create()
            .await
            .expect("a database");
        let mut superuser = db.connect_as_superuser().await;
        let (me, them, id) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let rows = format!(
            "INSERT INTO prey.notes VALUES ('{id}', '{them}', 'theirs', '{SECRET}'), (gen_random_uuid(), '{me}', 'mine', 'my own'); \
             INSERT INTO prey.tags SELECT gen_random_uuid(), tenant_id, id FROM prey.notes; \
             INSERT INTO prey.logs VALUES (1, '{them}', '{SECRET}'), (2, '{me}', 'my own'); ANALYZE prey.notes, prey.tags, prey.logs"
        );
        run(&mut superuser, &rows).await.expect("rows");
        Self { db, superuser, me, them, id }
    }

    /// All rows of both tenants.
    async fn rows(&mut self) -> Vec<String> {
        let all = "SELECT 'note ' || n::text FROM prey.notes n UNION ALL SELECT 'tag ' || t::text FROM prey.tags t \
                   UNION ALL SELECT 'log ' || l::text FROM prey.logs l ORDER BY 1";
        sqlx::query_scalar(all).fetch_all(&mut self.superuser).await.expect("rows")
    }

    /// Runs an attack in a session of its own, and says how it ended. `id` is the victim's row.
    async fn attack(&mut self, bound: bool, sql: &str, id: Uuid, slug: &str) -> String {
        let before = self.rows().await;
        let them = self.them.to_string();
        let theirs =
            |rows: &[String]| rows.iter().filter(|row| row.contains(&them)).cloned().collect::<Vec<_>>();
        assert_eq!(theirs(&before).len(), 3, "the victim's rows are there");
        let fill = |text: &str| {
            text.replace("{me}", &self.me.to_string())
                .replace("{them}", &self.them.to_string())
                .replace("{id}", &id.to_string())
                .replace("{slug}", slug)
        };
        let mut session = self.db.connect_as_app().await;
        run(&mut session, "SET lock_timeout = '2s'; SET client_min_messages = warning")
            .await
            .expect("settings");
        if bound {
            run(&mut session, &fill("BEGIN; SET LOCAL app.tenant_id = '{me}'")).await.expect("bound");
        }
        let outcome = outcome(&mut session, &fill(sql)).await;
        // As far as it came it counts.
        let _ = run(&mut session, "COMMIT").await;
        let _ = session.close().await;
        let after = self.rows().await;
        let mut line = outcome;
        if theirs(&before) != theirs(&after) {
            line += ", THEIR ROWS CHANGED";
        }
        if before != after {
            // Its own rows it may change; the next attack finds them as they were.
            let restore = format!(
                "DELETE FROM prey.tags; DELETE FROM prey.notes; DELETE FROM prey.logs; \
                 INSERT INTO prey.notes VALUES ('{0}', '{1}', 'theirs', '{SECRET}'), (gen_random_uuid(), '{2}', 'mine', 'my own'); \
                 INSERT INTO prey.tags SELECT gen_random_uuid(), tenant_id, id FROM prey.notes; \
                 INSERT INTO prey.logs VALUES (1, '{1}', '{SECRET}'), (2, '{2}', 'my own')",
                self.id, self.them, self.me
            );
            run(&mut self.superuser, &restore).await.expect("restored");
        }
        line
    }
}

/// Rows, or the error: without what differs from run to run.
async fn outcome(session: &mut PgConnection, sql: &str) -> String {
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_many(session);
    let (mut rows, mut affected, mut leaked) = (0, 0, false);
    loop {
        match stream.try_next().await {
            Ok(Some(Either::Left(done))) => affected = done.rows_affected(),
            Ok(Some(Either::Right(row))) => {
                rows += 1;
                leaked |= (0..row.len()).any(|column| text(&row, column).contains(SECRET));
            }
            Ok(None) => break,
            Err(error) => {
                let Some(error) = error.as_database_error() else { return format!("{error}") };
                let error = error.downcast_ref::<PgDatabaseError>();
                let detail = format!("{} {}", error.message(), error.detail().unwrap_or_default());
                let leaked = if detail.contains(SECRET) || leaked { ", LEAKS" } else { "" };
                return format!("{}{leaked}", error.code());
            }
        }
    }
    let leaked = if leaked { ", LEAKS" } else { "" };
    if rows > 0 { format!("{rows} rows{leaked}") } else { format!("{affected} affected{leaked}") }
}

fn text(row: &PgRow, column: usize) -> String {
    let value = row.try_get_raw(column).ok();
    value.and_then(|value| value.as_str().ok().map(str::to_owned)).unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// PostgreSQL refuses it, or it reaches nothing.
    Stopped,
    /// It reaches other tenants' rows, and only a binding that the database verifies would stop it.
    Sealed,
    /// It reaches no rows, and something that the tenants of a login share.
    Shared,
}
use Class::{Sealed, Shared, Stopped};

/// Topic, whether a tenant is bound, SQL.
const ATTACKS: &[(&str, bool, Class, &str)] = &[
    ("unbound", false, Stopped, "SELECT * FROM prey.notes"),
    ("unbound", false, Stopped, "SELECT * FROM prey.notes WHERE tenant_id = '{them}'"),
    ("unbound", false, Stopped, "SELECT count(*) FROM prey.notes HAVING count(*) > 0"),
    ("unbound", false, Stopped, "UPDATE prey.notes SET body = 'x'"),
    ("unbound", false, Stopped, "DELETE FROM prey.tags"),
    (
        "unbound",
        false,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, slug, body) VALUES ('{them}', 'new', 'x')",
    ),
    ("unbound", false, Stopped, "INSERT INTO prey.notes (tenant_id, slug, body) VALUES (NULL, 'new', 'x')"),
    ("unbound", false, Stopped, "TABLE prey.logs"),
    ("hostile settings", false, Stopped, "SET app.tenant_id = ''; SELECT * FROM prey.notes"),
    ("hostile settings", false, Stopped, "SET app.tenant_id = 'garbage'; SELECT * FROM prey.notes"),
    (
        "hostile settings",
        false,
        Stopped,
        "SET app.tenant_id = '00000000-0000-0000-0000-000000000000'; SELECT * FROM prey.notes",
    ),
    (
        "hostile settings",
        false,
        Stopped,
        "SELECT set_config('app.tenant_id', repeat('a', 100000), false); SELECT * FROM prey.notes",
    ),
    ("hostile settings", false, Stopped, "SET app.tenant_id = '{me}'' OR true --'; SELECT * FROM prey.notes"),
    ("hostile settings", false, Stopped, "SET \"app.tenant_id \" = '{them}'; SELECT * FROM prey.notes"),
    ("others' ids", true, Stopped, "SELECT * FROM prey.notes WHERE id = '{id}'"),
    (
        "others' ids",
        true,
        Stopped,
        "SELECT * FROM prey.notes WHERE tenant_id = '{them}' OR true AND slug = '{slug}'",
    ),
    (
        "others' ids",
        true,
        Stopped,
        "SELECT * FROM prey.notes WHERE id IN (SELECT note_id FROM prey.tags WHERE tenant_id = '{them}')",
    ),
    ("others' ids", true, Stopped, "SELECT n.* FROM prey.notes n JOIN prey.tags t ON t.note_id = '{id}'"),
    (
        "others' ids",
        true,
        Stopped,
        "SELECT x.* FROM prey.notes n, LATERAL (SELECT * FROM prey.notes m WHERE m.id = '{id}') x",
    ),
    (
        "others' ids",
        true,
        Stopped,
        "WITH RECURSIVE r AS (SELECT id FROM prey.notes WHERE id = '{id}' UNION SELECT note_id FROM prey.tags) SELECT n.* FROM r JOIN prey.notes n USING (id) WHERE n.id = '{id}'",
    ),
    (
        "others' ids",
        true,
        Stopped,
        "WITH gone AS (DELETE FROM prey.tags WHERE note_id = '{id}' RETURNING *) SELECT * FROM gone",
    ),
    ("others' ids", true, Stopped, "SELECT * FROM prey.notes WHERE id = '{id}' FOR UPDATE"),
    (
        "others' ids",
        true,
        Stopped,
        "SELECT (SELECT body FROM prey.notes WHERE id = '{id}') WHERE EXISTS (SELECT FROM prey.notes WHERE id = '{id}')",
    ),
    (
        "others' ids",
        true,
        Stopped,
        "SELECT * FROM ROWS FROM (jsonb_populate_recordset(NULL::prey.notes, '[]')) r JOIN prey.notes n ON n.id = '{id}'",
    ),
    ("writes", true, Stopped, "UPDATE prey.notes SET body = 'x' WHERE id = '{id}' RETURNING *"),
    (
        "writes",
        true,
        Stopped,
        "UPDATE prey.notes n SET body = m.body FROM prey.notes m WHERE m.id = '{id}' RETURNING n.*",
    ),
    ("writes", true, Stopped, "UPDATE prey.notes SET tenant_id = '{them}'"),
    ("writes", true, Stopped, "UPDATE prey.notes SET id = '{id}'"),
    ("writes", true, Stopped, "DELETE FROM prey.notes WHERE id = '{id}' RETURNING *"),
    ("writes", true, Stopped, "DELETE FROM prey.tags USING prey.notes n WHERE n.id = '{id}' RETURNING *"),
    ("writes", true, Stopped, "INSERT INTO prey.notes (tenant_id, slug, body) VALUES ('{them}', 'new', 'x')"),
    (
        "writes",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, slug, body) VALUES ('{them}', '{slug}', 'x')",
    ),
    (
        "writes",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, id, slug, body) VALUES ('{them}', '{id}', 'new', 'x')",
    ),
    (
        "writes",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, slug, body) SELECT tenant_id, 'copied', body FROM prey.notes WHERE id = '{id}'",
    ),
    (
        "writes",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, id, slug, body) VALUES ('{me}', '{id}', '{slug}', 'an id of theirs is free')",
    ),
    (
        "merge",
        true,
        Stopped,
        "MERGE INTO prey.notes n USING (VALUES ('{id}'::uuid)) v (id) ON n.id = v.id WHEN MATCHED THEN UPDATE SET body = 'x'",
    ),
    (
        "merge",
        true,
        Stopped,
        "MERGE INTO prey.notes n USING (VALUES ('{id}'::uuid)) v (id) ON n.id = v.id WHEN MATCHED THEN DELETE",
    ),
    (
        "merge",
        true,
        Stopped,
        "MERGE INTO prey.notes n USING (VALUES ('{id}'::uuid)) v (id) ON n.id = v.id WHEN NOT MATCHED THEN INSERT (tenant_id, id, slug, body) VALUES ('{them}', v.id, 'new', 'x')",
    ),
    (
        "on conflict",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, id, slug, body) VALUES ('{them}', '{id}', 'new', 'x') ON CONFLICT DO NOTHING",
    ),
    (
        "on conflict",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, id, slug, body) VALUES ('{them}', '{id}', 'new', 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET body = 'x'",
    ),
    (
        "on conflict",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, id, slug, body) VALUES ('{them}', '{id}', 'new', 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET body = 'x' WHERE prey.loud(notes.body)",
    ),
    (
        "on conflict",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, slug, body) VALUES ('{them}', '{slug}', 'x') ON CONFLICT (tenant_id, slug) DO UPDATE SET body = 'x' WHERE (notes.body::integer) = 1",
    ),
    (
        "on conflict",
        true,
        Stopped,
        "INSERT INTO prey.notes (tenant_id, slug, body) VALUES ('{me}', '{slug}', 'x') ON CONFLICT (tenant_id, slug) DO UPDATE SET body = notes.body RETURNING *",
    ),
    ("copy", true, Stopped, "COPY prey.notes (tenant_id, slug, body) FROM STDIN"),
    ("copy", true, Stopped, "COPY prey.notes FROM '/etc/passwd'"),
    ("copy", true, Stopped, "COPY prey.notes TO PROGRAM 'cat'"),
    ("foreign keys", true, Stopped, "INSERT INTO prey.tags (tenant_id, note_id) VALUES ('{me}', '{id}')"),
    ("foreign keys", true, Stopped, "INSERT INTO prey.tags (tenant_id, note_id) VALUES ('{them}', '{id}')"),
    ("foreign keys", true, Stopped, "UPDATE prey.tags SET note_id = '{id}'"),
    ("foreign keys", true, Stopped, "DELETE FROM prey.notes WHERE id = '{id}'"),
    (
        "foreign keys",
        true,
        Stopped,
        "CREATE TEMP TABLE probe (t uuid, n uuid, FOREIGN KEY (t, n) REFERENCES prey.notes (tenant_id, id))",
    ),
    ("roles", true, Stopped, "SET ROLE tenancy_owner"),
    ("roles", true, Stopped, "SET SESSION AUTHORIZATION tenancy_owner"),
    ("roles", true, Stopped, "SELECT set_config('role', 'tenancy_owner', true)"),
    ("roles", true, Stopped, "SET ROLE tenancy_app; SELECT * FROM prey.notes WHERE id = '{id}'"),
    (
        "roles",
        true,
        Stopped,
        "RESET ROLE; RESET SESSION AUTHORIZATION; SELECT * FROM prey.notes WHERE id = '{id}'",
    ),
    ("roles", true, Stopped, "GRANT tenancy_owner TO CURRENT_USER"),
    ("roles", true, Stopped, "ALTER ROLE CURRENT_USER BYPASSRLS"),
    ("roles", true, Stopped, "CREATE ROLE attacker SUPERUSER"),
    ("settings", true, Stopped, "SET LOCAL row_security = off; SELECT * FROM prey.notes"),
    ("settings", true, Stopped, "SET session_replication_role = replica"),
    (
        "settings",
        true,
        Stopped,
        "SET LOCAL search_path = pg_temp, prey; SELECT * FROM notes WHERE id = '{id}'",
    ),
    ("ddl", true, Stopped, "ALTER TABLE prey.notes DISABLE ROW LEVEL SECURITY"),
    ("ddl", true, Stopped, "ALTER TABLE prey.notes NO FORCE ROW LEVEL SECURITY"),
    ("ddl", true, Stopped, "DROP POLICY tenancy_bound ON prey.notes"),
    ("ddl", true, Stopped, "ALTER POLICY tenancy_bound ON prey.notes USING (true)"),
    ("ddl", true, Stopped, "CREATE POLICY open ON prey.notes USING (true)"),
    (
        "ddl",
        true,
        Stopped,
        "CREATE TRIGGER t BEFORE INSERT ON prey.notes FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    ("ddl", true, Stopped, "CREATE RULE r AS ON SELECT TO prey.notes DO INSTEAD SELECT * FROM prey.logs"),
    ("ddl", true, Stopped, "TRUNCATE prey.notes CASCADE"),
    ("ddl", true, Stopped, "CREATE VIEW prey.mine AS SELECT * FROM prey.notes"),
    (
        "ddl",
        true,
        Stopped,
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql RETURN '{them}'::uuid",
    ),
    (
        "ddl",
        true,
        Stopped,
        "CREATE OR REPLACE FUNCTION prey.loud(text) RETURNS boolean LANGUAGE sql RETURN true",
    ),
    ("ddl", true, Stopped, "ALTER DOMAIN tenancy.bound DROP CONSTRAINT one_tenant_per_transaction"),
    ("ddl", true, Stopped, "COMMENT ON TABLE prey.notes IS 'x'"),
    ("ddl", true, Stopped, "ALTER TABLE prey.logs DETACH PARTITION prey.logs_1"),
    ("ddl", true, Stopped, "CREATE TABLE public.mine (LIKE prey.notes)"),
    ("ddl", true, Stopped, "SELECT tenancy.maintenance('prey.notes')"),
    (
        "temporary objects",
        true,
        Stopped,
        "CREATE TEMP TABLE notes AS SELECT * FROM prey.notes WHERE id = '{id}'; TABLE notes",
    ),
    (
        "temporary objects",
        true,
        Stopped,
        "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$SELECT '{them}'$$; SET LOCAL search_path = pg_temp, pg_catalog; SELECT * FROM prey.notes WHERE id = '{id}'",
    ),
    (
        "temporary objects",
        true,
        Stopped,
        "CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT true'",
    ),
    (
        "temporary objects",
        true,
        Stopped,
        "CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.always); SET LOCAL search_path = pg_temp, pg_catalog; SELECT * FROM prey.notes WHERE tenant_id = '{them}'::uuid AND slug = '{slug}'",
    ),
    (
        "temporary objects",
        true,
        Stopped,
        "CREATE TEMP VIEW mine AS SELECT * FROM prey.notes WHERE id = '{id}'; SELECT * FROM mine",
    ),
    ("parts", true, Stopped, "SELECT * FROM prey.logs_1"),
    ("parts", true, Stopped, "SELECT * FROM ONLY prey.logs"),
    ("parts", true, Stopped, "INSERT INTO prey.logs_1 VALUES (3, '{them}', 'x')"),
    ("parts", true, Stopped, "SELECT * FROM prey.logs WHERE tenant_id = '{them}'"),
    ("parts", true, Stopped, "UPDATE prey.logs SET line = 'x' WHERE tenant_id = '{them}'"),
    ("views and functions", true, Stopped, "SELECT * FROM prey.bodies WHERE id = '{id}'"),
    ("views and functions", true, Stopped, "SELECT * FROM prey.owned WHERE id = '{id}'"),
    ("views and functions", false, Stopped, "SELECT * FROM prey.owned"),
    ("views and functions", true, Stopped, "SELECT * FROM prey.definer() WHERE id = '{id}'"),
    ("views and functions", false, Stopped, "SELECT * FROM prey.definer()"),
    ("leaky functions", true, Stopped, "SELECT * FROM prey.notes WHERE prey.loud(body) AND id = '{id}'"),
    ("leaky functions", true, Stopped, "SELECT * FROM prey.notes WHERE id = '{id}' AND body::integer > 0"),
    (
        "leaky functions",
        true,
        Stopped,
        "SELECT * FROM prey.notes WHERE id = '{id}' AND 1 / (length(body) - length(body)) > 0",
    ),
    ("leaky functions", true, Stopped, "SELECT * FROM prey.bodies WHERE id = '{id}' AND body::integer > 0"),
    (
        "leaky functions",
        true,
        Stopped,
        "SELECT * FROM prey.notes ORDER BY CASE WHEN id = '{id}' THEN body::integer END LIMIT 0",
    ),
    (
        "statistics",
        true,
        Stopped,
        "SELECT * FROM pg_stats WHERE schemaname = 'prey' AND most_common_vals::text LIKE '%secret%'",
    ),
    ("statistics", true, Stopped, "SELECT * FROM pg_catalog.pg_statistic"),
    ("statistics", true, Stopped, "SELECT * FROM pg_stats_ext WHERE schemaname = 'prey'"),
    (
        "statistics",
        true,
        Shared,
        "SELECT relname, reltuples FROM pg_class WHERE oid = 'prey.notes'::regclass",
    ),
    ("statistics", true, Shared, "SELECT pg_relation_size('prey.notes')"),
    ("statistics", true, Shared, "EXPLAIN SELECT * FROM prey.notes"),
    (
        "cursors",
        true,
        Stopped,
        "DECLARE c CURSOR FOR SELECT * FROM prey.notes; SELECT set_config('app.tenant_id', '', true); FETCH ALL FROM c",
    ),
    (
        "cursors",
        true,
        Stopped,
        "DECLARE c CURSOR FOR SELECT * FROM prey.notes ORDER BY slug DESC; FETCH 1 FROM c; SELECT set_config('app.tenant_id', '{them}', true); FETCH ALL FROM c",
    ),
    (
        "cursors",
        true,
        Sealed,
        "DECLARE c CURSOR FOR SELECT * FROM prey.notes WHERE slug = 'theirs'; SELECT set_config('app.tenant_id', '{them}', true); FETCH ALL FROM c",
    ),
    ("savepoints", true, Stopped, "SAVEPOINT s; SELECT '{them}'::uuid::tenancy.bound"),
    (
        "savepoints",
        true,
        Stopped,
        "SAVEPOINT s; SET LOCAL app.tenant_id = ''; ROLLBACK TO s; SELECT * FROM prey.notes WHERE id = '{id}'",
    ),
    ("binding", true, Stopped, "SELECT * FROM prey.notes WHERE tenant_id = '{them}'::uuid::tenancy.bound"),
    ("binding", true, Stopped, "SELECT NULL::uuid::tenancy.bound"),
    ("binding", true, Stopped, "SELECT '00000000-0000-0000-0000-000000000000'::uuid::tenancy.bound"),
    ("binding", true, Stopped, "RESET app.tenant_id; SELECT * FROM prey.notes"),
    ("binding", true, Stopped, "COMMIT; SELECT * FROM prey.notes"),
    ("binding", true, Stopped, "COMMIT AND CHAIN; SELECT * FROM prey.notes"),
    ("binding", true, Stopped, "ROLLBACK AND CHAIN; SELECT * FROM prey.notes"),
    ("binding", true, Stopped, "CREATE TEMP TABLE t (b tenancy.bound)"),
    (
        "binding",
        true,
        Sealed,
        "SELECT set_config('app.tenant_id', '{them}', true); SELECT * FROM prey.notes WHERE slug = 'theirs'",
    ),
    (
        "binding",
        true,
        Sealed,
        "SET LOCAL app.tenant_id = '{them}'; SELECT * FROM prey.notes WHERE slug = 'theirs'",
    ),
    (
        "binding",
        true,
        Sealed,
        "COMMIT; BEGIN; SET LOCAL app.tenant_id = '{them}'; SELECT * FROM prey.notes WHERE slug = 'theirs'",
    ),
    (
        "binding",
        false,
        Sealed,
        "BEGIN; SELECT '{them}'::uuid::tenancy.bound; SELECT * FROM prey.notes WHERE slug = 'theirs'",
    ),
    (
        "binding",
        true,
        Sealed,
        "WITH b AS MATERIALIZED (SELECT set_config('app.tenant_id', '{them}', true)) SELECT * FROM b, LATERAL (SELECT query_to_xml('SELECT * FROM prey.notes WHERE slug = ''theirs''', true, false, '')) x",
    ),
    (
        "prepared statements",
        true,
        Stopped,
        "PREPARE p AS SELECT * FROM prey.notes WHERE slug = 'theirs'; EXECUTE p",
    ),
    (
        "prepared statements",
        true,
        Stopped,
        "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE q (uuid) AS SELECT * FROM prey.notes WHERE id = $1; EXECUTE q ('{id}')",
    ),
    (
        "prepared statements",
        true,
        Stopped,
        "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE r AS SELECT * FROM prey.notes; EXECUTE r; COMMIT; EXECUTE r",
    ),
    (
        "procedures",
        true,
        Stopped,
        "DO $$ BEGIN PERFORM * FROM prey.notes WHERE id = '{id}'; IF FOUND THEN RAISE 'found'; END IF; END $$",
    ),
    ("procedures", false, Stopped, "CALL prey.commits()"),
    ("files", true, Stopped, "SELECT pg_read_file('postgresql.conf')"),
    ("files", true, Stopped, "SELECT lo_import('/etc/passwd')"),
    ("files", true, Stopped, "CREATE EXTENSION dblink"),
    ("files", true, Stopped, "CREATE FOREIGN DATA WRAPPER w"),
    ("files", true, Stopped, "LOAD 'auto_explain'"),
    ("shared", true, Shared, "SELECT 1 WHERE lo_create(0) > 0"),
    ("shared", true, Shared, "SELECT pid FROM pg_stat_activity WHERE usename = current_user LIMIT 1"),
    ("shared", true, Shared, "SELECT 1 FROM pg_advisory_xact_lock(1)"),
    ("shared", true, Shared, "NOTIFY everybody, 'hello'"),
    ("shared", true, Shared, "LOCK TABLE prey.notes IN ACCESS EXCLUSIVE MODE"),
    ("shared", true, Stopped, "VACUUM prey.notes"),
    ("shared", true, Stopped, "SELECT pg_reload_conf()"),
];

/// Reviewed: every attack, and how it ended on this major version of PostgreSQL. Versions that answer otherwise stand in
/// [`DIFFERS`].
#[tokio::test]
async fn every_attack_ends_as_reviewed() {
    let mut prey = Prey::new().await;
    let (theirs, nobodys) = (prey.id, Uuid::new_v4());
    let mut list = String::new();
    let (mut alike, mut reached) = (Vec::new(), Vec::new());
    for &(topic, bound, class, sql) in ATTACKS {
        let outcome = prey.attack(bound, sql, theirs, "theirs").await;
        let nothing = prey.attack(bound, sql, nobodys, "nobodys").await;
        if outcome != nothing {
            alike.push(format!("{sql}: {outcome}, and where there is nothing: {nothing}"));
        }
        let reaches = outcome.contains("LEAKS") || outcome.contains("CHANGED");
        if reaches != (class == Sealed) {
            reached.push(format!("{topic}: {sql}: {outcome}"));
        }
        let class = match class {
            Stopped => "",
            Sealed => " [needs a sealed binding]",
            Shared => " [shared by the tenants of a login]",
        };
        let who = if bound { "bound" } else { "unbound" };
        let _ = writeln!(list, "{topic}, {who}: {sql}\n    {outcome}{class}");
    }
    assert!(reached.is_empty(), "these are of another class:\n{}", reached.join("\n"));
    assert!(alike.is_empty(), "these tell whether a row exists:\n{}", alike.join("\n"));
    insta::assert_snapshot!(list);
}

/// `MERGE … RETURNING` is of PostgreSQL 17, and a mistake in the syntax before.
#[tokio::test]
async fn a_merge_that_returns_shows_no_other_tenant() {
    let mut prey = Prey::new().await;
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut prey.superuser)
        .await
        .expect("a number");
    let (theirs, nobodys) = (prey.id, Uuid::new_v4());
    for (action, expected) in [
        ("WHEN MATCHED THEN UPDATE SET body = n.body RETURNING n.*", "0 affected"),
        ("WHEN MATCHED THEN DELETE RETURNING merge_action(), n.*", "0 affected"),
        (
            "WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED BY SOURCE THEN DO NOTHING RETURNING n.*",
            "0 affected",
        ),
        (
            "WHEN NOT MATCHED THEN INSERT (tenant_id, id, slug, body) VALUES ('{them}', v.id, 'new', 'x') RETURNING n.*",
            "42501",
        ),
    ] {
        let sql =
            format!("MERGE INTO prey.notes n USING (VALUES ('{{id}}'::uuid)) v (id) ON n.id = v.id {action}");
        let expected = if version < 170_000 { "42601" } else { expected };
        for bound in [true, false] {
            for id in [theirs, nobodys] {
                assert_eq!(prey.attack(bound, &sql, id, "theirs").await, expected, "{action}");
            }
        }
    }
}
