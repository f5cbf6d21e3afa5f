//! `sql!`: hand-written statements read what builders would, of one tenant, whatever their clauses are.

use futures_util::TryStreamExt;
use tenancy::prelude::*;
use tenancy::{Error, sql};
use uuid::Uuid;

use crate::common::*;
use crate::public::site;
use crate::twins::{self, Twins};

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Report {
    name: String,
    open: i64,
}

/// Reports that read tables in every place where one can stand, each as text.
async fn battery(twins: &Twins, token: &TenantToken) -> Vec<(&'static str, Vec<String>)> {
    let (db, done, least) = (&twins.world.db, false, 1_i64);
    let [one, two, _] = twins.projects;
    macro_rules! rows {
        ($text:literal) => {
            sql!(token, $text).scalar::<String>().fetch_all(db).await.expect($text)
        };
    }
    vec![
        ("from", rows!("SELECT name FROM {Project} p ORDER BY name")),
        (
            "join",
            rows!(
                "SELECT t.title || ' in ' || p.name FROM {Task} t JOIN {Project} p ON p.id = t.project_id
                 WHERE t.done = {done} ORDER BY 1"
            ),
        ),
        (
            "left join and groups",
            rows!(
                "SELECT p.name || ': ' || count(t.id) FROM {Project} p LEFT JOIN {Task} t ON t.project_id = p.id AND t.done
                 GROUP BY p.name ORDER BY p.name"
            ),
        ),
        (
            "a subquery in the list",
            rows!(
                "SELECT p.name || ' ' || (SELECT count(*) FROM {Task} t WHERE t.project_id = p.id) FROM {Project} p ORDER BY 1"
            ),
        ),
        (
            "in, exists and not exists",
            rows!(
                "SELECT p.name FROM {Project} p
                 WHERE p.id IN (SELECT t.project_id FROM {Task} t WHERE t.done)
                   AND EXISTS (SELECT FROM {Task} t WHERE t.project_id = p.id)
                   AND NOT EXISTS (SELECT FROM {Task} t WHERE t.project_id = p.id AND t.parent_id = {Uuid::nil()})
                 ORDER BY 1"
            ),
        ),
        (
            "ctes",
            rows!(
                "WITH mine AS (SELECT * FROM {Task} t WHERE t.project_id = ANY({vec![one, two]})),
                      counted AS (SELECT project_id, count(*) AS n FROM mine GROUP BY project_id HAVING count(*) >= {least})
                 SELECT p.name || ' ' || c.n FROM counted c JOIN {Project} p ON p.id = c.project_id ORDER BY 1"
            ),
        ),
        (
            "recursive",
            rows!(
                "WITH RECURSIVE tree AS (
                     SELECT id, title, 1 AS depth FROM {Task} r WHERE parent_id IS NULL
                     UNION ALL
                     SELECT t.id, t.title, tree.depth + 1 FROM {Task} t JOIN tree ON t.parent_id = tree.id)
                 SELECT depth || ' ' || title FROM tree ORDER BY 1"
            ),
        ),
        (
            "union",
            rows!("SELECT name FROM {Project} p WHERE id = {one} UNION SELECT title FROM {Task} t WHERE done ORDER BY 1"),
        ),
        (
            "lateral",
            rows!(
                "SELECT p.name || coalesce(' last ' || l.title, '') FROM {Project} p
                 LEFT JOIN LATERAL (SELECT t.title FROM {Task} t WHERE t.project_id = p.id ORDER BY t.title DESC LIMIT 1) l ON true
                 ORDER BY 1"
            ),
        ),
        (
            "windows",
            rows!("SELECT title || ' of ' || count(*) OVER (PARTITION BY project_id) FROM {Task} t ORDER BY 1"),
        ),
        (
            "a function of one's own",
            rows!("SELECT p.name || ' ' || {OPEN_TASKS}(p.id) FROM {Project} p ORDER BY 1"),
        ),
    ]
}

/// The same by the builder, and by hand where it has no words.
fn expected(owner: &str) -> Vec<(&'static str, Vec<String>)> {
    let of_a: &[(&str, &[&str])] = &[
        ("from", &["a project 0", "a project 1", "a project 2"]),
        ("join", &["a task 0 in a project 0", "a task 1 in a project 0", "a task 2 in a project 0"]),
        ("left join and groups", &["a project 0: 0", "a project 1: 1", "a project 2: 0"]),
        ("a subquery in the list", &["a project 0 3", "a project 1 1", "a project 2 0"]),
        ("in, exists and not exists", &["a project 1"]),
        ("ctes", &["a project 0 3", "a project 1 1"]),
        ("recursive", &["1 a task 0", "1 a task 3", "2 a task 1", "2 a task 2"]),
        ("union", &["a project 0", "a task 3"]),
        ("lateral", &["a project 0 last a task 2", "a project 1 last a task 3", "a project 2"]),
        ("windows", &["a task 0 of 3", "a task 1 of 3", "a task 2 of 3", "a task 3 of 1"]),
        ("a function of one's own", &["a project 0 3", "a project 1 0", "a project 2 0"]),
    ];
    let of_b: &[(&str, &[&str])] = &[
        ("from", &["b project 0", "b project 1", "b project 2"]),
        ("join", &[]),
        ("left join and groups", &["b project 0: 1", "b project 1: 3", "b project 2: 0"]),
        ("a subquery in the list", &["b project 0 1", "b project 1 3", "b project 2 0"]),
        ("in, exists and not exists", &["b project 0", "b project 1"]),
        ("ctes", &["b project 0 1", "b project 1 3"]),
        ("recursive", &["1 b task 0", "1 b task 3", "2 b task 1", "2 b task 2"]),
        ("union", &["b project 0", "b task 0", "b task 1", "b task 2", "b task 3"]),
        ("lateral", &["b project 0 last b task 3", "b project 1 last b task 2", "b project 2"]),
        ("windows", &["b task 0 of 3", "b task 1 of 3", "b task 2 of 3", "b task 3 of 1"]),
        ("a function of one's own", &["b project 0 0", "b project 1 0", "b project 2 0"]),
    ];
    let of = if owner == "a" { of_a } else { of_b };
    twins::expected(of)
}

#[tokio::test]
async fn every_table_of_every_statement_is_the_tenants() {
    let twins = Twins::new().await;
    for (token, owner) in [(&twins.world.a, "a"), (&twins.world.b, "b")] {
        assert_eq!(battery(&twins, token).await, expected(owner), "with both locks");
    }
    twins.without_rls().await;
    for (token, owner) in [(&twins.world.a, "a"), (&twins.world.b, "b")] {
        let by_predicates = |(name, _): &(&str, Vec<String>)| *name != "a function of one's own";
        let rows: Vec<_> = battery(&twins, token).await.into_iter().filter(by_predicates).collect();
        let expected: Vec<_> = expected(owner).into_iter().filter(by_predicates).collect();
        assert_eq!(rows, expected, "by the predicates alone");
    }
}

#[tokio::test]
async fn rows_are_structs_tuples_and_values() {
    let twins = Twins::new().await;
    let (a, db) = (&twins.world.a, &twins.world.db);
    let report = || {
        let done = false;
        sql!(a, "SELECT p.name, count(t.id) AS open FROM {Project} p LEFT JOIN {Task} t ON t.project_id = p.id AND t.done = {done}
                 GROUP BY p.name ORDER BY p.name")
    };
    let named: Vec<Report> = report().fetch_all(db).await.expect("rows");
    assert_eq!(named[0], Report { name: "a project 0".into(), open: 3 });
    let tuples: Vec<(String, i64)> = report().fetch(db).try_collect().await.expect("rows");
    assert_eq!(tuples, named.iter().map(|row| (row.name.clone(), row.open)).collect::<Vec<_>>());
    let first: Report = report().fetch_one(db).await.expect("a row");
    assert_eq!(first, named[0]);
    let none: Option<Report> = sql!(a, "SELECT name, 1::bigint AS open FROM {Project} p WHERE false")
        .fetch_optional(db)
        .await
        .expect("no row");
    assert_eq!(none, None);
    let none = sql!(a, "SELECT 1 FROM {Project} p WHERE false").scalar::<i32>().fetch_one(db).await;
    assert!(matches!(none, Err(Error::RowNotFound)), "{none:?}");
    let notes: Vec<Option<String>> = sql!(a, "SELECT note FROM {Project} p UNION ALL SELECT NULL")
        .scalar()
        .fetch(db)
        .try_collect()
        .await
        .expect("values");
    assert_eq!(notes.iter().flatten().count(), 3);
    assert_eq!(notes.len(), 4);
    let wrong = sql!(a, "SELECT name FROM {Project} p").fetch_all::<(i64,), _>(db).await;
    assert!(matches!(wrong, Err(Error::Decode { .. })), "{wrong:?}");
    let missing = sql!(a, "SELECT name FROM {Project} p").fetch_all::<Report, _>(db).await;
    assert!(matches!(&missing, Err(Error::Decode { column, .. }) if &**column == "open"), "{missing:?}");
}

#[tokio::test]
async fn values_are_borrowed_and_whatever_sqlx_encodes() {
    let twins = Twins::new().await;
    let (a, db) = (&twins.world.a, &twins.world.db);
    let slug = String::from("a0");
    let (status, slugs, maybe) = (Status::Draft, ["a0", "a1"], None::<String>);
    let found = sql!(
        a,
        "SELECT name FROM {Project} p
         WHERE slug = {slug} AND slug = {slug.as_str()} AND status = {status} AND slug = ANY({slugs})
           AND coalesce({maybe}, note) = {\"of a\"} AND id = {twins.projects[0]} AND {if slug.is_empty() { 0 } else { 1 }} = 1",
    );
    assert_eq!(slug, "a0", "the value is still there");
    drop(slug);
    assert_eq!(found.scalar::<String>().fetch_all(db).await.expect("rows"), ["a project 0"]);
}

/// Values are not sent as text in any place where an expression can stand.
#[tokio::test]
async fn a_hostile_value_is_data() {
    let twins = Twins::new().await;
    let (a, db) = (&twins.world.a, &twins.world.db);
    for value in crate::hostile::values() {
        let shown: String = value.chars().take(30).collect();
        let (came, listed): (String, bool) = sql!(
            a,
            "SELECT {value}::text, {value} = ANY({vec![value.clone()]}) FROM {Project} p WHERE p.slug = 'a0' OR p.name = {value}"
        )
        .fetch_one(db)
        .await
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!((came == value, listed), (true, true), "{shown}");
        let found =
            sql!(a, "SELECT p.slug FROM {Project} p WHERE p.slug = {value} OR p.name LIKE {value} ESCAPE ''")
                .scalar::<String>()
                .fetch_all(db)
                .await
                .unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(found.len(), if ["%", "%%__"].contains(&&*value) { 3 } else { 0 }, "{shown}");
    }
    let nul = sql!(a, "SELECT p.slug FROM {Project} p WHERE p.slug = {\"secret\\0value\"}")
        .scalar::<String>()
        .fetch_all(db)
        .await;
    let error = nul.expect_err("PostgreSQL has no NUL in its texts");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

struct Unencodable;

impl sqlx::Type<sqlx::Postgres> for Unencodable {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <i32 as sqlx::Type<sqlx::Postgres>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::Postgres> for Unencodable {
    fn encode_by_ref(
        &self,
        _: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Err("it holds secret".into())
    }
}

#[tokio::test]
async fn what_cannot_be_encoded_is_an_error_without_its_value() {
    let world = World::new().await;
    let statement = sql!(&world.a, "SELECT 1 FROM {Project} p WHERE 1 = {Unencodable} AND p.slug = {\"x\"}");
    let error = statement.scalar::<i32>().fetch_all(&world.db).await.expect_err("not a value");
    assert!(matches!(error, Error::Encode { entity: "Project" }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn proofs_are_asked_as_everywhere() {
    let twins = Twins::new().await;
    let (a, b, db) = (&twins.world.a, &twins.world.b, &twins.world.db);
    let count = |token: &TenantToken| sql!(token, "SELECT count(*) FROM {Task} t").scalar::<i64>();

    let mut tx = db.begin(a).await.expect("a transaction");
    assert_eq!(
        sql!(&tx, "SELECT count(*) FROM {Task} t").scalar::<i64>().fetch_one(&mut tx).await.expect("a count"),
        4
    );
    let other = count(b).fetch_one(&mut tx).await;
    assert!(matches!(other, Err(Error::OtherTenant)), "{other:?}");
    tx.rollback().await.expect("rolled back");

    let stranger = tenancy_testkit::TestAuthority::new().token(a.tenant()).await;
    let untrusted = count(&stranger).fetch_one(db).await;
    assert!(matches!(untrusted, Err(Error::UntrustedAuthority)), "{untrusted:?}");

    // The second entity of a statement is asked as well.
    let unlisted = sql!(a, "SELECT 1 FROM {Task} t, {Note} n").scalar::<i32>().fetch_all(db).await;
    assert!(matches!(unlisted, Err(Error::EntityNotListed { entity: "Note" })), "{unlisted:?}");
}

#[tokio::test]
async fn a_function_that_no_schema_lists_is_not_called() {
    let twins = Twins::new().await;
    let (a, db) = (&twins.world.a, &twins.world.db);
    let [project, ..] = twins.projects;
    // It tells of the other tenant's tasks, when its owner is a superuser.
    let mut superuser = twins.world.superuser().await;
    run(&mut superuser, "ALTER FUNCTION unlisted(uuid) OWNER TO CURRENT_USER")
        .await
        .expect("a superuser may");
    let mut psql = twins.world.psql().await;
    let of_both: i64 =
        sqlx::query_scalar("SELECT unlisted($1)").bind(project).fetch_one(&mut psql).await.expect("a count");
    assert_eq!(of_both, 4, "the function is there, and reads past row-level security");

    let listed = sql!(a, "SELECT {OPEN_TASKS}(p.id) FROM {Project} p WHERE p.id = {project}");
    assert_eq!(listed.scalar::<i64>().fetch_one(db).await.expect("a count"), 3);
    let refused = sql!(a, "SELECT {UNLISTED}(p.id) FROM {Project} p WHERE p.id = {project}")
        .scalar::<i64>()
        .fetch_one(db)
        .await;
    assert!(matches!(refused, Err(Error::FunctionNotListed { function: "public.unlisted" })), "{refused:?}");
}

#[tokio::test]
async fn deleted_rows_are_left_out_unless_they_are_asked_for() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let project = world.project(a, "mine").await;
    for id in [1, 2] {
        let new = NewDocument {
            id,
            project_id: project.id,
            name: format!("document {id}"),
            body: "text".into(),
            tags: vec!["x".into()],
            scores: None,
        };
        Document::insert(a, new).execute(db).await.expect("a row");
    }
    Document::delete(a).filter(|d| d.id.eq(1)).execute(db).await.expect("a row");
    let ids =
        || sql!(a, "SELECT d.id FROM {Project} p JOIN {Document} d ON d.project_id = p.id ORDER BY d.id");
    assert_eq!(ids().scalar::<i64>().fetch_all(db).await.expect("ids"), [2]);
    assert_eq!(ids().with_deleted().scalar::<i64>().fetch_all(db).await.expect("ids"), [1, 2]);
}

#[tokio::test]
async fn a_visitor_reads_what_is_public() {
    let world = World::new().await;
    for (owner, text) in [(&world.a, "a"), (&world.b, "b")] {
        let new = NewPage { path: "/".into(), text: text.into() };
        Page::insert(owner, new).execute(&world.db).await.expect("the owner can write");
    }
    let visitor = site(world.b.tenant()).await;
    let statement = sql!(&visitor, "SELECT p.text FROM {Page} p WHERE p.path = {\"/\"}");
    assert!(statement.sql().expect("a text").contains("$2::tenancy.bound_public"));
    assert_eq!(statement.scalar::<String>().fetch_all(&world.db).await.expect("rows"), ["b"]);
}

#[tokio::test]
async fn the_tenant_is_the_last_parameter_and_stands_in_every_entity() {
    let world = World::new().await;
    let (one, two) = (1, "x");
    let text = sql!(
        &world.a,
        "SELECT {one} + {one} + {one + 1} + {one + 1} FROM {Tick} t, {Tick} u WHERE {two} = 'it''s {not} one' -- {two}"
    )
    .sql();
    let tick = r#"(SELECT "t"."id", "t"."tenant_id", "t"."at" FROM "public"."ticks" AS "t" WHERE "t"."tenant_id" = $5::tenancy.bound)"#;
    let expected = format!("SELECT $1 + $1 + $2 + $3 FROM {tick} t, {tick} u WHERE $4 = 'it''s {{not}} one'");
    assert_eq!(text.expect("a text").trim_end(), expected);
    let debug = format!("{:?}", sql!(&world.a, "SELECT {\"secret\"} FROM {Tick} t"));
    assert!(!debug.contains("secret"), "{debug}");
}

#[tokio::test]
async fn indexes_serve_it() {
    let twins = Twins::new().await;
    let (world, a) = (&twins.world, &twins.world.a);
    twins.among_others().await;
    let tenant = format!("'{}'", a.tenant());
    let statements = [
        sql!(
            a,
            "SELECT p.name, count(t.id) FROM {Project} p LEFT JOIN {Task} t ON t.project_id = p.id GROUP BY p.name"
        ),
        sql!(
            a,
            "SELECT p.name FROM {Project} p WHERE EXISTS (SELECT FROM {Task} t WHERE t.project_id = p.id AND NOT t.done)"
        ),
        sql!(
            a,
            "WITH open AS (SELECT project_id FROM {Task} t WHERE NOT done) SELECT p.name FROM {Project} p JOIN open o ON o.project_id = p.id"
        ),
    ];
    world.assert_index_plans(&statements.map(|statement| (statement.sql(), tenant.clone()))).await;
}
