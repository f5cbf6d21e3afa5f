//! Drift: each kind is made once, is seen, and says what it is.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenancy_testkit::TestDb;

use crate::common::{Place, migrate, url};
use crate::entities::{SCHEMA, TABLES};

async fn run(pg: &mut PgConnection, sql: &str) {
    pg.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.expect("SQL");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_seen() {
    let place = Place::new();
    let folder = place.path().join("migrations");
    place.write("migrations/0001_tables.sql", TABLES);
    tenancy_core::schema::__write(&SCHEMA, &folder).expect("a migration");
    let db = TestDb::new().await;
    let url = url(&db.superuser());
    let check = |more: &[&str]| place.run_on(&url, &[&["check"], more].concat());

    let before = check(&[]);
    assert_eq!(before.code, Some(1), "{}", before.shown());
    assert!(
        before.stdout.contains("sqlx has applied none") && before.stdout.contains("T00-NO-TABLE"),
        "{}",
        before.stdout
    );
    assert_eq!(check(&["--offline"]).code, Some(0), "the folder agrees with itself");

    let mut owner = db.connect_as_owner().await;
    migrate(&folder, &mut owner).await;
    let sound = check(&[]);
    assert_eq!(sound.code, Some(0), "{}", sound.shown());
    insta::assert_snapshot!("check", sound.shown());
    // The doctor knows the same lock file, and scanners are told where it is.
    let sarif = place.run_on(&url, &["doctor", "--format", "sarif"]);
    crate::doctor::valid(include_str!("sarif-schema-2.1.0.json"), &sarif.stdout);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("JSON");
    let place_of = &sarif["runs"][0]["results"][0]["locations"][0];
    assert_eq!(
        place_of["physicalLocation"]["artifactLocation"]["uri"], "migrations/tenancy.lock.json",
        "{sarif:#}"
    );

    // Each by itself, and taken back.
    let mut superuser = db.connect_as_superuser().await;
    for (drift, words, back) in [
        (
            "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
            "T02-NOT-FORCED",
            "ALTER TABLE tasks FORCE ROW LEVEL SECURITY",
        ),
        (
            "REVOKE INSERT (title) ON tasks FROM tenancy_app",
            "G14-GRANT-MISSING",
            "GRANT INSERT (title) ON tasks TO tenancy_app",
        ),
        (
            "UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 1",
            "1_tables was changed after it was applied",
            "",
        ),
        (
            "UPDATE _sqlx_migrations SET success = false WHERE version = 1",
            "1_tables failed in its middle",
            "",
        ),
        ("DELETE FROM _sqlx_migrations WHERE version = 2", "2_tenancy is not applied", ""),
        (
            "INSERT INTO _sqlx_migrations VALUES (7, 'later', now(), true, 'x', 1)",
            "7 (later) is applied, and is not in migrations",
            "",
        ),
    ] {
        run(&mut superuser, "CREATE TEMP TABLE applied AS TABLE _sqlx_migrations").await;
        run(&mut superuser, drift).await;
        let drifted = check(&[]);
        assert_eq!(drifted.code, Some(1), "{drift}: {}", drifted.shown());
        assert!(drifted.stdout.contains(words), "{drift}: {}", drifted.stdout);
        run(&mut superuser, back).await;
        run(
            &mut superuser,
            "TRUNCATE _sqlx_migrations; INSERT INTO _sqlx_migrations TABLE applied; DROP TABLE applied",
        )
        .await;
        assert_eq!(check(&[]).code, Some(0), "taken back: {drift}");
    }

    // What is no difference to what was emitted is the doctor's.
    run(&mut superuser, &format!("GRANT TEMPORARY ON DATABASE {} TO tenancy_app", db.name())).await;
    assert_eq!(check(&[]).code, Some(0));

    // Files.
    let emitted = folder.join("0002_tenancy.sql");
    let text = std::fs::read_to_string(&emitted).expect("it was emitted");
    std::fs::write(&emitted, text.replace("FORCE ROW", "ENABLE ROW")).expect("a file");
    let edited = check(&["--offline"]);
    assert_eq!(edited.code, Some(1));
    assert!(edited.stdout.contains("0002_tenancy.sql was changed after it was emitted"), "{}", edited.stdout);
    std::fs::remove_file(&emitted).expect("a file");
    assert!(check(&["--offline"]).stdout.contains("0002_tenancy.sql was emitted and is gone"));
}
