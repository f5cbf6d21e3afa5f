//! Databases and roles are as the documentation says.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection, Executor, SqlSafeStr};
use tenancy_testkit::{Server, TestDb};

fn migrator(sql: &'static str) -> Migrator {
    Migrator::with_migrations(vec![Migration::new(
        1,
        "notes".into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    )])
}

async fn one<T>(connection: &mut PgConnection, sql: &'static str) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

async fn exists(database: &str) -> bool {
    let mut superuser = Server::shared().await.unwrap().superuser().connect().await.unwrap();
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(&mut superuser)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_roles_are_restricted() {
    let db = TestDb::new().await;
    for (mut connection, role) in
        [(db.connect_as_owner().await, "tenancy_owner"), (db.connect_as_app().await, "tenancy_app_login")]
    {
        assert_eq!(one::<String>(&mut connection, "SELECT current_user::text").await, role);
        let free = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication \
                    FROM pg_roles WHERE rolname = current_user";
        assert!(!one::<bool>(&mut connection, free).await, "{role}");
    }

    let mut app = db.connect_as_app().await;
    let groups = "SELECT array_agg(rolname::text) FROM pg_roles \
                  WHERE pg_has_role(oid, 'MEMBER') AND rolname <> current_user";
    assert_eq!(one::<Vec<String>>(&mut app, groups).await, ["tenancy_app"]);
    for refused in [
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE SCHEMA mine",
        "SET ROLE tenancy_owner",
        "ALTER ROLE tenancy_app_login BYPASSRLS",
    ] {
        let error = app.execute(refused).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{refused}");
    }
    // The group cannot log in, and is enough to enter the database.
    assert!(!one::<bool>(&mut app, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenancy_app'").await);
}

#[tokio::test]
async fn migrations_run_as_the_owner_and_the_application_uses_what_they_grant() {
    let migrator = migrator(
        "CREATE SCHEMA inner_sanctum;
         CREATE TABLE notes (body text);
         INSERT INTO notes VALUES ('a');
         GRANT SELECT ON notes TO tenancy_app",
    );
    let db = TestDb::with_migrations(&migrator).await;
    let mut app = db.connect_as_app().await;
    assert_eq!(one::<String>(&mut app, "SELECT body FROM notes").await, "a");
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'notes'";
    assert_eq!(one::<String>(&mut app, owner).await, "tenancy_owner");
    app.execute("DELETE FROM notes").await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_one_template_are_made_at_a_time_and_share_nothing() {
    let tests = (0..8).map(|number: i32| {
        tokio::spawn(async move {
            let db = TestDb::builder().sql("CREATE TABLE counted (number int)").create().await.unwrap();
            let mut owner = db.connect_as_owner().await;
            sqlx::query("INSERT INTO counted VALUES ($1)").bind(number).execute(&mut owner).await.unwrap();
            assert_eq!(one::<i64>(&mut owner, "SELECT count(*) FROM counted").await, 1);
            assert_eq!(one::<i32>(&mut owner, "SELECT number FROM counted").await, number);
            db
        })
    });
    let mut names = Vec::new();
    for test in tests.collect::<Vec<_>>() {
        names.push(test.await.unwrap().name().to_owned());
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 8);
}

#[tokio::test]
async fn another_step_makes_another_template() {
    let first = TestDb::builder().sql("CREATE TABLE first ()").create().await.unwrap();
    let second = TestDb::builder().sql("CREATE TABLE second ()").create().await.unwrap();
    let superuser = TestDb::builder().sql_as_superuser("CREATE TABLE first ()").create().await.unwrap();
    first.connect_as_owner().await.execute("TABLE first").await.unwrap();
    second.connect_as_owner().await.execute("TABLE first").await.unwrap_err();
    superuser.connect_as_owner().await.execute("TABLE first").await.unwrap_err();
    superuser.connect_as_superuser().await.execute("TABLE first").await.unwrap();
}

#[tokio::test]
async fn a_failing_step_is_an_error_and_can_be_mended() {
    let error = TestDb::builder().sql("CREATE TABLE").create().await.unwrap_err();
    assert!(error.to_string().contains("run the SQL"), "{error}");
    let migration = migrator("CREATE TABLE");
    let error = TestDb::builder().migrations(&migration).create().await.unwrap_err();
    assert!(error.to_string().contains("migration"), "{error}");
    TestDb::new().await;
}

#[tokio::test]
async fn a_database_is_dropped_with_its_test_and_kept_when_that_panics() {
    let db = TestDb::new().await;
    let mut open = db.connect_as_app().await;
    let login = db.create_login("BYPASSRLS").await;
    let name = db.name().to_owned();
    assert!(exists(&name).await);
    drop(db);
    for _ in 0..500 {
        if !exists(&name).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!exists(&name).await);
    open.ping().await.unwrap_err();
    login.database("postgres").connect().await.unwrap_err();
}

#[tokio::test]
async fn a_login_of_ones_own_has_what_was_asked_for() {
    let db = TestDb::new().await;
    let mut connection = db.create_login("BYPASSRLS").await.connect().await.unwrap();
    let bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user";
    assert!(one::<bool>(&mut connection, bypasses).await);
    assert!(one::<bool>(&mut connection, "SELECT pg_has_role('tenancy_app', 'MEMBER')").await);
    let other = db.create_login("").await;
    assert!(!one::<bool>(&mut other.connect().await.unwrap(), bypasses).await);
}

/// Each `#[tokio::test]` has a runtime of its own; the server outlives them all.
#[test]
fn runtimes_share_the_server() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = TestDb::new().await;
            db.connect_as_app().await.ping().await.unwrap();
            Server::shared().await.unwrap() as *const Server as usize
        })
    };
    let first = std::thread::spawn(run);
    assert_eq!(run(), first.join().unwrap());
    assert_eq!(run(), run());
}
