//! `connect` refuses what would not isolate. Each break is made, seen, and taken back.

use tenancy::auth::{JwtAlgorithm, JwtKey, JwtVerifier};
use tenancy::db::TenantDb;
use tenancy::prelude::*;
use tenancy::{Error, Schema};
use tenancy_testkit::{TestAuthority, TestDb};

use crate::common::*;

async fn connect_to(test: &TestDb, schema: &'static Schema) -> Result<TenantDb, Error> {
    let authority = TestAuthority::new();
    TenantDb::builder(test.app()).trust(authority.authority()).schema(schema).connect().await
}

/// Break, mend. `{owner}`, `{login}` and `{db}` are filled in.
const BREAKS: &[(&str, &str, &str)] = &[
    ("a policy is gone", "DROP POLICY tenancy_bound ON projects", ""),
    ("a policy is widened", "ALTER POLICY tenancy_bound ON projects USING (true)", ""),
    (
        "RLS is off",
        "ALTER TABLE projects DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE projects ENABLE ROW LEVEL SECURITY",
    ),
    (
        "RLS is not forced",
        "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE tasks FORCE ROW LEVEL SECURITY",
    ),
    ("the login has BYPASSRLS", "ALTER ROLE {login} BYPASSRLS", "ALTER ROLE {login} NOBYPASSRLS"),
    ("the login is superuser", "ALTER ROLE {login} SUPERUSER", "ALTER ROLE {login} NOSUPERUSER"),
    ("the login is a member of the owner", "GRANT {owner} TO {login}", "REVOKE {owner} FROM {login}"),
    ("the login owns a table", "ALTER TABLE ticks OWNER TO {login}", "ALTER TABLE ticks OWNER TO {owner}"),
    (
        "a tenant is stored as a default",
        "ALTER ROLE {login} IN DATABASE {db} SET app.tenant_id = '1'",
        "ALTER ROLE {login} IN DATABASE {db} RESET app.tenant_id",
    ),
    ("the binding is gone", "ALTER DOMAIN tenancy.bound DROP CONSTRAINT one_tenant_per_transaction", ""),
    (
        "the function believes another setting",
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE RETURN nullif(pg_catalog.current_setting('app.other', true), '')::uuid",
        "",
    ),
    ("a table is gone", "ALTER TABLE ticks RENAME TO tocks", "ALTER TABLE tocks RENAME TO ticks"),
];

#[tokio::test]
async fn connect_refuses_each_break_and_accepts_each_mend() {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    let own = test.create_login("").await;
    let (login, owner) = (own.get_username().to_owned(), test.owner().get_username().to_owned());
    let mut superuser = connect(&test.superuser()).await;
    let fill = |sql: &str| {
        sql.replace("{login}", &login)
            .replace("{owner}", &owner)
            .replace("{db}", &format!("\"{}\"", test.name()))
    };
    let authority = TestAuthority::new();
    let connect_own =
        async || TenantDb::builder(own.clone()).trust(authority.authority()).schema(&SCHEMA).connect().await;
    connect_own().await.expect("the schema as emitted isolates");
    for (name, sql, mend) in BREAKS {
        // What cannot be mended by one statement is broken in a copy.
        if mend.is_empty() {
            let copy = TestDb::with_migrations(&MIGRATIONS).await;
            let mut superuser = connect(&copy.superuser()).await;
            sqlx::raw_sql(sqlx::AssertSqlSafe(fill(sql))).execute(&mut superuser).await.expect(name);
            refused(name, connect_to(&copy, &SCHEMA).await);
            continue;
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(fill(sql))).execute(&mut superuser).await.expect(name);
        refused(name, connect_own().await);
        sqlx::raw_sql(sqlx::AssertSqlSafe(fill(mend))).execute(&mut superuser).await.expect(name);
        connect_own().await.unwrap_or_else(|error| panic!("mended: {name}: {error}"));
    }
}

fn refused(name: &str, connected: Result<TenantDb, Error>) {
    match connected {
        Err(Error::NotIsolated { findings }) => assert!(!findings.is_empty(), "{name}"),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn the_owner_and_the_superuser_are_refused() {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    let authority = TestAuthority::new();
    for options in [test.owner(), test.superuser()] {
        let connected =
            TenantDb::builder(options).trust(authority.authority()).schema(&SCHEMA).connect().await;
        refused("a privileged login", connected);
    }
}

#[tokio::test]
async fn every_finding_is_listed_with_its_mend() {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    let mut superuser = connect(&test.superuser()).await;
    let broken = "ALTER TABLE projects DISABLE ROW LEVEL SECURITY; DROP POLICY tenancy_bound ON tasks";
    sqlx::raw_sql(broken).execute(&mut superuser).await.expect("DDL");
    let Err(error @ Error::NotIsolated { .. }) = connect_to(&test, &SCHEMA).await else {
        panic!("not refused");
    };
    let text = error.to_string();
    assert!(text.contains("projects") && text.contains("tasks"), "{text}");
    assert!(text.contains("ENABLE ROW LEVEL SECURITY"), "the mend is SQL: {text}");
}

#[tokio::test]
async fn an_empty_database_and_an_unlisted_entity_are_refused() {
    let empty = TestDb::new().await;
    refused("no foundation", connect_to(&empty, &SCHEMA).await);

    let test = TestDb::with_migrations(&MIGRATIONS).await;
    // The table of the other schema exists, and nobody isolated it.
    refused("an entity that was never emitted", connect_to(&test, &ELSEWHERE).await);
    let authority = TestAuthority::new();
    let db = test.connect(&SCHEMA, &authority).await;
    let token = authority.token(TenantId::random()).await;
    let notes = Note::find(&token).fetch_all(&db).await;
    assert!(matches!(notes, Err(Error::EntityNotListed { entity: "Note" })), "{notes:?}");
    let note = Note::insert_many(&token, []).execute(&db).await;
    assert!(matches!(note, Err(Error::EntityNotListed { entity: "Note" })), "{note:?}");
}

#[tokio::test]
async fn a_database_one_emission_ahead_is_accepted() {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    let mut superuser = connect(&test.superuser()).await;
    let ahead = "ALTER TABLE projects ADD COLUMN colour text; GRANT SELECT ON projects TO tenancy_app; \
         CREATE TABLE later (tenant_id uuid NOT NULL); \
         CREATE POLICY narrower ON projects AS RESTRICTIVE FOR SELECT TO tenancy_app USING (slug <> 'hidden'); \
         CREATE POLICY wider ON projects AS PERMISSIVE FOR SELECT TO tenancy_app USING (true)";
    sqlx::raw_sql(ahead).execute(&mut superuser).await.expect("DDL");
    let authority = TestAuthority::new();
    let db = test.connect(&SCHEMA, &authority).await;
    let (a, b) = (authority.token(TenantId::random()).await, authority.token(TenantId::random()).await);
    Project::insert(&a, new_project("x")).fetch_one(&db).await.expect("statements name their columns");
    // The wider policy cannot widen: the restrictive one is in force.
    let mut tx = db.begin(&b).await.expect("a transaction");
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM projects").fetch_one(tx.raw()).await.expect("a count");
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn a_role_that_turns_bad_later_is_refused_by_the_next_connection() {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    let own = test.create_login("").await;
    let authority = TestAuthority::new();
    let token = authority.token(TenantId::random()).await;
    let db = TenantDb::builder(own.clone())
        .trust(authority.authority())
        .schema(&SCHEMA)
        .connect()
        .await
        .expect("isolated");
    let mut superuser = connect(&test.superuser()).await;
    let bypass = format!("ALTER ROLE \"{}\" BYPASSRLS", own.get_username());
    sqlx::raw_sql(sqlx::AssertSqlSafe(bypass)).execute(&mut superuser).await.expect("DDL");
    let read = Project::find(&token).fetch_all(&db).await;
    assert!(matches!(read, Err(Error::NotIsolated { .. })), "{read:?}");
}

#[tokio::test]
async fn a_builder_says_what_it_misses() {
    let test = TestDb::new().await;
    let authority = TestAuthority::new();
    let no_schema = TenantDb::builder(test.app()).trust(authority.authority()).connect().await;
    assert!(matches!(no_schema, Err(Error::Configuration(text)) if text.contains("schema")));
    let nobody = TenantDb::builder(test.app()).schema(&SCHEMA).connect().await;
    assert!(matches!(nobody, Err(Error::Configuration(text)) if text.contains("trust")));
    let no_room = TenantDb::builder(test.app())
        .trust(authority.authority())
        .schema(&SCHEMA)
        .max_connections(0)
        .connect()
        .await;
    assert!(matches!(no_room, Err(Error::Configuration(_))));
}

#[tokio::test]
async fn a_second_authority_with_the_same_key_opens_nothing() {
    let world = World::new().await;
    world.project(&world.a, "a").await;
    let secret = [7; 32];
    let verifier = || {
        let key = JwtKey::from_secret(JwtAlgorithm::HS256, &secret).expect("a key");
        JwtVerifier::builder().issuer("i").audience("a").key(key).build().expect("a verifier")
    };
    let (trusted, other) = (Authority::new(verifier()), Authority::new(verifier()));
    let db = TenantDb::builder(world.test.app())
        .trust(&trusted)
        .schema(&SCHEMA)
        .connect()
        .await
        .expect("isolated");
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let claims = serde_json::json!({ "iss": "i", "aud": "a", "sub": "s", "iat": now, "exp": now + 60, "tenant_id": world.a.tenant() });
    let jwt = jsonwebtoken::encode(
        &jsonwebtoken::Header::default(),
        &claims,
        &jsonwebtoken::EncodingKey::from_secret(&secret),
    )
    .expect("a JWT");
    let theirs = other.authenticate(&jwt).await.expect("its own verifier accepts");
    let refused = Project::find(&theirs).fetch_all(&db).await;
    assert!(matches!(refused, Err(Error::UntrustedAuthority)), "{refused:?}");
    let refused = db.begin(&theirs).await.map(drop);
    assert!(matches!(refused, Err(Error::UntrustedAuthority)), "{refused:?}");
    let ours = trusted.authenticate(&jwt).await.expect("the same credential");
    assert_eq!(Project::count(&ours).fetch_one(&db).await.expect("a count"), 1);
    let cloned = trusted.clone().authenticate(&jwt).await.expect("the same authority");
    assert_eq!(Project::count(&cloned).fetch_one(&db).await.expect("a count"), 1);
}
