//! Every statement, filter, order and type, against what PostgreSQL answers.

use chrono::{NaiveDate, TimeZone, Utc};
use futures_util::TryStreamExt;
use serde_json::json;
use tenancy::Error;
use tenancy::prelude::*;
use tenancy::statement::Filter;

use crate::common::*;

async fn slugs(statement: tenancy::statement::Select<Project>, world: &World) -> Vec<String> {
    let rows = statement.order_by(|p| p.slug.asc()).fetch_all(&world.db).await.expect("a read");
    rows.into_iter().map(|project| project.slug).collect()
}

async fn with_projects(count: u8) -> World {
    let world = World::new().await;
    for letter in (b'a'..).take(count.into()).map(char::from) {
        world.project(&world.a, &letter.to_string()).await;
        world.project(&world.b, &letter.to_string()).await;
    }
    world
}

#[tokio::test]
async fn filters_choose_rows() {
    let world = with_projects(4).await;
    let (a, db) = (&world.a, &world.db);
    let changed = Project::update(a)
        .filter(|p| p.slug.in_(["c", "d"]))
        .set(|p| p.status, Status::Active)
        .set(|p| p.note, "noted")
        .execute(db)
        .await
        .expect("an update");
    assert_eq!(changed, 2);

    let cases: Vec<(&str, Filter<Project>, &[&str])> = {
        let p = Project::columns();
        let owned = String::from("a");
        vec![
            ("eq", p.slug.eq("a"), &["a"]),
            ("eq String", p.slug.eq(String::from("a")), &["a"]),
            ("eq &String", p.slug.eq(&owned), &["a"]),
            ("ne", p.slug.ne("a"), &["b", "c", "d"]),
            ("lt", p.slug.lt("b"), &["a"]),
            ("le", p.slug.le("b"), &["a", "b"]),
            ("gt", p.slug.gt("c"), &["d"]),
            ("ge", p.slug.ge("c"), &["c", "d"]),
            ("between", p.slug.between("b", "c"), &["b", "c"]),
            ("in", p.slug.in_(["a", "d", "z"]), &["a", "d"]),
            ("in nothing", p.slug.in_(Vec::<String>::new()), &[]),
            ("not in", p.slug.not_in(["a", "d"]), &["b", "c"]),
            ("not in nothing", p.slug.not_in(Vec::<&str>::new()), &["a", "b", "c", "d"]),
            ("like", p.name.like("Project _"), &["a", "b", "c", "d"]),
            ("like is exact", p.name.like("project%"), &[]),
            ("ilike", p.name.ilike("project%"), &["a", "b", "c", "d"]),
            ("null", p.note.is_null(), &["a", "b"]),
            ("not null", p.note.is_not_null(), &["c", "d"]),
            ("enum", p.status.eq(Status::Active), &["c", "d"]),
            ("enum list", p.status.in_([Status::Draft, Status::Archived]), &["a", "b"]),
            ("and", p.slug.gt("a").and(p.status.eq(Status::Draft)), &["b"]),
            ("or", p.slug.eq("a").or(p.slug.eq("d")), &["a", "d"]),
            ("not", p.slug.eq("a").not(), &["b", "c", "d"]),
            (
                "nested",
                p.slug.eq("a").or(p.slug.eq("b")).and(p.slug.eq("c").or(p.slug.eq("b")).not()),
                &["a"],
            ),
            ("all", Filter::all([p.slug.gt("a"), p.slug.lt("d")]), &["b", "c"]),
            ("all of none", Filter::all([]), &["a", "b", "c", "d"]),
            ("any", Filter::any([p.slug.eq("a"), p.slug.eq("b")]), &["a", "b"]),
            ("any of none", Filter::any([]), &[]),
            ("an injection is a value", p.slug.eq("a' OR '1'='1"), &[]),
        ]
    };
    for (name, filter, expected) in cases {
        assert_eq!(slugs(Project::find(a).filter(|_| filter), &world).await, expected, "{name}");
    }
    let twice = Project::find(a).filter(|p| p.slug.gt("a")).filter(|p| p.slug.lt("c"));
    assert_eq!(slugs(twice, &world).await, ["b"], "several filters must all hold");
    assert_eq!(slugs(Project::find(&world.b).filter(|p| p.note.is_not_null()), &world).await, [""; 0]);
}

#[tokio::test]
async fn orders_limits_and_offsets() {
    let world = with_projects(4).await;
    let (a, db) = (&world.a, &world.db);
    Project::update(a).filter(|p| p.slug.eq("b")).set(|p| p.note, "n").execute(db).await.expect("an update");
    let read = async |statement: tenancy::statement::Select<Project>| -> Vec<String> {
        statement.fetch_all(db).await.expect("a read").into_iter().map(|p| p.slug).collect()
    };
    assert_eq!(read(Project::find(a).order_by(|p| p.slug.desc())).await, ["d", "c", "b", "a"]);
    assert_eq!(read(Project::find(a).order_by(|p| p.slug.asc()).limit(2)).await, ["a", "b"]);
    assert_eq!(read(Project::find(a).order_by(|p| p.slug.asc()).limit(2).offset(1)).await, ["b", "c"]);
    assert_eq!(read(Project::find(a).order_by(|p| p.slug.asc()).offset(3)).await, ["d"]);
    assert_eq!(read(Project::find(a).limit(0)).await, [""; 0]);
    assert_eq!(read(Project::find(a).limit(u64::MAX)).await.len(), 4);
    let nulls_first = Project::find(a).order_by(|p| p.note.asc().nulls_first()).order_by(|p| p.slug.asc());
    assert_eq!(read(nulls_first).await, ["a", "c", "d", "b"]);
    let nulls_last = Project::find(a).order_by(|p| p.note.desc().nulls_last()).order_by(|p| p.slug.asc());
    assert_eq!(read(nulls_last).await, ["b", "a", "c", "d"]);
}

#[tokio::test]
async fn reads_end_as_sqlx_ends_them() {
    let world = with_projects(3).await;
    let (a, db) = (&world.a, &world.db);
    let first = Project::find(a).order_by(|p| p.slug.asc()).fetch_one(db).await.expect("a row");
    assert_eq!(first.slug, "a");
    let none = Project::find(a).filter(|p| p.slug.eq("z")).fetch_optional(db).await.expect("a read");
    assert_eq!(none, None);
    let missing = Project::find(a).filter(|p| p.slug.eq("z")).fetch_one(db).await;
    assert!(matches!(missing, Err(Error::RowNotFound)), "{missing:?}");
    assert_eq!(Project::count(a).fetch_one(db).await.expect("a count"), 3);
    assert_eq!(Project::count(a).filter(|p| p.slug.gt("a")).fetch_one(db).await.expect("a count"), 2);
    assert!(Project::exists(a).filter(|p| p.slug.eq("a")).fetch_one(db).await.expect("an answer"));
    assert!(!Project::exists(a).filter(|p| p.slug.eq("z")).fetch_one(db).await.expect("an answer"));
}

#[tokio::test]
async fn a_stream_outlives_statement_database_and_caller() {
    fn rows(
        db: TenantDb,
        token: TenantToken,
    ) -> impl futures_util::Stream<Item = Result<Tick, Error>> + Send + 'static {
        Tick::find(&token).fetch(&db)
    }
    let world = World::new().await;
    let ticks = (0..5_000).map(|_| NewTick {});
    assert_eq!(Tick::insert_many(&world.a, ticks).execute(&world.db).await.expect("an insert"), 5_000);
    Tick::insert(&world.b, NewTick {}).execute(&world.db).await.expect("an insert");
    let stream = rows(world.db.clone(), world.a.clone());
    let read = tokio::spawn(stream.try_fold(0, async |sum, _| Ok(sum + 1))).await.expect("no panic");
    assert_eq!(read.expect("a stream"), 5_000);
    // Dropped in the middle: the rest is read by somebody else.
    for _ in 0..20 {
        let mut stream = std::pin::pin!(rows(world.db.clone(), world.a.clone()));
        assert!(stream.try_next().await.expect("a row").is_some());
    }
    assert_eq!(Tick::count(&world.b).fetch_one(&world.db).await.expect("a count"), 1);
}

#[tokio::test]
async fn inserts_return_what_the_database_filled_in() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let project = Project::insert(a, new_project("x")).fetch_one(db).await.expect("an insert");
    assert_eq!((project.tenant_id, project.status, project.note), (a.tenant(), Status::Draft, None));
    let id = uuid::Uuid::new_v4();
    let chosen = Project::insert(a, new_project("y"))
        .set(|p| p.id, id)
        .set(|p| p.status, Status::Draft)
        .set(|p| p.status, Status::Archived)
        .set(|p| p.note, None)
        .set(|p| p.note, Some("last".to_owned()))
        .fetch_one(db)
        .await
        .expect("an insert");
    assert_eq!((chosen.id, chosen.status, chosen.note.as_deref()), (id, Status::Archived, Some("last")));
    let rows = Project::insert_many(a, ["p", "q"].map(new_project)).fetch_all(db).await.expect("an insert");
    assert_eq!(rows.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>(), ["p", "q"]);
    assert!(rows.iter().all(|row| row.tenant_id == a.tenant()));
    assert_eq!(Project::insert_many(a, []).execute(db).await.expect("nothing to do"), 0);
    assert_eq!(Project::insert_many(a, []).fetch_all(db).await.expect("nothing to do"), []);
}

#[tokio::test]
async fn insert_many_is_all_or_nothing_whatever_the_number() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    // Far beyond the 65,535 parameters of a statement.
    let many = (0..70_000).map(|i| new_project(&format!("{i}")));
    assert_eq!(Project::insert_many(a, many).execute(db).await.expect("an insert"), 70_000);
    let again = ["new", "7"].map(new_project);
    let error = Project::insert_many(a, again).execute(db).await.expect_err("the slug `7` is taken");
    let error = error.as_server_error().expect("PostgreSQL refused");
    assert_eq!(error.kind(), sqlx::error::ErrorKind::UniqueViolation);
    assert!(!Project::exists(a).filter(|p| p.slug.eq("new")).fetch_one(db).await.expect("an answer"));
}

#[tokio::test]
async fn updates_and_deletes_say_what_they_did() {
    let world = with_projects(3).await;
    let (a, db) = (&world.a, &world.db);
    let rows = Project::update(a)
        .filter(|p| p.slug.ge("b"))
        .set(|p| p.name, "N")
        .fetch_all(db)
        .await
        .expect("an update");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|p| p.name == "N" && p.tenant_id == a.tenant()));
    let one = Project::update(a).filter(|p| p.slug.eq("a")).set(|p| p.note, "n").fetch_one(db).await;
    assert_eq!(one.expect("an update").note.as_deref(), Some("n"));
    let back = Project::update(a).filter(|p| p.slug.eq("a")).set(|p| p.note, None).fetch_one(db).await;
    assert_eq!(back.expect("an update").note, None);
    let none = Project::update(a).filter(|p| p.slug.eq("z")).set(|p| p.note, "n").fetch_optional(db).await;
    assert_eq!(none.expect("an update"), None);
    assert_eq!(
        Project::update(a).all_rows().set(|p| p.status, Status::Active).execute(db).await.expect("an update"),
        3
    );
    let gone = Project::delete(a).filter(|p| p.slug.eq("a")).fetch_all(db).await.expect("a delete");
    assert_eq!(gone.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(Project::delete(a).all_rows().execute(db).await.expect("a delete"), 2);
    assert_eq!(
        slugs(Project::find(&world.b), &world).await,
        ["a", "b", "c"],
        "the other tenant keeps its rows"
    );
}

#[tokio::test]
async fn a_filter_that_leaves_nothing_out_is_no_filter() {
    let world = with_projects(2).await;
    let (a, db) = (&world.a, &world.db);
    let nobody = Vec::<&str>::new;
    let deletes = [
        Project::delete(a).filter(|p| p.slug.not_in(nobody())),
        Project::delete(a).filter(|_| Filter::all([])),
        Project::delete(a).filter(|p| p.slug.in_(nobody()).not()),
        Project::delete(a).filter(|p| p.slug.eq("a").or(p.slug.not_in(nobody()))),
        Project::delete(a).filter(|p| p.slug.not_in(nobody()).and(p.name.not_in(nobody()))),
        Project::delete(a).filter(|_| Filter::any([]).not()),
    ];
    for delete in deletes {
        let refused = delete.execute(db).await;
        assert!(matches!(refused, Err(Error::FilterAlwaysTrue { statement: "delete", .. })), "{refused:?}");
    }
    let update =
        Project::update(a).filter(|p| p.slug.not_in(nobody())).set(|p| p.name, "x").execute(db).await;
    assert!(matches!(update, Err(Error::FilterAlwaysTrue { statement: "update", .. })), "{update:?}");
    let nothing = Project::update(a).filter(|p| p.slug.eq("a")).execute(db).await;
    assert!(matches!(nothing, Err(Error::NothingToSet { .. })), "{nothing:?}");
    assert_eq!(Project::count(a).fetch_one(db).await.expect("a count"), 2, "nothing was deleted");
    // A filter that is never true deletes nothing, and may.
    let never = Project::delete(a).filter(|p| p.slug.in_(nobody())).execute(db).await;
    assert_eq!(never.expect("a delete"), 0);
    let narrowed =
        Project::delete(a).filter(|p| p.slug.not_in(nobody()).and(p.slug.eq("a"))).execute(db).await;
    assert_eq!(narrowed.expect("a delete"), 1);
}

fn sample(id: i32, full: bool) -> NewSample {
    let at = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap();
    NewSample {
        id,
        a_bool: true,
        an_i16: i16::MIN,
        an_i32: i32::MAX,
        an_i64: i64::MIN,
        an_f32: 1.5,
        an_f64: -0.1,
        a_string: "Grüße, \u{1F680} 'quoted'".to_owned(),
        bytes: vec![0, 255, 10],
        a_uuid: uuid::Uuid::from_u128(7),
        at_chrono: at,
        on_chrono: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
        at_time: time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap(),
        json: json!({"a": [1, null]}),
        shape: sqlx::types::Json(Shape { corners: 3 }),
        status: Status::Archived,
        email: Email("a@example.com".to_owned()),
        m_bool: full.then_some(false),
        m_i64: full.then_some(42),
        m_string: full.then(|| "s".to_owned()),
        m_bytes: full.then(Vec::new),
        m_chrono: full.then_some(at),
        m_json: full.then(|| json!(1)),
        m_status: full.then_some(Status::Draft),
    }
}

#[tokio::test]
async fn every_type_goes_in_and_comes_out() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let one = Sample::insert(a, sample(1, true)).fetch_one(db).await.expect("an insert");
    let many =
        Sample::insert_many(a, [sample(2, true), sample(3, false)]).fetch_all(db).await.expect("inserts");
    for (row, full) in [(&one, true), (&many[0], true), (&many[1], false)] {
        let new = sample(row.id, full);
        assert_eq!(row.a_string, new.a_string);
        assert_eq!((&row.bytes, &row.m_bytes), (&new.bytes, &new.m_bytes));
        assert_eq!((row.an_i16, row.an_i32, row.an_i64), (new.an_i16, new.an_i32, new.an_i64));
        assert_eq!((row.an_f32, row.an_f64), (new.an_f32, new.an_f64));
        assert_eq!((row.at_chrono, row.m_chrono, row.at_time), (new.at_chrono, new.m_chrono, new.at_time));
        assert_eq!((&row.json, &row.m_json, &row.shape), (&new.json, &new.m_json, &new.shape));
        assert_eq!((row.status, row.m_status, &row.email), (new.status, new.m_status, &new.email));
        assert_eq!((row.m_bool, row.m_i64, &row.m_string), (new.m_bool, new.m_i64, &new.m_string));
    }
    let s = Sample::columns();
    let new = sample(1, true);
    let borrowed = &new.an_i64;
    let all_true = [
        s.a_bool.eq(true),
        s.an_i16.eq(i16::MIN).and(s.an_i16.lt(3)),
        s.an_i32.in_([i32::MAX]),
        s.an_i64.le(borrowed),
        s.an_f32.eq(1.5),
        s.an_f64.between(-1.0, 0.0),
        s.bytes.eq(&[0, 255, 10]),
        s.a_uuid.eq(new.a_uuid),
        s.at_chrono.le(Utc::now()),
        s.on_chrono.in_([new.on_chrono]),
        s.at_time.eq(new.at_time),
        s.json.eq(json!({"a": [1, null]})),
        s.shape.eq(sqlx::types::Json(Shape { corners: 3 })),
        s.status.in_([Status::Archived]),
        s.email.eq(Email("a@example.com".to_owned())),
        s.m_i64.eq(42),
        s.m_string.like("s"),
        s.m_status.eq(Status::Draft),
        s.m_json.is_not_null(),
    ];
    for (i, filter) in all_true.into_iter().enumerate() {
        let found = Sample::count(a).filter(|s| filter.and(s.id.eq(1))).fetch_one(db).await;
        assert_eq!(found.expect("a count"), 1, "filter {i}");
    }
    let cleared = Sample::update(a)
        .filter(|s| s.id.eq(1))
        .set(|s| s.m_status, None)
        .set(|s| s.m_bytes, None)
        .set(|s| s.m_json, Some(json!([])))
        .set(|s| s.status, Status::Active)
        .set(|s| s.an_i64, 5)
        .set(|s| s.bytes, vec![1])
        .fetch_one(db)
        .await
        .expect("an update");
    assert_eq!(
        (cleared.m_status, cleared.m_bytes, cleared.status, cleared.an_i64),
        (None, None, Status::Active, 5)
    );
}

#[tokio::test]
async fn hostile_names_are_names() {
    let world = World::new().await;
    let (a, b, db) = (&world.a, &world.b, &world.db);
    let new = |id, kind: &str| NewOrder { id, r#type: kind.to_owned(), a_b: Some(1) };
    let order =
        Order::insert(a, new(1, "x")).set(|o| o.select, false).fetch_one(db).await.expect("an insert");
    assert_eq!((order.owner, order.select), (a.tenant().as_uuid(), false));
    Order::insert_many(b, [new(1, "x"), new(2, "y")]).execute(db).await.expect("the ids of another tenant");
    let found = Order::find(a)
        .filter(|o| o.r#type.eq("x").and(o.a_b.eq(1)).and(o.select.eq(false)))
        .order_by(|o| o.a_b.desc())
        .fetch_all(db)
        .await
        .expect("a read");
    assert_eq!(found, [order]);
    assert_eq!(
        Order::update(b).filter(|o| o.id.eq(1)).set(|o| o.a_b, None).execute(db).await.expect("an update"),
        1
    );
    assert_eq!(Order::delete(b).filter(|o| o.r#type.eq("y")).execute(db).await.expect("a delete"), 1);
}

/// "A database or a transaction", for two statements: as the documentation of `Executor` says.
async fn rename<'c>(
    token: &TenantToken,
    slug: &str,
    mut executor: impl Executor<'c>,
) -> Result<Project, Error> {
    Project::update(token)
        .filter(|p| p.slug.eq(slug))
        .set(|p| p.name, "renamed")
        .execute(executor.by_ref())
        .await?;
    Project::find(token).filter(|p| p.slug.eq(slug)).fetch_one(executor).await
}

#[tokio::test]
async fn helpers_take_a_database_or_a_transaction() {
    let world = with_projects(2).await;
    // Through a spawned task: the futures of generic helpers are `Send`.
    let (a, db) = (world.a.clone(), world.db.clone());
    let renamed = tokio::spawn(async move { rename(&a, "a", &db).await }).await.expect("no panic");
    assert_eq!(renamed.expect("a project").name, "renamed");
    let (a, db) = (world.a.clone(), world.db.clone());
    let renamed = tokio::spawn(async move {
        let mut tx = db.begin(&a).await?;
        let project = rename(&a, "b", &mut tx).await?;
        let again = rename(&a, "b", &mut tx).await?;
        assert_eq!(project.id, again.id);
        tx.commit().await?;
        Ok::<_, Error>(project)
    });
    assert_eq!(renamed.await.expect("no panic").expect("a project").name, "renamed");
}

#[tokio::test]
async fn deleting_a_project_deletes_its_tasks_and_unparents_others() {
    let world = with_projects(1).await;
    let (a, db) = (&world.a, &world.db);
    let project = Project::find(a).fetch_one(db).await.expect("a project");
    let parent = world.task(a, &project, "parent").await;
    let draft = TaskDraft { project_id: project.id, title: "child".to_owned() };
    let child = Task::insert(a, draft).set(|t| t.parent_id, parent.id).fetch_one(db).await.expect("a task");
    assert_eq!(child.parent_id, Some(parent.id));
    Task::delete(a).filter(|t| t.id.eq(parent.id)).execute(db).await.expect("a delete");
    let orphan = Task::find_by_id(a, child.id).fetch_one(db).await.expect("the child stays");
    assert_eq!((orphan.parent_id, orphan.tenant_id), (None, a.tenant()));
    Project::delete(a).filter(|p| p.id.eq(project.id)).execute(db).await.expect("a delete");
    assert_eq!(Task::count(a).fetch_one(db).await.expect("a count"), 0);
}

/// What the derive's documentation says of ids that the database counts.
#[tokio::test]
async fn an_identity_column_needs_no_grant_on_its_sequence_and_a_serial_one_does() {
    let world = World::new().await;
    let mut superuser = world.superuser().await;
    let tables = "CREATE TABLE counted (id bigint GENERATED BY DEFAULT AS IDENTITY, x integer); \
         CREATE TABLE serial (id bigserial, x integer); \
         GRANT INSERT (id, x) ON counted, serial TO tenancy_app";
    sqlx::raw_sql(tables).execute(&mut superuser).await.expect("DDL");
    let mut psql = world.psql().await;
    sqlx::query("INSERT INTO counted (x) VALUES (1)").execute(&mut psql).await.expect("an insert");
    let refused =
        sqlx::query("INSERT INTO serial (x) VALUES (1)").execute(&mut psql).await.expect_err("no grant");
    assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"));
}

/// The derive writes the list out, and statements add the names to it that they quote themselves.
#[test]
fn the_derive_quotes_as_statements_do() {
    for entity in SCHEMA.entities() {
        let quoted = |name: &str| format!("\"t\".\"{}\"", name.replace('"', "\"\""));
        let expected: Vec<_> = entity.columns.iter().map(|column| quoted(column.name)).collect();
        assert_eq!(entity.select_list, expected.join(", "), "{}", entity.entity);
    }
}
