//! The doctor on a database that was made by hand, with ten mistakes: from the first report to a clean one, by nothing but
//! what the tool says.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenancy_testkit::TestDb;

use crate::common::{Place, by_hand, drop_roles, url};

/// Ten mistakes, each as teams make them.
const MISTAKES: &str = include_str!("../ten-mistakes.sql");

/// Whether a report is what its schema says.
pub(crate) fn valid(schema: &str, report: &str) {
    let schema = serde_json::from_str(schema).expect("a schema");
    let report = serde_json::from_str(report).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// What is found and decided, without what changes from run to run.
fn codes(stdout: &str) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| {
            let text = |field: &str| finding[field].as_str().expect(field).to_owned();
            (text("code"), text("object"))
        })
        .collect()
}

async fn app_sees(db: &TestDb, role: &str, tenant: Option<&str>, sql: &str) -> Result<i64, String> {
    let options = db.app().username(role).password("app");
    let mut pg = sqlx::ConnectOptions::connect(&options).await.expect("the application connects");
    let binding = tenant.map(|tenant| format!("SELECT '{tenant}'::tenancy.bound;")).unwrap_or_default();
    let sql = format!("BEGIN; {binding} {sql}");
    let rows = pg.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(|error| error.to_string())?;
    Ok(rows.last().expect("a count").get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_mistakes_are_found_mended_and_gone() {
    let (db, roles) = by_hand(MISTAKES).await;
    let place = Place::new();
    let admin = url(&db.superuser());
    let doctor = |more: &[&str]| place.run_on(&admin, &[&["doctor"], more].concat());

    // Before: the application reads every tenant's rows.
    let count = "SELECT count(*) FROM invoices";
    assert_eq!(app_sees(&db, &roles[0], None, count).await, Ok(2));

    let first = doctor(&["--format", "json"]);
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    let found = codes(&first.stdout);
    for (code, object) in [
        ("R04-CREATEDB", roles[0].as_str()),
        ("R11-OTHER-BYPASS", &roles[2]),
        ("G05-CREATE", "public"),
        ("T11-PRIMARY-KEY", "public.customers"),
        ("U01-GLOBAL-UNIQUE", "public.customers_email_key on public.customers"),
        ("T04-NULLABLE", "public.invoices"),
        ("F01-FK-CROSS", "invoices_customer_id_fkey on public.invoices"),
        ("P02-WIDENING", "public.customers"),
        ("T01-RLS-OFF", "public.invoices"),
        ("V01-VIEW", "public.totals"),
    ] {
        assert!(
            found.iter().any(|(c, o)| c == code && o == object),
            "{code} {object} is not among {found:#?}"
        );
    }

    // As programs read it.
    valid(include_str!("../../schemas/doctor.schema.json"), &first.stdout);
    let sarif = doctor(&["--format", "sarif"]);
    // Of OASIS, with its regular expressions of languages mended as its errata 01 has them.
    valid(include_str!("sarif-schema-2.1.0.json"), &sarif.stdout);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(found.len()));

    // Without an answer nothing is changed.
    let unanswered = doctor(&["--fix=apply"]);
    assert_eq!(unanswered.code, Some(2), "{}", unanswered.shown());
    assert!(unanswered.stderr.contains("--yes"), "{}", unanswered.stderr);
    assert_eq!(codes(&doctor(&["--format", "json"]).stdout), found);

    let fixed = doctor(&["--fix=apply", "--yes", "--format", "json"]);
    println!("{}", fixed.stderr);
    let left = codes(&fixed.stdout);
    // What is left takes something away that may be meant, or is no SQL: the tool names each, and what to do.
    for (code, object) in &left {
        let named = ["to decide", "by hand"]
            .iter()
            .any(|word| fixed.stderr.contains(&format!("{word} {code} {object}")));
        assert!(named, "{code} {object}: {}", fixed.shown());
    }
    for code in ["U01-GLOBAL-UNIQUE", "R11-OTHER-BYPASS"] {
        assert!(left.iter().any(|(found, _)| found == code), "{code} was not decided: {}", fixed.shown());
    }
    let again = doctor(&["--fix=apply", "--yes", "--format", "json"]);
    assert!(!again.stderr.contains("mended"), "a second run changes nothing: {}", again.stderr);
    assert_eq!(codes(&again.stdout), left);

    // What no SQL of this database mends, and a login that is meant, is accepted with a reason and a date.
    let accepted: String = left
        .iter()
        .filter(|(code, _)| ["R11-OTHER-BYPASS", "C06-VERSION-CVE", "C07-SERVER-SETTING"].contains(&&**code))
        .map(|(code, object)| {
            format!(
                "[[accept]]\ncode = '{code}'\nobject = '{object}'\nreason = 'a test'\nuntil = 2099-01-01\n"
            )
        })
        .collect();
    place.write("tenancy.accepted.toml", &accepted);
    let decided = doctor(&[
        "--fix=apply",
        "--yes",
        "--decide",
        "U01-GLOBAL-UNIQUE",
        "--decide",
        "G15-GRANT-MORE",
        "--decide",
        "C05-NO-GUARD",
    ]);
    let clean = doctor(&[]);
    assert_eq!(clean.code, Some(0), "{}\n{}", decided.shown(), clean.shown());

    // After: a tenant reads its own rows, nobody reads all, and rows stay what they were.
    assert_eq!(app_sees(&db, &roles[0], Some("0a000000-0000-4000-8000-000000000000"), count).await, Ok(1));
    assert_eq!(app_sees(&db, &roles[0], None, count).await, Ok(0));
    let mine = "SELECT count(*) FROM invoices WHERE customer_id = '00000000-0000-4000-8000-00000000000b'";
    assert_eq!(app_sees(&db, &roles[0], Some("0b000000-0000-4000-8000-000000000000"), mine).await, Ok(1));
    assert_eq!(app_sees(&db, &roles[0], Some("0a000000-0000-4000-8000-000000000000"), mine).await, Ok(0));
    let mut superuser = db.connect_as_superuser().await;
    let rows = superuser.fetch_one("SELECT count(*) FROM invoices").await.expect("a count");
    assert_eq!(rows.get::<i64, _>(0), 2);
    drop_roles(&db, &roles).await;
}

/// What the catalogs leave open is asked, and never guessed.
#[tokio::test(flavor = "multi_thread")]
async fn a_survey_asks_what_it_cannot_see() {
    let (db, roles) = by_hand(
        "CREATE ROLE shop_owner NOLOGIN; CREATE ROLE shop_app LOGIN; CREATE ROLE shop_report LOGIN;
         CREATE TABLE rooms (id bigint PRIMARY KEY, org_id uuid NOT NULL, team_id uuid);",
    )
    .await;
    let place = Place::new();
    let admin = url(&db.superuser());
    let asks = |arguments: &[&str], words: &str| {
        let ended = place.run_on(&admin, &[&["doctor"], arguments].concat());
        assert_eq!(ended.code, Some(3), "{arguments:?}: {}", ended.shown());
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
    };
    asks(&[], "more than one column could be the tenant's: \"org_id\" in 1 tables, \"team_id\" in 1 tables");
    asks(&["--tenant-column", "house"], "no table has a column \"house\"");
    asks(&["--tenant-column", "org_id"], "say which role the application logs in as");
    asks(&["--tenant-column", "org_id", "--role", "nobody here"], "there is no role \"nobody here\"");
    let mut superuser = db.connect_as_superuser().await;
    let grant = format!("GRANT INSERT ON rooms TO {}, {}", roles[0], roles[2]);
    superuser.execute(sqlx::raw_sql(AssertSqlSafe(grant))).await.expect("grants");
    asks(&["--tenant-column", "org_id"], "more than one role could be the application's");
    // A reader goes behind a writer.
    let revoke = format!("REVOKE INSERT ON rooms FROM {0}; GRANT SELECT ON rooms TO {0}", roles[2]);
    superuser.execute(sqlx::raw_sql(AssertSqlSafe(revoke))).await.expect("grants");
    let found = place.run_on(&admin, &["doctor", "--tenant-column", "org_id", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
    assert_eq!(report["examined"]["runtime_role"], roles[0].as_str());
    assert_eq!(report["examined"]["tables"], 1);
    assert!(found.stdout.contains("T01-RLS-OFF"), "{}", found.stdout);
    drop(superuser);
    drop_roles(&db, &roles).await;
}

/// Where rows cross already, the foreign key that pairs the tenants cannot come: then the old one must not go.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_goes_only_when_another_comes() {
    let crossing =
        format!("{MISTAKES}; UPDATE invoices SET customer_id = '00000000-0000-4000-8000-00000000000a';");
    let (db, roles) = by_hand(&crossing).await;
    let place = Place::new();
    let admin = url(&db.superuser());
    let fixed = place.run_on(&admin, &["doctor", "--fix=apply", "--yes", "--format", "json"]);
    assert_eq!(fixed.code, Some(1));
    assert!(fixed.stderr.contains("failed K03-FOREIGN-KEY"), "{}", fixed.stderr);
    let mut superuser = db.connect_as_superuser().await;
    let keys = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'invoices'::regclass AND contype = 'f'";
    assert_eq!(superuser.fetch_one(keys).await.expect("a count").get::<i64, _>(0), 1, "{}", fixed.stderr);
    assert!(codes(&fixed.stdout).iter().any(|(code, _)| code == "F01-FK-CROSS"), "{}", fixed.stdout);
    // Everything else is mended.
    assert!(
        !codes(&fixed.stdout).iter().any(|(code, _)| code.starts_with("T01") || code.starts_with('P')),
        "{}",
        fixed.stdout
    );
    drop(superuser);
    drop_roles(&db, &roles).await;
}

/// The script is for review, and for whoever may not let a tool change a database.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_that_is_printed_runs() {
    let (db, roles) = by_hand(MISTAKES).await;
    let place = Place::new();
    let admin = url(&db.superuser());
    let mut superuser = db.connect_as_superuser().await;
    let mut rounds = 0;
    loop {
        let script = place.run_on(&admin, &["doctor", "--fix", "--fail-on", "never"]);
        assert_eq!(script.code, Some(0), "{}", script.stderr);
        let says_something = script.stdout.lines().any(|line| !line.is_empty() && !line.starts_with("--"));
        if !says_something {
            break;
        }
        rounds += 1;
        assert!(rounds < 5, "{}", script.stdout);
        let text = format!("BEGIN; {} COMMIT;", script.stdout);
        superuser.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.expect("the script runs");
    }
    assert_eq!(app_sees(&db, &roles[0], None, "SELECT count(*) FROM invoices").await, Ok(0));
    drop(superuser);
    drop_roles(&db, &roles).await;
}
