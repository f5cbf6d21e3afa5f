//! No error carries a row's values or the server's DETAIL: not in Display, not in Debug, not in any source.

use std::error::Error as StdError;

use tenancy::Error;
use tenancy::prelude::*;

use crate::common::*;

/// Walks an error and its sources.
pub fn carries_no_value(error: &(dyn StdError + 'static), values: &[&str]) {
    let mut next = Some(error);
    while let Some(error) = next {
        for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
            for value in values {
                assert!(!text.contains(value), "an error carries {value:?}: {text}");
            }
            for word in ["DETAIL", "detail", "Failing row", "already exists", "still referenced"] {
                assert!(!text.contains(word), "an error carries the server's DETAIL: {text}");
            }
        }
        next = error.source();
    }
}

#[tokio::test]
async fn errors_name_constraints_and_no_values() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let tenant = a.tenant().to_string();
    world.project(a, "s3cret").await;
    let taken = Project::insert(a, new_project("s3cret")).execute(db).await.expect_err("the slug is taken");
    let server = taken.as_server_error().expect("PostgreSQL refused");
    assert_eq!((server.code(), server.table()), ("23505", Some("projects")));
    assert!(server.constraint().is_some_and(|name| name.contains("slug")), "{server}");
    carries_no_value(&taken, &["s3cret", &tenant]);

    let nowhere = uuid::Uuid::new_v4();
    let draft = TaskDraft { project_id: nowhere, title: "t1tle".to_owned() };
    let dangling = Task::insert(a, draft).execute(db).await.expect_err("there is no such project");
    assert_eq!(dangling.as_server_error().expect("PostgreSQL refused").code(), "23503");
    carries_no_value(&dangling, &["t1tle", &nowhere.to_string(), &tenant]);

    // A text with a NUL cannot be stored, and the message quotes nothing.
    let nul = Project::insert(a, new_project("nul\0s3cret")).execute(db).await.expect_err("a NUL byte");
    carries_no_value(&nul, &["s3cret"]);
}

#[tokio::test]
async fn values_that_do_not_decode_stay_out_of_the_error() {
    let world = World::new().await;
    let mut superuser = world.superuser().await;
    world.project(&world.a, "x").await;
    sqlx::raw_sql("ALTER TYPE kinds.project_status ADD VALUE 's3cret'")
        .execute(&mut superuser)
        .await
        .expect("DDL");
    sqlx::raw_sql("UPDATE projects SET status = 's3cret'").execute(&mut superuser).await.expect("an update");
    let error = Project::find(&world.a).fetch_one(&world.db).await.expect_err("no variant is called that");
    assert!(matches!(error, Error::Decode { entity: "Project", .. }), "{error:?}");
    carries_no_value(&error, &["s3cret"]);
    let all = Project::find(&world.a).fetch_all(&world.db).await.expect_err("no variant is called that");
    carries_no_value(&all, &["s3cret"]);
    assert_eq!(Project::count(&world.a).fetch_one(&world.db).await.expect("the pool is fine"), 1);
}

#[tokio::test]
async fn raised_messages_are_not_repeated() {
    let world = World::new().await;
    let mut superuser = world.superuser().await;
    let trigger = "CREATE FUNCTION blurt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           RAISE EXCEPTION 'the slug % is odd', NEW.slug USING ERRCODE = '42501', DETAIL = NEW.name; END $$; \
         CREATE TRIGGER blurt BEFORE INSERT ON projects FOR EACH ROW EXECUTE FUNCTION blurt();";
    sqlx::raw_sql(trigger).execute(&mut superuser).await.expect("DDL");
    let error =
        Project::insert(&world.a, new_project("s3cret")).execute(&world.db).await.expect_err("raised");
    assert_eq!(error.as_server_error().expect("PostgreSQL refused").code(), "42501");
    carries_no_value(&error, &["s3cret"]);
}

#[test]
fn errors_are_send_sync_and_static() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    check::<tenancy::AuthError>();
    check::<TenantToken>();
    check::<TenantDb>();
    check::<TenantTx>();
}

#[tokio::test]
async fn nothing_prints_a_password() {
    let world = World::new().await;
    let secret = "s3cret-pass";
    let options = world.test.app().password(secret);
    assert!(format!("{options:?}").contains(secret), "sqlx prints it: the test is not vacuous");
    let builder = || TenantDb::builder(options.clone()).trust(world.authority.authority()).schema(&SCHEMA);
    assert!(!format!("{:#?}", builder()).contains(secret));
    let error = builder().connect().await.expect_err("the password is wrong");
    carries_no_value(&error, &[secret]);
    let db = format!("{:#?} {:#?}", world.db, world.db.begin(&world.a).await.expect("a transaction"));
    assert!(db.contains("TenantDb") && !db.contains("password"), "{db}");
}
