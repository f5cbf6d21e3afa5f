//! Values that would be SQL, patterns or nonsense if anybody took them for text of the statement. Every place where a
//! builder takes a value takes each of them, and what comes back is what went in.

use tenancy::prelude::*;
use tenancy::statement::count;

use crate::common::*;

/// What has been seen in attacks, and what breaks encoders.
pub fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "'",
        "''",
        "\"",
        "\\",
        "\\'",
        "';--",
        "'; DROP TABLE projects; --",
        "' OR '1'='1",
        "$1",
        "$$",
        "$tag$x$tag$",
        "{}",
        "{1,2}",
        "{\"a\":null}",
        "NULL",
        "%",
        "_",
        "%%__",
        "/* */",
        "--",
        "?",
        ":name",
        "E'\\x00'",
        "U&'\\0041'",
        "\u{FEFF}",
        "\u{202E}abc",
        "\u{1F9D1}\u{200D}\u{1F4BB}",
        "ü\u{308}",
        "\r\n\t",
        "\u{1}\u{7f}",
        "",
        " ",
        "t\".\"tenant_id",
        "tenancy.bound",
    ]
    .map(str::to_owned)
    .into();
    values.push("long'".repeat(1024 * 1024 / 5));
    values
}

#[tokio::test]
async fn a_hostile_value_is_data() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let theirs = world.project(&world.b, "theirs").await;
    for (i, value) in values().into_iter().enumerate() {
        let (value, shown) = (value.as_str(), value.chars().take(30).collect::<String>());
        let slug = format!("s{i}");
        let new = || NewProject { slug: slug.clone(), name: value.to_owned() };
        let mine = Project::insert(a, new()).set(|p| p.note, value).fetch_one(db).await.expect(&shown);
        assert_eq!((&*mine.name, mine.note.as_deref()), (value, Some(value)), "inserted: {shown}");
        let id = mine.id;
        macro_rules! finds {
            ($what:literal, $filter:expr) => {{
                let found = Project::find(a).filter(|p| p.id.eq(id)).filter($filter).fetch_all(db).await;
                assert_eq!(found.expect(&shown), std::slice::from_ref(&mine), "{}: {shown}", $what);
            }};
        }
        finds!("eq", |p| p.name.eq(value));
        finds!("between", |p| p.name.between(value, value));
        finds!("in", |p| p.name.in_([value, "something else"]));
        finds!("not in", |p| p.name.not_in(["something else"]));
        finds!("le", |p| p.name.le(value).and(p.name.ge(value)));
        finds!("nullable", |p| p.note.eq(value));
        finds!("not", |p| p.name.ne(value).not());
        if !value.contains(['%', '_', '\\']) {
            finds!("like", |p| p.name.like(value));
            finds!("ilike", |p| p.name.ilike(value));
        }
        let page = Project::find(a)
            .keyset(|p| (p.name.asc(), p.id.asc()))
            .after((value.to_owned(), uuid::Uuid::nil()))
            .limit(1);
        assert_eq!(page.fetch_one(db).await.expect(&shown).name, value, "the page after it: {shown}");

        let task = Task::insert(a, TaskDraft { project_id: id, title: value.to_owned() });
        task.execute(db).await.expect(&shown);
        let joined = Task::find(a)
            .inner_join(|t| t.project_id)
            .filter(|(t, p)| t.title.eq(value).and(p.name.eq(value)).and(p.id.eq(id)));
        assert_eq!(joined.fetch_all(db).await.expect(&shown).len(), 1, "joined: {shown}");
        let parents = Project::find(a)
            .filter(|p| p.exists(Task::columns().project_id, |t| t.title.eq(value)).and(p.id.eq(id)));
        assert_eq!(
            parents.fetch_all(db).await.expect(&shown),
            std::slice::from_ref(&mine),
            "exists: {shown}"
        );
        let groups = Task::find(a)
            .filter(|t| t.project_id.eq(id))
            .group_by(|t| t.title)
            .having(|t| t.title.max().eq(value))
            .select(|title, t| (title, t.title.min().filter(t.title.ne(value)).or(value), count()));
        assert_eq!(
            groups.fetch_all(db).await.expect(&shown),
            [(value.to_owned(), value.to_owned(), 1)],
            "grouped: {shown}"
        );

        let updated = Project::update(a)
            .filter(|p| p.name.eq(value).and(p.id.eq(id)))
            .set(|p| p.note, value)
            .set(|p| p.name, value);
        assert_eq!(
            updated.fetch_all(db).await.expect(&shown),
            std::slice::from_ref(&mine),
            "updated: {shown}"
        );
        let upsert = Project::insert(a, new())
            .on_conflict(|k| k.slug)
            .do_update(|u| u.set(|p| p.name, value).set_excluded(|p| p.note).filter(|p| p.name.eq(value)));
        assert_eq!(upsert.fetch_one(db).await.expect(&shown).name, value, "upserted: {shown}");
        let deleted = Project::delete(a).filter(|p| p.name.eq(value).and(p.id.eq(id))).execute(db).await;
        assert_eq!(deleted.expect(&shown), 1, "deleted: {shown}");
        let many = Project::insert_many(a, [new()]).fetch_all(db).await.expect(&shown);
        assert_eq!(many[0].name, value, "many: {shown}");
        Project::delete(a).filter(|p| p.slug.eq(&slug)).execute(db).await.expect(&shown);
    }
    let untouched = Project::find(&world.b).fetch_all(db).await.expect("rows");
    assert_eq!(untouched, [theirs], "nothing reached the other tenant");
}

/// PostgreSQL's text has no NUL (22021): refused everywhere, and the error says nothing of the value.
#[tokio::test]
async fn nul_is_refused_without_the_value() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let mine = world.project(a, "mine").await;
    let value = "secret\0value";
    let new = || NewProject { slug: "s".to_owned(), name: value.to_owned() };
    let refused = [
        ("insert", Project::insert(a, new()).execute(db).await.err()),
        ("insert many", Project::insert_many(a, [new()]).execute(db).await.err()),
        ("filter", Project::find(a).filter(|p| p.name.eq(value)).fetch_all(db).await.err()),
        ("list", Project::find(a).filter(|p| p.name.in_([value])).fetch_all(db).await.err()),
        ("update", Project::update(a).all_rows().set(|p| p.name, value).execute(db).await.err()),
        ("delete", Project::delete(a).filter(|p| p.name.eq(value)).execute(db).await.err()),
        ("aggregate", Project::find(a).aggregate(|p| p.name.max().or(value)).fetch_one(db).await.err()),
        ("upsert", Project::insert(a, new()).on_conflict(|k| k.slug).do_nothing().execute(db).await.err()),
    ];
    for (what, error) in refused {
        let error = error.unwrap_or_else(|| panic!("{what} is refused"));
        let code = error.as_server_error().map(|error| error.code().to_owned());
        assert_eq!(code.as_deref(), Some("22021"), "{what}: {error}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("secret") && !said.contains("value\""), "{what}: {said}");
    }
    assert_eq!(Project::find(a).fetch_all(db).await.expect("rows"), [mine], "and nothing has changed");
}
