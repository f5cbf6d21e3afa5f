//! What verification finds: each check of the catalogs is broken by itself, in a database of its own, and exactly that
//! is found.

use sqlx::AssertSqlSafe;
use tenancy::Error;
use tenancy::prelude::*;
use tenancy_testkit::{TestAuthority, TestDb};
use uuid::Uuid;

/// Its names need quotes wherever they stand.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "Ledger \"A\".group")]
pub struct Entry {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant, column = "Tenant's")]
    pub tenant: TenantId,
    pub note: String,
}

/// A partitioned table.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "measures")]
pub struct Measure {
    #[tenancy(id)]
    pub day: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

tenancy::sql_function! { pub NOTED = "Ledger \"A\".noted", pub ALL_OF = "public.all_of" }

tenancy::schema! { pub VERIFIED: [Entry, Measure], functions: [NOTED, ALL_OF] }

const TABLES: &str = r#"
    CREATE SCHEMA "Ledger ""A""";
    CREATE TABLE "Ledger ""A"""."group" (id uuid, "Tenant's" uuid, note text NOT NULL);
    CREATE TABLE measures (day integer, tenant_id uuid) PARTITION BY RANGE (day);
    CREATE FUNCTION "Ledger ""A""".noted(integer) RETURNS integer LANGUAGE sql RETURN $1;
    CREATE FUNCTION all_so_far(boolean, boolean) RETURNS boolean LANGUAGE sql RETURN $1 AND $2;
    CREATE AGGREGATE all_of(boolean) (SFUNC = all_so_far, STYPE = boolean);
    CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM (0) TO (10);
"#;

async fn isolated() -> TestDb {
    let sql = VERIFIED.sql().expect("a schema that holds");
    TestDb::builder().sql(TABLES).sql(sql).create().await.expect("a database")
}

/// The codes and objects that `connect` finds.
async fn found(options: sqlx::postgres::PgConnectOptions) -> Vec<(String, String)> {
    let authority = TestAuthority::new();
    let connected = TenantDb::builder(options).trust(authority.authority()).schema(&VERIFIED).connect().await;
    match connected {
        Ok(_) => Vec::new(),
        Err(Error::NotIsolated { findings }) => {
            for finding in &findings {
                assert!(!finding.problem.is_empty() && !finding.mend.is_empty(), "{finding:?}");
            }
            let mut found: Vec<_> =
                findings.into_iter().map(|finding| (finding.code.into_owned(), finding.object)).collect();
            found.sort();
            found
        }
        Err(other) => panic!("{other}"),
    }
}

const GROUP: &str = r#""Ledger ""A"""."group""#;

/// A break by the superuser, and the findings: `code object`, one a line. `{login}`, `{db}` and `{group}` are filled in.
const BREAKS: &[(&str, &str)] = &[
    // Functions of hand-written statements.
    (
        r#"ALTER FUNCTION "Ledger ""A""".noted(integer) SECURITY DEFINER"#,
        r#"S09-SQL-FUNCTION "Ledger ""A""".noted"#,
    ),
    (
        r#"CREATE FUNCTION "Ledger ""A""".noted(text) RETURNS text LANGUAGE sql SECURITY DEFINER RETURN $1"#,
        r#"S09-SQL-FUNCTION "Ledger ""A""".noted"#,
    ),
    (r#"DROP FUNCTION "Ledger ""A""".noted(integer)"#, r#"S09-SQL-FUNCTION "Ledger ""A""".noted"#),
    ("ALTER FUNCTION all_so_far(boolean, boolean) SECURITY DEFINER", "S09-SQL-FUNCTION public.all_of"),
    // Roles.
    ("ALTER ROLE {login} SUPERUSER", "R01-SUPER {login}"),
    ("ALTER ROLE {login} BYPASSRLS", "R02-BYPASSRLS {login}"),
    ("ALTER ROLE {login} REPLICATION", "R03-ROLE-ATTR {login}"),
    ("GRANT pg_read_all_data TO {login}", "R05-PREDEFINED pg_read_all_data"),
    ("GRANT pg_monitor TO {login}", "R05-PREDEFINED pg_monitor\nR05-PREDEFINED pg_read_all_stats"),
    ("ALTER TABLE {group} OWNER TO {login}", "R07-OWNS {group}"),
    ("ALTER DOMAIN tenancy.bound OWNER TO {login}", "R07-OWNS tenancy.bound"),
    ("ALTER FUNCTION tenancy.current_tenant() OWNER TO {login}", "R07-OWNS tenancy.current_tenant()"),
    ("ALTER SCHEMA tenancy OWNER TO {login}", "R08-OWNS-SCHEMA tenancy"),
    (r#"ALTER SCHEMA "Ledger ""A""" OWNER TO {login}"#, r#"R08-OWNS-SCHEMA Ledger "A""#),
    ("ALTER DATABASE {db} OWNER TO {login}", "R09-OWNS-DB {db}"),
    (
        "GRANT tenancy_owner TO {login} WITH ADMIN OPTION",
        "R07-OWNS {group}\nR07-OWNS public.measures\nR07-OWNS tenancy.bound\nR07-OWNS tenancy.bound_public\nR07-OWNS tenancy.current_tenant()\n\
         R07-OWNS tenancy.readable_tenant()\nR08-OWNS-SCHEMA Ledger \"A\"\nR08-OWNS-SCHEMA tenancy\nR09-OWNS-DB {db}",
    ),
    // To be able to become the owner is enough, inherited or not.
    (
        "ALTER ROLE {login} NOINHERIT; GRANT tenancy_owner TO {login}; GRANT CONNECT ON DATABASE {db} TO {login}",
        "R07-OWNS {group}\nR07-OWNS public.measures\nR07-OWNS tenancy.bound\nR07-OWNS tenancy.bound_public\nR07-OWNS tenancy.current_tenant()\n\
         R07-OWNS tenancy.readable_tenant()\nR08-OWNS-SCHEMA Ledger \"A\"\nR08-OWNS-SCHEMA tenancy\nR09-OWNS-DB {db}{not_inherited}",
    ),
    // Foundation.
    ("DROP DOMAIN tenancy.bound", "B01-NO-FOUNDATION tenancy.bound"),
    ("ALTER DOMAIN tenancy.bound DROP CONSTRAINT one_tenant_per_transaction", "B02-DOMAIN tenancy.bound"),
    (
        "ALTER DOMAIN tenancy.bound RENAME CONSTRAINT one_tenant_per_transaction TO other",
        "B02-DOMAIN tenancy.bound",
    ),
    (
        "ALTER DOMAIN tenancy.bound ADD CONSTRAINT more CHECK (set_config('app.tenant_id', '', true) = '')",
        "B02-DOMAIN tenancy.bound",
    ),
    ("DROP DOMAIN tenancy.bound; CREATE DOMAIN tenancy.bound AS text", "B02-DOMAIN tenancy.bound"),
    // The same words, and other operators.
    (
        "CREATE FUNCTION public.always(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; \
         CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.always); \
         ALTER POLICY tenancy_bound ON {group} \
         USING (\"Tenant's\" OPERATOR(public.=) (SELECT tenancy.current_tenant()))",
        "P01-NO-RESTRICTIVE {group}",
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE \
         RETURN nullif(current_setting('app.other', true), '')::uuid",
        "B03-FUNCTION tenancy.current_tenant()",
    ),
    (
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE \
         AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$",
        "B03-FUNCTION tenancy.current_tenant()",
    ),
    ("DROP DOMAIN tenancy.bound_public", "B01-NO-FOUNDATION tenancy.bound_public"),
    (
        "ALTER DOMAIN tenancy.bound_public DROP CONSTRAINT one_tenant_per_transaction",
        "B02-DOMAIN tenancy.bound_public",
    ),
    ("ALTER FUNCTION tenancy.readable_tenant() VOLATILE", "B03-FUNCTION tenancy.readable_tenant()"),
    ("ALTER FUNCTION tenancy.current_tenant() IMMUTABLE", "B03-FUNCTION tenancy.current_tenant()"),
    ("ALTER FUNCTION tenancy.current_tenant() VOLATILE", "B03-FUNCTION tenancy.current_tenant()"),
    ("ALTER FUNCTION tenancy.current_tenant() SECURITY DEFINER", "B03-FUNCTION tenancy.current_tenant()"),
    (
        "ALTER FUNCTION tenancy.current_tenant() SET app.tenant_id = '1'",
        "B03-FUNCTION tenancy.current_tenant()",
    ),
    ("REVOKE USAGE ON SCHEMA tenancy FROM tenancy_app", "B04-PRIVILEGE tenancy"),
    (
        "REVOKE EXECUTE ON FUNCTION tenancy.current_tenant() FROM tenancy_app",
        "B04-PRIVILEGE tenancy.current_tenant()",
    ),
    // Tables.
    ("DROP TABLE {group}", "T00-NO-TABLE {group}"),
    (
        "ALTER TABLE {group} RENAME TO other; CREATE VIEW {group} AS SELECT * FROM \"Ledger \"\"A\"\"\".other",
        "T00-NO-TABLE {group}",
    ),
    ("ALTER TABLE {group} DISABLE ROW LEVEL SECURITY", "T01-RLS-OFF {group}"),
    ("ALTER TABLE {group} NO FORCE ROW LEVEL SECURITY", "T02-NOT-FORCED {group}"),
    (
        "ALTER TABLE {group} DROP CONSTRAINT group_pkey; ALTER TABLE {group} ALTER COLUMN \"Tenant's\" DROP NOT NULL",
        "T04-NULLABLE {group}\nT11-PRIMARY-KEY {group}",
    ),
    (
        "ALTER TABLE {group} RENAME COLUMN \"Tenant's\" TO other",
        "P01-NO-RESTRICTIVE {group}\nP05-NO-PERMISSIVE {group}\nT03-NO-TENANT-COL {group}\nT11-PRIMARY-KEY {group}",
    ),
    (
        "ALTER TABLE {group} DROP CONSTRAINT group_pkey; ALTER TABLE {group} ADD PRIMARY KEY (id)",
        "T11-PRIMARY-KEY {group}",
    ),
    (
        "ALTER TABLE measures_1 DISABLE ROW LEVEL SECURITY; GRANT SELECT (day) ON measures_1 TO PUBLIC",
        "T12-PARTITION public.measures_1",
    ),
    (
        "CREATE TABLE everything (LIKE {group}); ALTER TABLE {group} INHERIT everything; \
         GRANT SELECT ON everything TO tenancy_app",
        "T06-INHERIT public.everything",
    ),
    // A part has its own policies, grants and owner, and shows the rows of the whole.
    (
        "CREATE POLICY wide ON measures_1 USING (true); GRANT SELECT (day) ON measures_1 TO {login}",
        "T12-PARTITION public.measures_1",
    ),
    (
        "CREATE POLICY tenancy_bound ON measures_1 AS RESTRICTIVE USING (true); CREATE POLICY wide ON measures_1 USING (true); \
         GRANT DELETE ON measures_1 TO tenancy_app",
        "T12-PARTITION public.measures_1",
    ),
    (
        "CREATE TABLE everything (LIKE {group}); ALTER TABLE everything ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY wide ON everything TO {login} USING (true); ALTER TABLE {group} INHERIT everything; \
         GRANT SELECT ON everything TO {login}",
        "T06-INHERIT public.everything",
    ),
    ("GRANT TRUNCATE ON measures_1 TO {login}", "G01-TRUNCATE public.measures_1"),
    ("GRANT TRIGGER ON measures_1 TO PUBLIC", "G02-TRIGGER public.measures_1"),
    ("ALTER TABLE measures_1 OWNER TO {login}", "R07-OWNS public.measures_1"),
    // Policies.
    ("DROP POLICY tenancy_bound ON {group}", "P01-NO-RESTRICTIVE {group}"),
    ("DROP POLICY tenancy_allow ON {group}", "P05-NO-PERMISSIVE {group}"),
    ("ALTER POLICY tenancy_bound ON {group} USING (true)", "P01-NO-RESTRICTIVE {group}"),
    ("ALTER POLICY tenancy_bound ON {group} WITH CHECK (true)", "P01-NO-RESTRICTIVE {group}"),
    ("ALTER POLICY tenancy_bound ON {group} TO tenancy_owner", "P01-NO-RESTRICTIVE {group}"),
    (
        "ALTER POLICY tenancy_bound ON {group} USING (id = (SELECT tenancy.current_tenant()))",
        "P01-NO-RESTRICTIVE {group}",
    ),
    ("ALTER POLICY tenancy_allow ON {group} TO tenancy_owner", "P05-NO-PERMISSIVE {group}"),
    (
        "DROP POLICY tenancy_bound ON {group}; CREATE POLICY tenancy_bound ON {group} AS RESTRICTIVE FOR SELECT \
         USING (\"Tenant's\" = (SELECT tenancy.current_tenant()))",
        "P01-NO-RESTRICTIVE {group}",
    ),
    (
        "DROP POLICY tenancy_bound ON {group}; CREATE POLICY tenancy_bound ON {group} AS PERMISSIVE \
         USING (\"Tenant's\" = (SELECT tenancy.current_tenant())) \
         WITH CHECK (\"Tenant's\" = (SELECT tenancy.current_tenant()))",
        "P01-NO-RESTRICTIVE {group}",
    ),
    // Privileges and settings.
    ("GRANT TRUNCATE ON {group} TO tenancy_app", "G01-TRUNCATE {group}"),
    ("GRANT TRIGGER ON {group} TO PUBLIC", "G02-TRIGGER {group}"),
    (
        "ALTER ROLE {login} SET App.Tenant_ID = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55'",
        "C01-DEFAULT-TENANT {login} in every database\nC02-LEAKED-GUC app.tenant_id",
    ),
    (
        "ALTER DATABASE {db} SET app.tenant_id = '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55'",
        "C01-DEFAULT-TENANT every role in {db}\nC02-LEAKED-GUC app.tenant_id",
    ),
    (
        "ALTER ROLE {login} IN DATABASE {db} SET row_security = off",
        "C01-DEFAULT-TENANT {login} in {db}\nC03-SETTING row_security",
    ),
];

#[tokio::test]
async fn each_break_is_found_and_nothing_else() {
    for (sql, expected) in BREAKS {
        let test = isolated().await;
        let own = test.create_login("").await;
        let login = own.get_username().to_owned();
        let mut superuser = test.connect_as_superuser().await;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&mut superuser)
            .await
            .expect("a number");
        // Before 16, INHERIT was the role's and not the membership's.
        let not_inherited = if version < 160_000 {
            "\nR12-NOT-RUNTIME {login}\nB04-PRIVILEGE tenancy\nB04-PRIVILEGE tenancy.current_tenant()\n\
             B04-PRIVILEGE tenancy.readable_tenant()"
        } else {
            ""
        };
        let fill = |text: &str| {
            text.replace("{not_inherited}", not_inherited)
                .replace("{login}", &login)
                .replace("{db}", test.name())
                .replace("{group}", GROUP)
        };
        assert_eq!(found(own.clone()).await, [], "as emitted");
        sqlx::raw_sql(AssertSqlSafe(fill(sql))).execute(&mut superuser).await.expect(sql);
        let expected = fill(expected);
        let mut expected: Vec<_> = expected
            .lines()
            .map(|line| line.split_once(' ').expect("a code and an object"))
            .map(|(code, object)| (code.to_owned(), object.to_owned()))
            .collect();
        expected.sort();
        assert_eq!(found(own).await, expected, "{sql}");
        // A role that owns a database cannot be dropped with it.
        sqlx::raw_sql(AssertSqlSafe(fill("REASSIGN OWNED BY {login} TO CURRENT_USER")))
            .execute(&mut superuser)
            .await
            .expect("the login owns nothing that the database needs");
    }
}

#[tokio::test]
async fn createrole_is_found_where_it_can_reach_further() {
    let test = isolated().await;
    let own = test.create_login("CREATEROLE").await;
    let mut superuser = test.connect_as_superuser().await;
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut superuser)
        .await
        .expect("a number");
    let expected: &[_] = if version < 160_000 { &["R03-ROLE-ATTR"] } else { &[] };
    let codes: Vec<_> = found(own).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn a_role_in_between_is_seen_through() {
    let test = isolated().await;
    let (own, between) = (test.create_login("").await, test.create_login("").await);
    let (login, between) = (own.get_username().to_owned(), between.get_username().to_owned());
    let mut superuser = test.connect_as_superuser().await;
    let chain = format!("ALTER ROLE {between} NOLOGIN BYPASSRLS; GRANT {between} TO {login}");
    sqlx::raw_sql(AssertSqlSafe(chain)).execute(&mut superuser).await.expect("DDL");
    assert_eq!(found(own).await, [("R02-BYPASSRLS".to_owned(), between)]);
}

#[tokio::test]
async fn a_login_outside_of_the_group_and_a_group_that_is_missing() {
    let test = isolated().await;
    let own = test.create_login("").await;
    let login = own.get_username().to_owned();
    let mut superuser = test.connect_as_superuser().await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "REVOKE tenancy_app FROM {login}; GRANT CONNECT ON DATABASE {} TO {login}",
        test.name()
    )))
    .execute(&mut superuser)
    .await
    .expect("DDL");
    let codes: Vec<_> =
        found(own).await.into_iter().map(|(code, object)| format!("{code} {object}")).collect();
    let expected = [
        "B04-PRIVILEGE tenancy".to_owned(),
        "B04-PRIVILEGE tenancy.current_tenant()".to_owned(),
        "B04-PRIVILEGE tenancy.readable_tenant()".to_owned(),
        format!("R12-NOT-RUNTIME {login}"),
    ];
    assert_eq!(codes, expected);
}

/// What a session says of itself, and how a `search_path` prints names, must not matter.
#[tokio::test]
async fn the_search_path_of_the_session_changes_nothing() {
    let test = isolated().await;
    // Names that would stand in front of PostgreSQL's own, if the path were believed.
    let shadows = "CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC; \
         CREATE VIEW evil.pg_policy AS SELECT * FROM pg_catalog.pg_policy WHERE false; \
         CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'; \
         CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'; \
         GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC";
    let mut superuser = test.connect_as_superuser().await;
    sqlx::raw_sql(shadows).execute(&mut superuser).await.expect("DDL");
    for path in ["evil, pg_catalog", "tenancy, public", "\"Ledger \"\"A\"\"\"", "nowhere", "''"] {
        let options = test.app().options([("search_path", path)]);
        assert_eq!(found(options).await, [], "{path}");
    }
}

#[tokio::test]
async fn settings_of_the_session() {
    let test = isolated().await;
    let off = test.app().options([("row_security", "off")]);
    assert_eq!(found(off).await, [("C03-SETTING".to_owned(), "row_security".to_owned())]);
    let bound = test.app().options([("app.tenant_id", "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55")]);
    assert_eq!(found(bound).await, [("C02-LEAKED-GUC".to_owned(), "app.tenant_id".to_owned())]);
}

#[tokio::test]
async fn a_database_that_is_ahead_is_accepted() {
    let test = isolated().await;
    let ahead = format!(
        "ALTER TABLE {GROUP} ADD COLUMN colour text; GRANT INSERT (colour), UPDATE (colour) ON {GROUP} TO tenancy_app; \
         CREATE UNIQUE INDEX ON {GROUP} (\"Tenant's\", note); \
         CREATE TABLE later (tenant_id uuid NOT NULL); \
         CREATE TABLE measures_2 PARTITION OF measures FOR VALUES FROM (10) TO (20); \
         CREATE POLICY nobody ON measures_1 USING (true); \
         CREATE POLICY bound_already ON measures_2 USING (true); CREATE POLICY tenancy_bound ON measures_2 AS RESTRICTIVE \
           USING (tenant_id = (SELECT tenancy.current_tenant())) WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())); \
         ALTER TABLE measures_2 ENABLE ROW LEVEL SECURITY; GRANT SELECT ON measures_2 TO tenancy_app; \
         CREATE POLICY narrower ON {GROUP} AS RESTRICTIVE FOR SELECT TO tenancy_app USING (note <> 'hidden'); \
         CREATE POLICY wider ON {GROUP} AS PERMISSIVE FOR SELECT TO tenancy_app USING (true)"
    );
    let mut superuser = test.connect_as_superuser().await;
    sqlx::raw_sql(AssertSqlSafe(ahead)).execute(&mut superuser).await.expect("DDL");
    assert_eq!(found(test.app()).await, []);
}
