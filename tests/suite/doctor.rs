//! The doctor: a sound database is clean; each check is fired by breaking that one thing, says so, and its own mend makes
//! the database clean again.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use tenancy::doctor::{Accepted, Doctor, Report};
use tenancy::prelude::*;
use tenancy::schema::{Code, Severity};
use tenancy_testkit::{TestAuthority, TestDb};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::common::run;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "clinic.boards", unique(slug), index(note))]
pub struct Board {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
    pub note: Option<String>,
    #[tenancy(generated)]
    pub made: i32,
}

#[derive(Debug, TenantScoped)]
#[tenancy(table = "clinic.cards", insert = "CardOfBoard")]
pub struct Card {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Board, on_delete = "set null")]
    pub board_id: Option<Uuid>,
}

#[derive(Debug, TenantScoped)]
#[tenancy(table = "clinic.events")]
pub struct Event {
    #[tenancy(id)]
    pub day: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

/// What visitors read.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "clinic.notices", public_read)]
pub struct Notice {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub text: String,
}

tenancy::schema! {
    /// With a runtime role of its own: the doctor looks at every member, and other tests make bad ones.
    pub CLINIC: [Board, Card, Event, Notice], retired: ["clinic.old"], runtime_role: "tenancy_clinic"
}

const TABLES: &str = "
    CREATE SCHEMA clinic;
    CREATE TABLE clinic.boards (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, slug text NOT NULL, note text,
      made integer NOT NULL DEFAULT 1);
    CREATE TABLE clinic.cards (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, board_id uuid);
    CREATE TABLE clinic.events (day integer, tenant_id uuid) PARTITION BY RANGE (day);
    CREATE TABLE clinic.events_1 PARTITION OF clinic.events FOR VALUES FROM (0) TO (10);
    CREATE TABLE clinic.notices (id uuid DEFAULT gen_random_uuid(), tenant_id uuid, text text NOT NULL);
    CREATE TABLE clinic.old (tenant_id uuid);
    CREATE TABLE clinic.countries (code text PRIMARY KEY);
";

/// The runtime role belongs to the server, and the doctor of one test would find the logins of another.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A database as the documentation makes one: an owner that cannot log in, a login in the runtime role, provisioned.
struct Clinic {
    _alone: MutexGuard<'static, ()>,
    db: TestDb,
    superuser: PgConnection,
    login: String,
    owner: String,
}

impl Clinic {
    async fn new() -> Self {
        let alone = ALONE.lock().await;
        let db = TestDb::new().await;
        let mut superuser = db.connect_as_superuser().await;
        let (login, owner) = (format!("{}_login", db.name()), format!("{}_owner", db.name()));
        let provision = CLINIC.provision_sql().expect("a schema that holds");
        let roles = format!(
            "CREATE ROLE {owner} NOLOGIN; CREATE ROLE {login} LOGIN PASSWORD 'clinic'; GRANT tenancy_clinic TO {login}; \
             GRANT CREATE ON DATABASE {} TO {owner}",
            db.name()
        );
        run(&mut superuser, &provision).await.expect("provisioned");
        run(&mut superuser, &roles).await.expect("roles");
        let tables = format!("BEGIN; SET LOCAL ROLE {owner}; {TABLES}");
        run(&mut superuser, &tables).await.expect("tables");
        run(&mut superuser, &CLINIC.sql().expect("a schema that holds")).await.expect("emitted");
        run(&mut superuser, "COMMIT").await.expect("committed");
        run(&mut superuser, &provision).await.expect("provisioned again, with the guard");
        Self { _alone: alone, db, superuser, login, owner }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{login}", &self.login).replace("{owner}", &self.owner).replace("{db}", self.db.name())
    }

    /// What is found, but for the server's own patch level and other tests' logins.
    async fn examine(&mut self) -> Report {
        let mut report = Doctor::new(&CLINIC)
            .expect("a schema that holds")
            .__at_version(990_000)
            .examine(&mut self.superuser)
            .await
            .expect("examined");
        report
            .findings
            .retain(|found| found.code != "R11-OTHER-BYPASS" || found.object.starts_with(self.db.name()));
        report
    }

    async fn found(&mut self) -> Vec<String> {
        self.examine()
            .await
            .findings
            .into_iter()
            .map(|found| format!("{} {}", found.code, found.object))
            .collect()
    }

    /// Roles belong to the server.
    async fn close(mut self) {
        let drop = self.fill(
            "DROP EVENT TRIGGER IF EXISTS tenancy_guard; REASSIGN OWNED BY {owner}, {login} TO CURRENT_USER; DROP OWNED BY {owner}, {login}; DROP ROLE {owner}; DROP ROLE {login}",
        );
        run(&mut self.superuser, "ROLLBACK; RESET ALL; RESET ROLE").await.expect("no transaction");
        run(&mut self.superuser, &drop).await.expect("roles go");
        self.superuser.close().await.expect("closed");
    }
}

/// What mends a break.
enum Mend {
    /// What the findings print.
    Printed,
    /// SQL cannot know what was meant, or a test must not do it to its server.
    By(&'static str),
}
use Mend::{By, Printed};

/// A break by the superuser, what is found (`code object`, one a line), and how it is mended.
const BREAKS: &[(&str, &str, Mend)] = &[
    // Roles.
    ("ALTER ROLE {login} SUPERUSER", "R01-SUPER {login}", Printed),
    ("ALTER ROLE {login} BYPASSRLS", "R02-BYPASSRLS {login}", Printed),
    ("ALTER ROLE {login} REPLICATION", "R03-ROLE-ATTR {login}", Printed),
    ("ALTER ROLE {login} CREATEDB", "R04-CREATEDB {login}", Printed),
    (
        "GRANT pg_read_all_stats TO {login}",
        "R05-PREDEFINED pg_read_all_stats\nR06-MEMBER pg_read_all_stats",
        Printed,
    ),
    ("CREATE ROLE {db}_more; GRANT {db}_more TO {login}", "R06-MEMBER {db}_more", By("DROP ROLE {db}_more")),
    (
        "ALTER TABLE clinic.cards OWNER TO {login}",
        "P11-OWNER clinic.cards\nR07-OWNS clinic.cards\nR10-OWNER-LOGIN {login}",
        By("ALTER TABLE clinic.cards OWNER TO {owner}"),
    ),
    (
        "ALTER SCHEMA clinic OWNER TO {login}",
        "R08-OWNS-SCHEMA clinic",
        By("ALTER SCHEMA clinic OWNER TO {owner}"),
    ),
    ("ALTER DATABASE {db} OWNER TO {login}", "R09-OWNS-DB {db}", Printed),
    ("ALTER ROLE {owner} LOGIN", "R10-OWNER-LOGIN {owner}", Printed),
    (
        "CREATE ROLE {db}_backup LOGIN BYPASSRLS; GRANT CONNECT ON DATABASE {db} TO {db}_backup",
        "R11-OTHER-BYPASS {db}_backup",
        Printed,
    ),
    // Foundation.
    (
        "CREATE OR REPLACE FUNCTION tenancy.owner_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE \
         SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN current_setting(''app.tenant_id'')::uuid; END'",
        "B03-FUNCTION tenancy.owner_tenant()",
        Printed,
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE \
         RETURN nullif(current_setting('app.other', true), '')::uuid",
        "B03-FUNCTION tenancy.current_tenant()\nB05-BEHAVIOUR tenancy.bound",
        Printed,
    ),
    (
        "ALTER DOMAIN tenancy.bound DROP CONSTRAINT one_tenant_per_transaction",
        "B02-DOMAIN tenancy.bound\nB05-BEHAVIOUR tenancy.bound",
        Printed,
    ),
    (
        "REVOKE EXECUTE ON FUNCTION tenancy.current_tenant() FROM tenancy_clinic",
        "B04-PRIVILEGE tenancy.current_tenant()",
        Printed,
    ),
    ("REVOKE USAGE ON SCHEMA tenancy FROM tenancy_clinic", "B04-PRIVILEGE tenancy", Printed),
    ("CREATE TABLE public.bound (tenant tenancy.bound)", "B06-DOMAIN-USED public.bound.tenant", Printed),
    (
        "CREATE TABLE public.bounds (tenants tenancy.bound[])",
        "B06-DOMAIN-USED public.bounds.tenants",
        By("DROP TABLE public.bounds"),
    ),
    ("CREATE TYPE public.pair AS (tenant tenancy.bound)", "B06-DOMAIN-USED public.pair.tenant", Printed),
    ("CREATE DOMAIN public.again AS tenancy.bound", "B06-DOMAIN-USED public.again", Printed),
    (
        "CREATE FUNCTION public.takes(tenancy.bound) RETURNS integer LANGUAGE sql RETURN 1",
        "B06-DOMAIN-USED public.takes(tenancy.bound)",
        Printed,
    ),
    ("GRANT USAGE ON TYPE tenancy.bound TO PUBLIC", "B07-DOMAIN-USAGE tenancy.bound", Printed),
    (
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
        "B08-SETTING-FUNCTION set_config(text,text,boolean)",
        Printed,
    ),
    ("ALTER TABLE tenancy.lifted DISABLE TRIGGER \"Put_back\"", "B09-MAINTENANCE tenancy.lifted", Printed),
    (
        "DROP FUNCTION tenancy.maintenance(regclass[])",
        "B09-MAINTENANCE tenancy.maintenance(regclass[])",
        Printed,
    ),
    ("GRANT INSERT ON tenancy.emitted TO PUBLIC", "B10-INTERNAL tenancy.emitted", Printed),
    // Tables.
    (
        "ALTER EVENT TRIGGER tenancy_guard DISABLE",
        "C05-NO-GUARD {db}",
        By("ALTER EVENT TRIGGER tenancy_guard ENABLE"),
    ),
    (
        "ALTER EVENT TRIGGER tenancy_guard DISABLE; ALTER TABLE clinic.cards DISABLE ROW LEVEL SECURITY; \
         ALTER EVENT TRIGGER tenancy_guard ENABLE",
        "T01-RLS-OFF clinic.cards",
        Printed,
    ),
    (
        "ALTER EVENT TRIGGER tenancy_guard DISABLE; ALTER TABLE clinic.cards NO FORCE ROW LEVEL SECURITY; \
         ALTER EVENT TRIGGER tenancy_guard ENABLE",
        "T02-NOT-FORCED clinic.cards",
        Printed,
    ),
    ("ALTER TABLE clinic.events_1 DISABLE ROW LEVEL SECURITY", "T01b-RLS-OFF-CHILD clinic.events_1", Printed),
    (
        "ALTER TABLE clinic.events_1 DISABLE ROW LEVEL SECURITY; GRANT SELECT ON clinic.events_1 TO tenancy_clinic",
        "T12-PARTITION clinic.events_1",
        By(
            "ALTER TABLE clinic.events_1 ENABLE ROW LEVEL SECURITY; REVOKE ALL ON clinic.events_1 FROM tenancy_clinic",
        ),
    ),
    (
        "CREATE TABLE public.everything (LIKE clinic.cards); ALTER TABLE clinic.cards INHERIT public.everything; \
         GRANT SELECT ON public.everything TO tenancy_clinic",
        "T06-INHERIT public.everything",
        By("ALTER TABLE clinic.cards NO INHERIT public.everything; DROP TABLE public.everything"),
    ),
    (
        "ALTER TABLE clinic.cards RENAME TO other_cards",
        "F04-FK-FROM-GLOBAL cards_board_id_fkey on clinic.other_cards\nT00-NO-TABLE clinic.cards\nT13-UNKNOWN clinic.other_cards",
        By("ALTER TABLE clinic.other_cards RENAME TO cards"),
    ),
    (
        "ALTER TABLE clinic.events DROP CONSTRAINT events_pkey; ALTER TABLE clinic.events ALTER tenant_id DROP NOT NULL",
        "T04-NULLABLE clinic.events\nT09-NO-INDEX clinic.events\nT11-PRIMARY-KEY clinic.events",
        Printed,
    ),
    (
        "ALTER TABLE clinic.events DROP CONSTRAINT events_pkey; ALTER TABLE clinic.events ADD PRIMARY KEY (day, tenant_id)",
        // The break before has been mended by an index, too.
        "T11-PRIMARY-KEY clinic.events",
        Printed,
    ),
    (
        "ALTER TABLE clinic.events DROP CONSTRAINT events_pkey; ALTER TABLE clinic.events ADD more integer, \
         ADD PRIMARY KEY (tenant_id, day, more)",
        "K01-KEY events_pkey on clinic.events",
        Printed,
    ),
    (
        "CREATE TABLE clinic.new (tenant_id uuid); ALTER TABLE clinic.new DISABLE ROW LEVEL SECURITY",
        "T13-UNKNOWN clinic.new",
        Printed,
    ),
    (
        "CREATE TABLE clinic.newer (tenant_id uuid); GRANT SELECT ON clinic.newer TO tenancy_clinic",
        "T13-UNKNOWN clinic.newer",
        Printed,
    ),
    ("GRANT SELECT ON clinic.old TO tenancy_clinic", "T14-RETIRED clinic.old", Printed),
    ("GRANT SELECT ON clinic.countries TO tenancy_clinic", "T15-GLOBAL clinic.countries", Printed),
    (
        "CREATE RULE rewrites AS ON DELETE TO clinic.cards DO INSTEAD NOTHING",
        "T10-RULE clinic.cards",
        Printed,
    ),
    (
        "ALTER TABLE clinic.boards RENAME made TO other",
        "T16-COLUMN clinic.boards.made",
        By("ALTER TABLE clinic.boards RENAME other TO made"),
    ),
    ("ALTER TABLE clinic.boards ALTER made TYPE bigint", "T18-TYPE clinic.boards.made", Printed),
    (
        "ALTER TABLE clinic.boards ALTER note TYPE jsonb USING to_jsonb(note)",
        "T18-TYPE clinic.boards.note",
        Printed,
    ),
    // sqlx reads these as the field's type too.
    (
        "CREATE DOMAIN public.words AS varchar(80); ALTER TABLE clinic.boards ALTER note TYPE public.words",
        "",
        By("ALTER TABLE clinic.boards ALTER note TYPE text; DROP DOMAIN public.words"),
    ),
    ("ALTER TABLE clinic.boards ALTER made DROP NOT NULL", "T17-NULLABLE clinic.boards.made", Printed),
    // Policies.
    ("DROP POLICY tenancy_bound ON clinic.cards", "P01-NO-RESTRICTIVE clinic.cards", Printed),
    (
        "ALTER POLICY tenancy_bound ON clinic.cards WITH CHECK (true)",
        "P01-NO-RESTRICTIVE clinic.cards",
        Printed,
    ),
    ("DROP POLICY tenancy_allow ON clinic.cards", "P05-NO-PERMISSIVE clinic.cards", Printed),
    ("DROP POLICY tenancy_ask_owner ON clinic.cards", "P11-OWNER clinic.cards", Printed),
    ("ALTER POLICY tenancy_owner ON clinic.cards USING (true)", "P11-OWNER clinic.cards", Printed),
    ("CREATE POLICY more ON clinic.cards USING (true)", "P03-EXTRA clinic.cards", Printed),
    (
        "CREATE POLICY more ON clinic.cards USING (true); DROP POLICY tenancy_bound ON clinic.cards",
        "P01-NO-RESTRICTIVE clinic.cards\nP02-WIDENING clinic.cards",
        Printed,
    ),
    // Visitors.
    ("DROP POLICY tenancy_public ON clinic.notices", "P13-NO-PUBLIC clinic.notices", Printed),
    ("ALTER POLICY tenancy_public ON clinic.notices USING (true)", "P13-NO-PUBLIC clinic.notices", Printed),
    ("DROP POLICY tenancy_bound ON clinic.notices", "P01-NO-RESTRICTIVE clinic.notices", Printed),
    ("DROP POLICY tenancy_bound_update ON clinic.notices", "P01-NO-RESTRICTIVE clinic.notices", Printed),
    (
        "ALTER POLICY tenancy_bound_delete ON clinic.notices USING (true)",
        "P01-NO-RESTRICTIVE clinic.notices",
        Printed,
    ),
    (
        "DROP POLICY tenancy_bound_delete ON clinic.notices; CREATE POLICY tenancy_bound_delete ON clinic.notices \
         FOR DELETE USING (tenant_id = (SELECT tenancy.current_tenant()))",
        "P01-NO-RESTRICTIVE clinic.notices",
        Printed,
    ),
    // Of a table that is not theirs.
    (
        "ALTER POLICY tenancy_bound ON clinic.cards USING (tenant_id = (SELECT tenancy.readable_tenant()))",
        "P01-NO-RESTRICTIVE clinic.cards",
        Printed,
    ),
    (
        "CREATE POLICY tenancy_public ON clinic.cards FOR SELECT USING (tenant_id = (SELECT tenancy.readable_tenant()))",
        "P03-EXTRA clinic.cards",
        Printed,
    ),
    (
        "ALTER DOMAIN tenancy.bound_public DROP CONSTRAINT one_tenant_per_transaction",
        "B02-DOMAIN tenancy.bound_public",
        Printed,
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.readable_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE \
         RETURN nullif(current_setting('app.public_tenant_id', true), '')::uuid",
        "B03-FUNCTION tenancy.readable_tenant()",
        Printed,
    ),
    (
        "REVOKE EXECUTE ON FUNCTION tenancy.readable_tenant() FROM tenancy_clinic",
        "B04-PRIVILEGE tenancy.readable_tenant()",
        Printed,
    ),
    (
        "CREATE TABLE public.visited (tenant tenancy.bound_public)",
        "B06-DOMAIN-USED public.visited.tenant",
        Printed,
    ),
    ("GRANT USAGE ON TYPE tenancy.bound_public TO PUBLIC", "B07-DOMAIN-USAGE tenancy.bound_public", Printed),
    (
        "ALTER ROLE {login} SET app.public_tenant_id = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55'",
        "C01-DEFAULT-TENANT {login} in every database",
        Printed,
    ),
    (
        "ALTER ROLE {owner} SET app.public_tenant_id = 'x'",
        "C01-DEFAULT-TENANT {owner} in every database",
        Printed,
    ),
    (
        "CREATE FUNCTION public.v() RETURNS integer LANGUAGE sql SET app.public_tenant_id = 'x' AS 'SELECT 1'",
        "S07-BINDS public.v()",
        Printed,
    ),
    // Keys.
    (
        "ALTER TABLE clinic.boards DROP CONSTRAINT boards_tenant_id_slug_key",
        "K01-KEY boards_tenant_id_slug_key on clinic.boards",
        Printed,
    ),
    (
        "DROP INDEX clinic.boards_tenant_id_note_idx",
        "K02-INDEX boards_tenant_id_note_idx on clinic.boards",
        Printed,
    ),
    (
        "ALTER TABLE clinic.cards DROP CONSTRAINT cards_board_id_fkey",
        "K03-FOREIGN-KEY cards_board_id_fkey on clinic.cards",
        Printed,
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'clinic.boards_tenant_id_note_idx'::regclass",
        "K04-INVALID-INDEX clinic.boards_tenant_id_note_idx",
        Printed,
    ),
    (
        "ALTER TABLE clinic.boards ADD CONSTRAINT one UNIQUE (slug)",
        "U01-GLOBAL-UNIQUE clinic.one on clinic.boards",
        Printed,
    ),
    (
        "CREATE UNIQUE INDEX one ON clinic.boards (lower(slug))",
        "U02-GLOBAL-UNIQUE-EXPR clinic.one on clinic.boards",
        Printed,
    ),
    (
        "ALTER TABLE clinic.boards ADD UNIQUE (tenant_id, made), ADD UNIQUE (made, tenant_id); ALTER TABLE clinic.cards ADD made integer, \
         ADD CONSTRAINT crossing FOREIGN KEY (made, tenant_id) REFERENCES clinic.boards (made, tenant_id); \
         ALTER TABLE clinic.cards DROP CONSTRAINT crossing; ALTER TABLE clinic.boards ADD other uuid, ADD UNIQUE (tenant_id, other); \
         ALTER TABLE clinic.cards ADD CONSTRAINT crossing FOREIGN KEY (board_id, tenant_id) REFERENCES clinic.boards (tenant_id, other)",
        "F01-FK-CROSS crossing on clinic.cards",
        Printed,
    ),
    (
        "ALTER TABLE clinic.cards ADD CONSTRAINT nulls FOREIGN KEY (tenant_id, board_id) REFERENCES clinic.boards (tenant_id, id) ON DELETE SET NULL",
        "F02-FK-SETNULL nulls on clinic.cards",
        Printed,
    ),
    (
        "ALTER TABLE clinic.cards ADD CONSTRAINT carries FOREIGN KEY (tenant_id, board_id) REFERENCES clinic.boards (tenant_id, id) ON UPDATE CASCADE",
        "F03-FK-UPDATE carries on clinic.cards",
        Printed,
    ),
    (
        "CREATE TABLE public.outside (a uuid, b uuid, CONSTRAINT leaving FOREIGN KEY (a, b) REFERENCES clinic.boards (tenant_id, id))",
        "F04-FK-FROM-GLOBAL leaving on public.outside",
        Printed,
    ),
    (
        "ALTER TABLE clinic.cards DROP CONSTRAINT cards_board_id_fkey; ALTER TABLE clinic.cards ADD CONSTRAINT cards_board_id_fkey \
         FOREIGN KEY (tenant_id, board_id) REFERENCES clinic.boards (tenant_id, id) ON DELETE SET NULL (board_id) NOT VALID",
        "F05-FK-NOT-CHECKED cards_board_id_fkey on clinic.cards",
        Printed,
    ),
    // Views, functions, triggers.
    (
        "ALTER EVENT TRIGGER tenancy_guard DISABLE; CREATE VIEW clinic.seen AS SELECT * FROM clinic.boards; \
         ALTER EVENT TRIGGER tenancy_guard ENABLE",
        "V01-VIEW clinic.seen",
        Printed,
    ),
    (
        "CREATE VIEW public.seen AS SELECT * FROM clinic.boards; GRANT SELECT ON public.seen TO tenancy_clinic",
        "V04-OUTSIDE-VIEW public.seen",
        Printed,
    ),
    (
        "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM clinic.boards; GRANT SELECT ON public.kept TO tenancy_clinic",
        "V02-MATVIEW public.kept",
        By("DROP MATERIALIZED VIEW public.kept"),
    ),
    (
        "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM clinic.boards",
        "V03-MATVIEW public.kept",
        Printed,
    ),
    (
        "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1'",
        "S01-SECDEF-SUPER public.f()",
        Printed,
    ),
    (
        "CREATE FUNCTION public.g() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1'; \
         ALTER FUNCTION public.g() OWNER TO {owner}",
        "S02-SECDEF public.g()",
        Printed,
    ),
    (
        "CREATE FUNCTION public.h() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION public.h() OWNER TO {owner}",
        "S02-SECDEF public.h()\nS03-SECDEF-PATH public.h()",
        Printed,
    ),
    (
        "CREATE FUNCTION public.i(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
        "S04-LEAKPROOF public.i(text)",
        Printed,
    ),
    (
        "CREATE FUNCTION public.j(oid) RETURNS boolean LANGUAGE internal AS 'pg_table_is_visible'; \
         GRANT EXECUTE ON FUNCTION public.j(oid) TO tenancy_clinic",
        "S05-UNTRUSTED-LANG public.j(oid)",
        Printed,
    ),
    (
        "CREATE FUNCTION public.k() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER fires BEFORE INSERT ON clinic.cards FOR EACH ROW EXECUTE FUNCTION public.k()",
        "S06-TRIGGER-SECDEF fires on clinic.cards",
        Printed,
    ),
    (
        "CREATE FUNCTION public.l() RETURNS integer LANGUAGE sql SET app.tenant_id = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55' AS 'SELECT 1'",
        "S07-BINDS public.l()",
        Printed,
    ),
    // Privileges.
    ("GRANT TRUNCATE ON clinic.cards TO tenancy_clinic", "G01-TRUNCATE clinic.cards", Printed),
    ("GRANT TRIGGER ON clinic.cards TO tenancy_clinic", "G02-TRIGGER clinic.cards", Printed),
    ("GRANT REFERENCES (id) ON clinic.cards TO tenancy_clinic", "G03-REFERENCES clinic.cards", Printed),
    ("GRANT SELECT ON clinic.cards TO PUBLIC", "G04-PUBLIC clinic.cards", Printed),
    ("GRANT CREATE ON SCHEMA public TO tenancy_clinic", "G05-CREATE public", Printed),
    ("GRANT TEMPORARY ON DATABASE {db} TO PUBLIC", "G06-TEMP {db}", Printed),
    (
        "CREATE SEQUENCE clinic.numbers; GRANT USAGE ON SEQUENCE clinic.numbers TO tenancy_clinic",
        "G07-SEQUENCE clinic.numbers",
        Printed,
    ),
    (
        "ALTER TABLE clinic.cards ADD number integer GENERATED ALWAYS AS IDENTITY",
        "G08-SERIAL-ID clinic.cards.number",
        Printed,
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_cancel_backend(integer) TO tenancy_clinic",
        "G09-FUNCTION pg_cancel_backend(integer)",
        Printed,
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA clinic GRANT SELECT ON TABLES TO tenancy_clinic",
        "G10-DEFAULT-ACL clinic",
        Printed,
    ),
    (
        "CREATE VIEW public.pg_stat_statements AS SELECT 1 AS query; GRANT SELECT ON public.pg_stat_statements TO PUBLIC",
        "G11-STATS public.pg_stat_statements",
        Printed,
    ),
    ("ALTER ROLE {login} RESET track_activities", "G12-ACTIVITY {login}", Printed),
    ("REVOKE DELETE ON clinic.cards FROM tenancy_clinic", "G14-GRANT-MISSING clinic.cards", Printed),
    (
        "REVOKE INSERT (slug) ON clinic.boards FROM tenancy_clinic",
        "G14-GRANT-MISSING clinic.boards.slug",
        Printed,
    ),
    ("GRANT UPDATE (id) ON clinic.cards TO tenancy_clinic", "G15-GRANT-MORE clinic.cards.id", Printed),
    (
        "GRANT UPDATE (tenant_id) ON clinic.boards TO tenancy_clinic",
        "T08-UPDATABLE-TENANT clinic.boards",
        Printed,
    ),
    ("GRANT UPDATE ON clinic.cards TO tenancy_clinic", "T08-UPDATABLE-TENANT clinic.cards", Printed),
    // Settings, and what leads out.
    (
        "ALTER ROLE {login} SET app.tenant_id = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55'",
        "C01-DEFAULT-TENANT {login} in every database",
        Printed,
    ),
    (
        "SET app.tenant_id = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55'",
        "C02-LEAKED-GUC app.tenant_id",
        By("SET app.tenant_id = ''"),
    ),
    ("SET session_replication_role = replica", "C03-SETTING session_replication_role", Printed),
    (
        "SET lo_compat_privileges = on",
        "C07-SERVER-SETTING lo_compat_privileges",
        By("RESET lo_compat_privileges"),
    ),
    ("SET log_statement = 'all'", "C07-SERVER-SETTING log_statement", By("RESET log_statement")),
    ("CREATE PUBLICATION streamed FOR TABLE clinic.boards", "X01-PUBLICATION streamed", Printed),
    ("CREATE PUBLICATION whole FOR ALL TABLES", "X01-PUBLICATION whole", Printed),
    (
        "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere; \
         CREATE USER MAPPING FOR PUBLIC SERVER elsewhere",
        "X03-FDW elsewhere",
        Printed,
    ),
    (
        "BEGIN; CREATE TABLE public.pending (); PREPARE TRANSACTION '{db}_pending'",
        "X05-PREPARED-XACT {db}_pending",
        Printed,
    ),
    ("SELECT pg_create_logical_replication_slot('{db}_slot', 'pgoutput')", "X02-SLOT {db}_slot", Printed),
    ("SELECT lo_create(0)", "X04-LARGE-OBJECT pg_largeobject", Printed),
    // Of one login, by a grant that emission never makes, and of the parts of a table.
    (
        "CREATE POLICY wide ON clinic.events_1 USING (true); GRANT SELECT ON clinic.events_1 TO tenancy_clinic",
        "P02-WIDENING clinic.events_1\nT12-PARTITION clinic.events_1",
        Printed,
    ),
    (
        "CREATE POLICY wide ON clinic.events_1 USING (true); GRANT SELECT (day) ON clinic.events_1 TO {login}",
        "P02-WIDENING clinic.events_1\nT12-PARTITION clinic.events_1",
        Printed,
    ),
    ("CREATE POLICY wide ON clinic.events_1 USING (true)", "P03-EXTRA clinic.events_1", Printed),
    (
        "ALTER TABLE clinic.events_1 NO FORCE ROW LEVEL SECURITY",
        "T01b-RLS-OFF-CHILD clinic.events_1",
        Printed,
    ),
    ("GRANT TRUNCATE ON clinic.events_1 TO {login}", "G01-TRUNCATE clinic.events_1", Printed),
    ("GRANT TRIGGER ON clinic.events_1 TO tenancy_clinic", "G02-TRIGGER clinic.events_1", Printed),
    ("GRANT REFERENCES ON clinic.events_1 TO {login}", "G03-REFERENCES clinic.events_1", Printed),
    ("ALTER TABLE clinic.events_1 OWNER TO {login}", "R07-OWNS clinic.events_1", Printed),
    (
        "CREATE TABLE public.everything (LIKE clinic.cards); ALTER TABLE public.everything ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY wide ON public.everything USING (true); ALTER TABLE clinic.cards INHERIT public.everything; \
         GRANT SELECT ON public.everything TO {login}; GRANT TRUNCATE ON public.everything TO {login}",
        "G01-TRUNCATE public.everything\nP02-WIDENING public.everything\nT06-INHERIT public.everything",
        By("ALTER TABLE clinic.cards NO INHERIT public.everything; DROP TABLE public.everything"),
    ),
    (
        "CREATE UNIQUE INDEX one ON clinic.events_1 (day)",
        "U01-GLOBAL-UNIQUE clinic.one on clinic.events_1",
        Printed,
    ),
    (
        "CREATE FUNCTION public.m() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER fires BEFORE INSERT ON clinic.events_1 FOR EACH ROW EXECUTE FUNCTION public.m()",
        "S06-TRIGGER-SECDEF fires on clinic.events_1",
        Printed,
    ),
    (
        "CREATE RULE rewrites AS ON INSERT TO clinic.events_1 DO ALSO NOTHING",
        "T10-RULE clinic.events_1",
        Printed,
    ),
    ("CREATE PUBLICATION streamed FOR TABLE clinic.events_1", "X01-PUBLICATION streamed", Printed),
    (
        "CREATE VIEW public.part AS SELECT * FROM clinic.events_1; GRANT SELECT (day) ON public.part TO {login}",
        "V04-OUTSIDE-VIEW public.part",
        Printed,
    ),
    (
        "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM clinic.events_1; GRANT SELECT ON public.kept TO {login}",
        "V02-MATVIEW public.kept",
        By("DROP MATERIALIZED VIEW public.kept"),
    ),
    (
        "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM clinic.boards; ALTER MATERIALIZED VIEW public.kept OWNER TO {login}",
        "V02-MATVIEW public.kept",
        Printed,
    ),
    (
        "CREATE TABLE clinic.newest (tenant_id uuid); CREATE POLICY wide ON clinic.newest USING (true); GRANT SELECT ON clinic.newest TO {login}",
        "T13-UNKNOWN clinic.newest",
        Printed,
    ),
    (
        "CREATE TABLE clinic.own (tenant_id uuid); ALTER TABLE clinic.own OWNER TO {login}",
        "T13-UNKNOWN clinic.own",
        Printed,
    ),
    ("GRANT SELECT (tenant_id) ON clinic.old TO {login}", "T14-RETIRED clinic.old", Printed),
    ("GRANT INSERT ON clinic.countries TO {login}", "T15-GLOBAL clinic.countries", Printed),
    (
        "ALTER EVENT TRIGGER tenancy_guard DISABLE; CREATE FOREIGN DATA WRAPPER far; CREATE SERVER far FOREIGN DATA WRAPPER far; \
         CREATE FOREIGN TABLE clinic.far (tenant_id uuid) SERVER far; GRANT SELECT ON clinic.far TO {login}; \
         ALTER EVENT TRIGGER tenancy_guard ENABLE",
        "T07-FOREIGN clinic.far",
        Printed,
    ),
    (
        "CREATE FUNCTION public.n() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1'; \
         REVOKE ALL ON FUNCTION public.n() FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.n() TO {login}",
        "S01-SECDEF-SUPER public.n()",
        Printed,
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_terminate_backend TO {login}",
        "G09-FUNCTION pg_terminate_backend(integer,bigint)",
        Printed,
    ),
    ("GRANT CREATE ON SCHEMA public TO {login}", "G05-CREATE public", Printed),
    ("GRANT CREATE ON DATABASE {db} TO tenancy_clinic", "G05-CREATE {db}", Printed),
    ("GRANT TEMPORARY ON DATABASE {db} TO {login}", "G06-TEMP {db}", Printed),
    (
        "CREATE SEQUENCE clinic.more_numbers; GRANT USAGE ON SEQUENCE clinic.more_numbers TO {login}",
        "G07-SEQUENCE clinic.more_numbers",
        Printed,
    ),
    ("GRANT UPDATE (tenant_id) ON clinic.boards TO {login}", "T08-UPDATABLE-TENANT clinic.boards", Printed),
    ("GRANT UPDATE (id) ON clinic.cards TO {login}", "G15-GRANT-MORE clinic.cards.id", Printed),
    ("GRANT INSERT ON clinic.boards TO tenancy_clinic", "G15-GRANT-MORE clinic.boards", Printed),
    ("GRANT INSERT (made) ON clinic.boards TO tenancy_clinic", "G15-GRANT-MORE clinic.boards.made", Printed),
    (
        "GRANT SELECT ON clinic.cards TO tenancy_clinic WITH GRANT OPTION; GRANT UPDATE (board_id) ON clinic.cards TO tenancy_clinic WITH GRANT OPTION",
        "G16-GRANT-OPTION clinic.cards",
        Printed,
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA clinic GRANT SELECT ON TABLES TO {login}",
        "G10-DEFAULT-ACL clinic",
        Printed,
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {login}",
        "G10-DEFAULT-ACL every schema",
        Printed,
    ),
    ("GRANT SELECT ON pg_catalog.pg_statistic TO {login}", "G11-STATS pg_statistic", Printed),
    // Functions of ours that are no longer what was emitted.
    (
        "CREATE OR REPLACE FUNCTION tenancy.put_back() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp \
         AS 'BEGIN DELETE FROM tenancy.lifted; RETURN NULL; END'",
        "B03-FUNCTION tenancy.put_back()",
        Printed,
    ),
    (
        "ALTER FUNCTION tenancy.maintenance(regclass[]) SECURITY DEFINER",
        "B03-FUNCTION tenancy.maintenance(regclass[])",
        Printed,
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.maintenance(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql \
         SET search_path = pg_catalog, pg_temp AS 'BEGIN END'",
        "B03-FUNCTION tenancy.maintenance(regclass[])",
        Printed,
    ),
    (
        "GRANT EXECUTE ON FUNCTION tenancy.maintenance TO {login}",
        "B09-MAINTENANCE tenancy.maintenance(regclass[])",
        Printed,
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.guard() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp AS 'BEGIN END'",
        "B03-FUNCTION tenancy.guard()",
        Printed,
    ),
    (
        "DROP EVENT TRIGGER tenancy_guard; CREATE EVENT TRIGGER tenancy_guard ON ddl_command_end WHEN TAG IN ('ALTER VIEW') \
         EXECUTE FUNCTION tenancy.guard()",
        "C05-NO-GUARD {db}",
        Printed,
    ),
    (
        "ALTER FUNCTION tenancy.current_tenant() PARALLEL UNSAFE",
        "B03-FUNCTION tenancy.current_tenant()",
        Printed,
    ),
    (
        "CREATE FUNCTION tenancy.f() RETURNS integer LANGUAGE sql RETURN 1; CREATE VIEW tenancy.v AS SELECT 1 AS x; CREATE TYPE tenancy.t AS ENUM ()",
        "B11-STRANGER tenancy.f()\nB11-STRANGER tenancy.t\nB11-STRANGER tenancy.v",
        Printed,
    ),
    ("GRANT USAGE ON TYPE tenancy.bound TO {login}", "B07-DOMAIN-USAGE tenancy.bound", Printed),
    (
        "ALTER DOMAIN tenancy.bound ADD CONSTRAINT more CHECK (set_config('app.tenant_id', '', true) = '')",
        "B02-DOMAIN tenancy.bound\nB05-BEHAVIOUR tenancy.bound",
        Printed,
    ),
    (
        "ALTER POLICY tenancy_bound ON clinic.cards USING (true) WITH CHECK (true); CREATE POLICY wide ON clinic.cards USING (true)",
        "P01-NO-RESTRICTIVE clinic.cards\nP02-WIDENING clinic.cards",
        Printed,
    ),
    (
        "CREATE FUNCTION public.may() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true; \
         CREATE POLICY more ON clinic.cards AS RESTRICTIVE USING (public.may())",
        "P03-EXTRA clinic.cards\nP06-FN-VOLATILITY clinic.cards",
        By("DROP POLICY more ON clinic.cards; DROP FUNCTION public.may()"),
    ),
    (
        "CREATE FUNCTION public.o() RETURNS integer LANGUAGE sql SET row_security = off AS 'SELECT 1'; \
         CREATE FUNCTION public.p() RETURNS integer LANGUAGE sql SET role = 'postgres' AS 'SELECT 1'",
        "S08-SETS public.o()\nS08-SETS public.p()",
        Printed,
    ),
    (
        "ALTER ROLE {owner} IN DATABASE {db} SET app.tenant_id = 'x'",
        "C01-DEFAULT-TENANT {owner} in {db}",
        Printed,
    ),
    (
        "ALTER ROLE {login} NOINHERIT; \
         DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN EXECUTE 'GRANT tenancy_clinic TO {login} WITH INHERIT FALSE'; END IF; END $$",
        "R12-NOT-RUNTIME {login}",
        Printed,
    ),
    // PostgreSQL makes the constructors of a range type itself, in its language internal.
    ("CREATE TYPE public.spans AS RANGE (subtype = integer)", "", By("DROP TYPE public.spans")),
];

/// Not found in a database of every server. Each is fired by a test of its own.
const ELSEWHERE: [&str; 18] = [
    "A00-CROSS-ROLE", // these five: of danger::CrossTenant, cross_tenant.rs
    "A01-CROSS-LOGIN",
    "A02-CROSS-WRITES",
    "A03-CROSS-READS",
    "A04-AUDIT",
    "B01-NO-FOUNDATION", // everything that depends on it goes with it
    "C00-VERSION",
    "C04-VERSION-RLS",
    "C06-VERSION-CVE",
    "C08-SESSION",  // a connection's, not a database's
    "G13-MAINTAIN", // PostgreSQL 17: by itself below, and by the matrix
    "P12-ADOPTING", // adopt.rs
    "R00-NO-ROLE",
    "S09-SQL-FUNCTION", // of a schema that lists functions: verify.rs
    "T03-NO-TENANT-COL",
    "T05-TYPE",
    "T19-GLOBAL-WRITES", // of a schema that lists global tables: global.rs
    "T20-GLOBAL-RLS",    // the same
];

/// The codes that were fired.
async fn breaks_and_mends(
    clinic: &mut Clinic,
    sql: &str,
    expected: &str,
    mend: &Mend,
) -> Result<Vec<String>, String> {
    let broken = clinic.fill(sql);
    run(&mut clinic.superuser, &broken).await.map_err(|error| error.to_string())?;
    let mut findings = clinic.examine().await.findings;
    findings.retain(|found| !SOUND.contains(&format!("{} {}", found.code, found.object).as_str()));
    let mut found: Vec<_> = findings.iter().map(|found| format!("{} {}", found.code, found.object)).collect();
    let mut expected: Vec<_> = clinic.fill(expected).lines().map(str::to_owned).collect();
    found.sort();
    expected.sort();
    if found != expected {
        return Err(format!("found {found:?}, and not {expected:?}"));
    }
    let empty =
        |f: &&tenancy::schema::Finding| f.problem.is_empty() || f.meaning().is_empty() || f.mend.is_empty();
    if let Some(finding) = findings.iter().find(empty) {
        return Err(format!("says too little: {finding:?}"));
    }
    let mends: Vec<String> = match mend {
        Printed => findings
            .iter()
            .map(|finding| match finding.sql() {
                Some(sql) => Ok(sql.to_owned()),
                // Of this session alone, which is the one that runs it here.
                None if finding.code == "C03-SETTING" => Ok(finding.mend.clone()),
                None => Err(format!("no SQL: {}", finding.mend)),
            })
            .collect::<Result<_, _>>()?,
        By(mend) => vec![clinic.fill(mend)],
    };
    for mend in mends {
        run(&mut clinic.superuser, &mend).await.map_err(|error| format!("{mend}: {error}"))?;
    }
    match clinic.found().await {
        found if found == SOUND => {
            Ok(findings.into_iter().map(|finding| finding.code.into_owned()).collect())
        }
        found => Err(format!("mended, and there is {found:?}")),
    }
}

#[tokio::test]
async fn each_break_is_found_and_its_mend_mends() {
    let mut clinic = Clinic::new().await;
    assert_eq!(clinic.found().await, SOUND, "as emitted and provisioned");
    let mut fired = BTreeSet::new();
    let mut failures = Vec::new();
    for (sql, expected, mend) in BREAKS {
        match breaks_and_mends(&mut clinic, sql, expected, mend).await {
            Ok(codes) => fired.extend(codes),
            Err(failure) => {
                failures.push(format!("{sql}\n    {failure}"));
                clinic.close().await;
                clinic = Clinic::new().await;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), BREAKS.len(), failures.join("\n"));
    clinic.close().await;
    let known: BTreeSet<_> = Code::all().iter().map(|code| code.code.to_owned()).collect();
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|code| (*code).to_owned()).collect();
    let unknown: Vec<_> = fired.difference(&known).collect();
    assert!(unknown.is_empty(), "codes that nobody explains: {unknown:?}");
    let never: Vec<_> =
        known.iter().filter(|code| !fired.contains(*code) && !elsewhere.contains(*code)).collect();
    assert!(never.is_empty(), "codes that no test fires: {never:?}");
    let twice: Vec<_> = elsewhere.intersection(&fired).collect();
    assert!(twice.is_empty(), "fired here, and said to be fired elsewhere: {twice:?}");
}

/// The testkit's server allows prepared transactions, for a check of the doctor's own.
const SOUND: [&str; 1] = ["C07-SERVER-SETTING max_prepared_transactions"];

async fn codes(clinic: &mut Clinic, doctor: &Doctor) -> Vec<String> {
    let report = doctor.examine(&mut clinic.superuser).await.expect("examined");
    let codes = report.findings.into_iter().map(|found| found.code.into_owned());
    codes.filter(|code| code != "C07-SERVER-SETTING" && code != "R11-OTHER-BYPASS").collect()
}

/// CVEs by version: each boundary from both sides.
#[tokio::test]
async fn versions_that_lack_fixes() {
    let mut clinic = Clinic::new().await;
    let at = |version| Doctor::new(&CLINIC).expect("a schema that holds").__at_version(version);
    for (version, expected) in [
        (140_023, &["C00-VERSION"][..]),
        (150_000, &["C04-VERSION-RLS", "C06-VERSION-CVE"]),
        (150_013, &["C04-VERSION-RLS", "C06-VERSION-CVE"]),
        (150_014, &["C06-VERSION-CVE"]),
        (150_019, &["C06-VERSION-CVE"]),
        (150_020, &[]),
        (160_009, &["C04-VERSION-RLS", "C06-VERSION-CVE"]),
        (160_010, &["C06-VERSION-CVE"]),
        (160_016, &[]),
        (170_005, &["C04-VERSION-RLS", "C06-VERSION-CVE"]),
        (170_006, &["C06-VERSION-CVE"]),
        (170_012, &[]),
        (180_000, &["C06-VERSION-CVE"]),
        (180_006, &["C06-VERSION-CVE"]),
        (180_007, &[]),
        (190_000, &[]),
    ] {
        assert_eq!(codes(&mut clinic, &at(version)).await, expected, "{version}");
    }
    clinic.close().await;
}

/// Where there is nothing yet, or nothing left, the doctor says so and does not fail.
#[tokio::test]
async fn a_database_without_any_of_it() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_superuser().await;
    let doctor = Doctor::new(&CLINIC).expect("a schema that holds").__at_version(990_000);
    let found = |report: Report| -> BTreeSet<String> {
        report.findings.into_iter().map(|found| found.code.into_owned()).collect()
    };
    let nothing = found(doctor.examine(&mut superuser).await.expect("examined"));
    for code in ["B01-NO-FOUNDATION", "T00-NO-TABLE"] {
        assert!(nothing.contains(code), "{nothing:?}");
    }
    tenancy::schema! { FOR_NOBODY: [Board], runtime_role: "tenancy_nobody_made_this_role" }
    let nobody = Doctor::new(&FOR_NOBODY).expect("a schema that holds").examine(&mut superuser).await;
    assert!(found(nobody.expect("examined")).contains("R00-NO-ROLE"));

    // Tables that were made by hand, with what none of ours would be.
    let by_hand = "CREATE SCHEMA clinic; CREATE TABLE clinic.boards (id uuid); CREATE TABLE clinic.cards (tenant_id text NOT NULL); \
         CREATE TABLE clinic.events (day integer, tenant_id uuid) PARTITION BY RANGE (day); CREATE FOREIGN DATA WRAPPER nowhere; \
         CREATE SERVER files FOREIGN DATA WRAPPER nowhere; CREATE FOREIGN TABLE clinic.far PARTITION OF clinic.events \
         FOR VALUES FROM (0) TO (10) SERVER files";
    run(&mut superuser, by_hand).await.expect("tables");
    let report = doctor.examine(&mut superuser).await.expect("examined");
    let said = report.to_string();
    let codes = found(report);
    for code in ["T03-NO-TENANT-COL", "T05-TYPE", "T07-FOREIGN", "T01-RLS-OFF"] {
        assert!(codes.contains(code), "{code}: {said}");
        assert!(said.contains(code), "{said}");
    }
}

/// MAINTAIN came with PostgreSQL 17.
#[tokio::test]
async fn maintain_is_found_where_there_is_such_a_privilege() {
    let mut clinic = Clinic::new().await;
    let granted = run(&mut clinic.superuser, "GRANT MAINTAIN ON clinic.cards TO tenancy_clinic").await;
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut clinic.superuser)
        .await
        .expect("a number");
    assert_eq!(granted.is_ok(), version >= 170_000);
    let mut expected = vec![SOUND[0]];
    if granted.is_ok() {
        expected.push("G13-MAINTAIN clinic.cards");
    }
    assert_eq!(clinic.found().await, expected);
    clinic.close().await;
}

/// A login that is no member of the runtime role, and a connection that bypasses since it was verified.
#[tokio::test]
async fn what_connections_find_of_themselves() {
    let _alone = ALONE.lock().await;
    let (provision, emitted) = (CLINIC.provision_sql().expect("it holds"), CLINIC.sql().expect("it holds"));
    let test = TestDb::builder()
        .sql_as_superuser(provision)
        .sql(TABLES)
        .sql(emitted)
        .create()
        .await
        .expect("a database");
    let authority = TestAuthority::new();
    let login = test.create_login("").await;
    let name = login.get_username().to_owned();
    let mut superuser = test.connect_as_superuser().await;
    let db =
        || TenantDb::builder(login.clone()).trust(authority.authority()).schema(&CLINIC).max_connections(1);
    let codes = |error: tenancy::Error| match error {
        tenancy::Error::NotIsolated { findings } => {
            findings.into_iter().map(|found| found.code.into_owned()).collect::<BTreeSet<_>>()
        }
        other => panic!("{other}"),
    };
    let found = codes(db().connect().await.expect_err("no member"));
    assert!(found.contains("R12-NOT-RUNTIME"), "{found:?}");
    run(&mut superuser, &format!("GRANT tenancy_clinic TO {name}")).await.expect("a member");
    let connected = db().connect().await.expect("isolated");
    run(&mut superuser, &format!("ALTER ROLE {name} BYPASSRLS")).await.expect("changed");
    let token = authority.token(TenantId::random()).await;
    let found = codes(Board::count(&token).fetch_one(&connected).await.expect_err("a new connection"));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["C08-SESSION"]);
}

#[tokio::test]
async fn what_is_accepted_is_told_apart() {
    let mut clinic = Clinic::new().await;
    run(
        &mut clinic.superuser,
        "GRANT SELECT ON clinic.cards TO PUBLIC; CREATE PUBLICATION p FOR TABLE clinic.boards",
    )
    .await
    .expect("two findings");
    let entry = |code: &str, object: &str, until: &str| {
        format!("[[accept]]\ncode = '{code}'\nobject = '{object}'\nreason = 'reviewed'\nuntil = {until}\n")
    };
    let file = [
        entry("G04-PUBLIC", "clinic.cards", "2999-01-01"),
        entry("X01-PUBLICATION", "p", "2026-01-01"),
        entry("G06-TEMP", "nowhere", "2999-01-01"),
    ];
    let accepted = Accepted::parse(&file.concat()).expect("a file");
    let doctor = Doctor::new(&CLINIC).expect("a schema that holds").accepted(accepted).__at_version(990_000);
    let mut report = doctor.examine(&mut clinic.superuser).await.expect("examined");
    report.findings.retain(|found| !["R11-OTHER-BYPASS", "C07-SERVER-SETTING"].contains(&&*found.code));
    let codes = |findings: &[tenancy::schema::Finding]| {
        findings.iter().map(|f| f.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&report.findings), ["X01-PUBLICATION"], "what expired is found again");
    assert!(!report.is_clean());
    assert_eq!(report.findings[0].severity(), Severity::Warning);
    assert_eq!(report.accepted[0].0.code, "G04-PUBLIC");
    assert_eq!(report.expired[0].code, "X01-PUBLICATION");
    assert_eq!(report.stale[0].code, "G06-TEMP");
    let said = report.to_string();
    for words in [
        "warning: X01-PUBLICATION: p",
        "> DROP PUBLICATION p",
        "accepted until 2999-01-01: G04-PUBLIC",
        "accepted, and not found",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    clinic.close().await;
}

/// Whoever asks: the answer is about the runtime role.
#[tokio::test]
async fn any_role_may_ask_and_nothing_is_left_behind() {
    let mut clinic = Clinic::new().await;
    run(&mut clinic.superuser, "DROP POLICY tenancy_bound ON clinic.cards").await.expect("a break");
    let options = clinic.db.superuser().username(&clinic.login).password("clinic");
    let mut login = options.connect().await.expect("the application's login");
    let doctor = Doctor::new(&CLINIC).expect("a schema that holds").__at_version(990_000);
    let report = doctor.examine(&mut login).await.expect("examined");
    let errors: Vec<_> = report.findings.iter().filter(|found| found.severity() == Severity::Error).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].code, "P01-NO-RESTRICTIVE");
    let left: (String, String) = sqlx::query_as(
        "SELECT coalesce(current_setting('app.tenant_id', true), ''), current_setting('search_path')",
    )
    .fetch_one(&mut login)
    .await
    .expect("settings");
    assert_eq!(left.0, "");
    assert!(!left.1.contains("pg_temp"), "{}", left.1);
    login.close().await.expect("closed");
    clinic.close().await;
}

/// The guard of provisioning: what it closes, what it refuses, and what it lets pass.
#[tokio::test]
async fn the_guard_watches() {
    let mut clinic = Clinic::new().await;
    let closed = "CREATE TABLE clinic.new (tenant_id uuid, x integer)";
    run(&mut clinic.superuser, closed).await.expect("made");
    let (rls, forced): (bool, bool) = sqlx::query_as(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'clinic.new'::regclass",
    )
    .fetch_one(&mut clinic.superuser)
    .await
    .expect("the table");
    assert!(rls && forced, "closed from its creation");
    for refused in [
        "ALTER TABLE clinic.cards DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE clinic.cards NO FORCE ROW LEVEL SECURITY",
        "CREATE VIEW clinic.seen AS SELECT * FROM clinic.cards",
        "CREATE MATERIALIZED VIEW clinic.kept AS SELECT * FROM clinic.cards",
    ] {
        let error = run(&mut clinic.superuser, refused).await.expect_err(refused).to_string();
        assert!(error.contains("tenancy: "), "{refused}: {error}");
    }
    let owner = clinic.owner.clone();
    for passed in [
        "CREATE VIEW clinic.seen WITH (security_invoker = true) AS SELECT * FROM clinic.cards",
        "CREATE TABLE clinic.plans (name text)",
        "BEGIN; SET LOCAL ROLE {owner}; SELECT tenancy.maintenance('clinic.cards'); UPDATE clinic.cards SET board_id = NULL; COMMIT",
        "INSERT INTO tenancy.exempt VALUES ('clinic.cards', 'a test'); ALTER TABLE clinic.cards NO FORCE ROW LEVEL SECURITY",
    ] {
        run(&mut clinic.superuser, &passed.replace("{owner}", &owner))
            .await
            .unwrap_or_else(|error| panic!("{passed}: {error}"));
    }
    clinic.close().await;
}

/// The quickstart's own files, in their order: what a newcomer has after following the documentation.
#[tokio::test]
async fn the_quickstart_is_sound() {
    const RUNTIME: &str = "tenancy_quickstart_clinic";
    let _alone = ALONE.lock().await;
    let named = |text: &str| text.replace("tenancy_app", RUNTIME);
    let doctor =
        Doctor::from_lock(&named(include_str!("../../examples/quickstart/migrations/tenancy.lock.json")));
    let doctor = doctor.expect("a lock file");
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_superuser().await;
    let (owner, login) = (format!("{}_owner", db.name()), format!("{}_login", db.name()));
    run(&mut superuser, &doctor.provision_sql()).await.expect("provisioned");
    let roles = format!(
        "CREATE ROLE {owner} NOLOGIN; CREATE ROLE {login} LOGIN; GRANT {RUNTIME} TO {login}; \
         GRANT CREATE ON DATABASE {} TO {owner}; GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        db.name()
    );
    run(&mut superuser, &roles).await.expect("roles");
    for migration in [
        include_str!("../../examples/quickstart/migrations/0001_tables.sql"),
        include_str!("../../examples/quickstart/migrations/0002_tenancy.sql"),
    ] {
        let migration = format!("BEGIN; SET LOCAL ROLE {owner}; {}\n; COMMIT", named(migration));
        run(&mut superuser, &migration).await.expect("migrated");
    }
    run(&mut superuser, &doctor.provision_sql()).await.expect("provisioned again, with the guard");
    let mut report = doctor.examine(&mut superuser).await.expect("examined");
    // The server's own: its patch level, and the testkit's setting and logins.
    report.findings.retain(|found| {
        !["C06-VERSION-CVE", "C07-SERVER-SETTING", "R11-OTHER-BYPASS"].contains(&&*found.code)
    });
    assert!(report.findings.is_empty(), "{report}");
    run(&mut superuser, "DROP POLICY tenancy_bound ON projects").await.expect("broken");
    let broken = doctor.examine(&mut superuser).await.expect("examined");
    assert!(broken.findings.iter().any(|found| found.code == "P01-NO-RESTRICTIVE"), "{broken}");
    let drop = format!(
        "DROP EVENT TRIGGER tenancy_guard; REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}, {login}, {RUNTIME}; \
         DROP ROLE {owner}; DROP ROLE {login}; DROP ROLE {RUNTIME}"
    );
    run(&mut superuser, &drop).await.expect("roles go");
    for (text, says) in [("{", "broken"), ("{\"format\": 99}", "newer")] {
        let error = Doctor::from_lock(text).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// One field of every type that the crate promises, enums and newtypes among them: each is read as what its column is.
#[tokio::test]
async fn every_type_of_field_fits_its_column() {
    let world = crate::common::World::new().await;
    let mut superuser = world.test.connect_as_superuser().await;
    let doctor = Doctor::new(&crate::common::SCHEMA).expect("a schema that holds");
    let about = |report: Report| -> Vec<String> {
        let of_types = report.findings.into_iter().filter(|found| found.code.starts_with("T1"));
        of_types.map(|found| format!("{} {}: {}", found.code, found.object, found.problem)).collect()
    };
    let report = doctor.examine(&mut superuser).await.expect("examined");
    assert_eq!(about(report).iter().filter(|found| found.starts_with("T18")).collect::<Vec<_>>(), [""; 0]);
    let change = "ALTER TABLE samples ALTER an_i64 TYPE numeric, ALTER bytes TYPE text USING '', ALTER a_uuid TYPE text, \
                  ALTER status TYPE text, ALTER email TYPE integer USING 1, ALTER at_time TYPE timestamp";
    run(&mut superuser, change).await.expect("changed");
    let report = doctor.examine(&mut superuser).await.expect("examined");
    let mut found: Vec<_> =
        report.findings.iter().filter(|f| f.code == "T18-TYPE").map(|f| f.object.as_str()).collect();
    found.sort_unstable();
    let expected =
        ["a_uuid", "an_i64", "at_time", "bytes", "email", "status"].map(|c| format!("public.samples.{c}"));
    assert_eq!(found, expected);
}
