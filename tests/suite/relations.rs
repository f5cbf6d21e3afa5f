//! Joins, subqueries, aggregates and projections: what they return, and that each table of each of them is the tenant's.
//!
//! Two tenants hold rows with the same ids ([`Twins`]), so that a table without its tenant would pair one's with the other's. The
//! whole battery is run twice: with both locks, and with row-level security switched off, where the predicates stand alone.

use std::collections::HashMap;

use tenancy::Error;
use tenancy::prelude::*;
use tenancy::statement::{Filter, count};
use uuid::Uuid;

use crate::common::*;
use crate::twins::{self, Twins};

/// Every query, as one text a row: what of it is the other tenant's can be seen in the text.
async fn battery(twins: &Twins, token: &TenantToken) -> Vec<(&'static str, Vec<String>)> {
    let db = &twins.world.db;
    let mut results = Vec::new();
    macro_rules! ask {
        ($name:literal, $query:expr, $row:expr) => {{
            let rows = $query.fetch_all(db).await.expect($name);
            results.push(($name, rows.into_iter().map($row).collect::<Vec<String>>()));
        }};
    }
    ask!(
        "inner join",
        Task::find(token).inner_join(|t| t.project_id).order_by(|(t, _)| t.title.asc()),
        |(t, p)| format!("{} in {}", t.title, p.name)
    );
    ask!("left join", Task::find(token).left_join(|t| t.parent_id).order_by(|(t, _)| t.title.asc()), |(
        t,
        parent,
    )| format!(
        "{} under {:?}",
        t.title,
        parent.map(|parent| parent.title)
    ));
    ask!(
        "left join many",
        Project::find(token)
            .left_join_many(Task::columns().project_id)
            .order_by(|(p, _)| p.name.asc())
            .order_by(|(_, t)| t.title.asc()),
        |(p, t)| format!("{} has {:?}", p.name, t.map(|t| t.title))
    );
    ask!(
        "inner join many",
        Project::find(token)
            .inner_join_many(Task::columns().project_id)
            .filter(|(p, t)| p.slug.like("%1").or(t.done.eq(true)))
            .order_by(|(_, t)| t.title.asc()),
        |(p, t)| format!("{} has {}", p.name, t.title)
    );
    ask!(
        "three tables",
        Task::find(token)
            .inner_join(|t| t.parent_id)
            .inner_join(|(_, parent)| parent.project_id)
            .filter(|(t, parent, p)| t.project_id.eq_column(p.id).and(parent.title.ne("none")))
            .order_by(|(t, ..)| t.title.asc()),
        |(t, parent, p)| format!("{} under {} in {}", t.title, parent.title, p.name)
    );
    ask!(
        "exists among children",
        Project::find(token)
            .filter(|p| p.exists(Task::columns().project_id, |t| t.title.like("%task 3")))
            .order_by(|p| p.name.asc()),
        |p| p.name
    );
    ask!(
        "no children",
        Project::find(token).filter(|p| p.not_exists(Task::columns().project_id, |_| Filter::all([]))),
        |p| p.name
    );
    ask!(
        "exists in the parent",
        Task::find(token).filter(|t| t.project_id.exists(|p| p.slug.like("%0"))).order_by(|t| t.title.asc()),
        |t| t.title
    );
    ask!(
        "nested, with what stands around it",
        Project::find(token).filter(|p| {
            p.exists(Task::columns().project_id, |t| {
                t.exists(Task::columns().parent_id, |child| child.done.eq_column(t.done))
            })
        }),
        |p| p.name
    );
    ask!(
        "a parent that is not",
        Task::find(token)
            .filter(|t| t.parent_id.not_exists(|p| p.title.like("%")))
            .order_by(|t| t.title.asc()),
        |t| t.title
    );
    ask!(
        "some columns",
        Task::find(token)
            .left_join(|t| t.parent_id)
            .order_by(|(t, _)| t.title.asc())
            .select(|(t, parent)| (t.title, parent.title, parent.done)),
        |(title, parent, done): (String, Option<String>, Option<bool>)| format!(
            "{title} {parent:?} {done:?}"
        )
    );
    ask!(
        "distinct",
        Task::find(token).inner_join(|t| t.project_id).select(|(_, p)| p.note).distinct(),
        |note| format!("{note:?}")
    );
    ask!(
        "groups",
        Project::find(token)
            .left_join_many(Task::columns().project_id)
            .group_by(|(p, _)| (p.id, p.name))
            .order_by(|(_, name), _| name.asc())
            .select(|(_, name), (_, t)| (
                name,
                t.id.count(),
                t.id.count().filter(t.done.eq(true)),
                t.title.max()
            )),
        |(name, tasks, done, last): (String, i64, i64, Option<String>)| format!(
            "{name}: {tasks} {done} {last:?}"
        )
    );
    ask!(
        "groups that are large",
        Task::find(token)
            .inner_join(|t| t.project_id)
            .group_by(|(_, p)| p.name)
            .having(|(t, _)| t.id.count().ge(2).and(count().lt(100)))
            .order_by(|_, (t, _)| t.id.count().desc())
            .select(|name, _| name),
        |name| name
    );
    ask!(
        "all rows together",
        Task::find(token).inner_join(|t| t.project_id).filter(|(_, p)| p.name.ne("nothing")).aggregate(
            |(t, p)| (count(), t.parent_id.count(), p.id.count_distinct(), t.title.min().or("none"))
        ),
        |(tasks, parents, projects, first): (i64, i64, i64, String)| format!(
            "{tasks} {parents} {projects} {first}"
        )
    );
    ask!(
        "pages",
        Task::find(token)
            .keyset(|t| (t.done.asc(), t.title.desc(), t.id.asc()))
            .after((false, "z".to_owned(), Uuid::nil()))
            .limit(2),
        |t| t.title
    );
    let ids = twins.projects;
    let each: HashMap<Uuid, Vec<Task>> = Task::find(token)
        .order_by(|t| t.title.asc())
        .of_each(|t| t.project_id, ids)
        .fetch_all(db)
        .await
        .expect("children");
    let each = ids.map(|id| {
        each.get(&id).into_iter().flatten().map(|t| t.title.as_str()).collect::<Vec<_>>().join(", ")
    });
    results.push(("children of each", each.to_vec()));
    results
}

/// What the tenants have, by hand.
fn expected(owner: &str) -> Vec<(&'static str, Vec<String>)> {
    let a: &[(&str, &[&str])] = &[
        (
            "inner join",
            &[
                "a task 0 in a project 0",
                "a task 1 in a project 0",
                "a task 2 in a project 0",
                "a task 3 in a project 1",
            ],
        ),
        (
            "left join",
            &[
                "a task 0 under None",
                "a task 1 under Some(\"a task 0\")",
                "a task 2 under Some(\"a task 0\")",
                "a task 3 under None",
            ],
        ),
        (
            "left join many",
            &[
                "a project 0 has Some(\"a task 0\")",
                "a project 0 has Some(\"a task 1\")",
                "a project 0 has Some(\"a task 2\")",
                "a project 1 has Some(\"a task 3\")",
                "a project 2 has None",
            ],
        ),
        ("inner join many", &["a project 1 has a task 3"]),
        (
            "three tables",
            &["a task 1 under a task 0 in a project 0", "a task 2 under a task 0 in a project 0"],
        ),
        ("exists among children", &["a project 1"]),
        ("no children", &["a project 2"]),
        ("exists in the parent", &["a task 0", "a task 1", "a task 2"]),
        ("nested, with what stands around it", &["a project 0"]),
        ("a parent that is not", &["a task 0", "a task 3"]),
        (
            "some columns",
            &[
                "a task 0 None None",
                "a task 1 Some(\"a task 0\") Some(false)",
                "a task 2 Some(\"a task 0\") Some(false)",
                "a task 3 None None",
            ],
        ),
        ("distinct", &["Some(\"of a\")"]),
        (
            "groups",
            &[
                "a project 0: 3 0 Some(\"a task 2\")",
                "a project 1: 1 1 Some(\"a task 3\")",
                "a project 2: 0 0 None",
            ],
        ),
        ("groups that are large", &["a project 0"]),
        ("all rows together", &["4 2 2 a task 0"]),
        ("pages", &["a task 2", "a task 1"]),
        ("children of each", &["a task 0, a task 1, a task 2", "a task 3", ""]),
    ];
    let b: &[(&str, &[&str])] = &[
        (
            "inner join",
            &[
                "b task 0 in b project 1",
                "b task 1 in b project 1",
                "b task 2 in b project 1",
                "b task 3 in b project 0",
            ],
        ),
        (
            "left join",
            &[
                "b task 0 under None",
                "b task 1 under Some(\"b task 0\")",
                "b task 2 under Some(\"b task 0\")",
                "b task 3 under None",
            ],
        ),
        (
            "left join many",
            &[
                "b project 0 has Some(\"b task 3\")",
                "b project 1 has Some(\"b task 0\")",
                "b project 1 has Some(\"b task 1\")",
                "b project 1 has Some(\"b task 2\")",
                "b project 2 has None",
            ],
        ),
        (
            "inner join many",
            &[
                "b project 1 has b task 0",
                "b project 1 has b task 1",
                "b project 1 has b task 2",
                "b project 0 has b task 3",
            ],
        ),
        (
            "three tables",
            &["b task 1 under b task 0 in b project 1", "b task 2 under b task 0 in b project 1"],
        ),
        ("exists among children", &["b project 0"]),
        ("no children", &["b project 2"]),
        ("exists in the parent", &["b task 3"]),
        ("nested, with what stands around it", &["b project 1"]),
        ("a parent that is not", &["b task 0", "b task 3"]),
        (
            "some columns",
            &[
                "b task 0 None None",
                "b task 1 Some(\"b task 0\") Some(true)",
                "b task 2 Some(\"b task 0\") Some(true)",
                "b task 3 None None",
            ],
        ),
        ("distinct", &["None"]),
        (
            "groups",
            &[
                "b project 0: 1 1 Some(\"b task 3\")",
                "b project 1: 3 3 Some(\"b task 2\")",
                "b project 2: 0 0 None",
            ],
        ),
        ("groups that are large", &["b project 1"]),
        ("all rows together", &["4 2 2 b task 0"]),
        ("pages", &["b task 3", "b task 2"]),
        ("children of each", &["b task 3", "b task 0, b task 1, b task 2", ""]),
    ];
    let of = if owner == "a" { a } else { b };
    twins::expected(of)
}

#[tokio::test]
async fn every_table_of_every_query_is_the_tenants() {
    let twins = Twins::new().await;
    for (token, owner) in [(&twins.world.a, "a"), (&twins.world.b, "b")] {
        assert_eq!(battery(&twins, token).await, expected(owner), "with both locks");
    }
    twins.without_rls().await;
    for (token, owner) in [(&twins.world.a, "a"), (&twins.world.b, "b")] {
        assert_eq!(battery(&twins, token).await, expected(owner), "by the predicates alone");
    }
}

/// Each kind of query is one message to the server and one back.
#[tokio::test]
async fn each_is_one_round_trip_and_finds_its_rows_by_indexes() {
    let twins = Twins::new().await;
    let (world, token) = (&twins.world, &twins.world.a);
    twins.among_others().await;
    let tenant = token.tenant();
    let statements = [
        (Task::find(token).inner_join(|t| t.project_id).sql(), format!("'{tenant}'")),
        (Task::find(token).left_join(|t| t.parent_id).sql(), format!("'{tenant}'")),
        (Project::find(token).left_join_many(Task::columns().project_id).sql(), format!("'{tenant}'")),
        (
            Project::find(token).filter(|p| p.exists(Task::columns().project_id, |t| t.done.eq(false))).sql(),
            format!("'{tenant}', false"),
        ),
        (
            Project::find(token)
                .filter(|p| p.not_exists(Task::columns().project_id, |t| t.done.eq(false)))
                .sql(),
            format!("'{tenant}', false"),
        ),
        (
            Task::find(token)
                .inner_join(|t| t.project_id)
                .group_by(|(_, p)| p.id)
                .select(|id, _| (id, count()))
                .sql(),
            format!("'{tenant}'"),
        ),
        (Task::find(token).of_each(|t| t.project_id, twins.projects).sql(), format!("'{tenant}', '{{}}'")),
        (
            Project::find(token)
                .keyset(|p| (p.slug.asc(), p.id.asc()))
                .after(("s".to_owned(), Uuid::nil()))
                .limit(9)
                .sql(),
            format!("'{tenant}', 's', 's', 's', '{}', 9", Uuid::nil()),
        ),
    ];
    world.assert_index_plans(&statements).await;
}

#[tokio::test]
async fn rows_are_locked_until_the_transaction_ends() {
    let world = World::new().await;
    let mine = world.project(&world.a, "mine").await;
    let other = world.project(&world.a, "other").await;
    let mut first = world.db.begin(&world.a).await.expect("a transaction");
    let locked = Project::find_by_id(&first, mine.id).for_update().fetch_one(&mut first).await;
    assert_eq!(locked.expect("a row").id, mine.id);

    let mut second = world.db.begin(&world.a).await.expect("a transaction");
    let free = Project::find(&second).for_update().skip_locked().fetch_all(&mut second).await.expect("rows");
    assert_eq!(free, [other], "what is locked is skipped");
    let refused =
        Project::find_by_id(&second, mine.id).for_share().nowait().fetch_optional(&mut second).await;
    let refused = refused.expect_err("it is locked");
    assert_eq!(refused.as_server_error().map(|error| error.code().to_owned()).as_deref(), Some("55P03"));
    first.rollback().await.expect("the end");
    second.rollback().await.expect("the end");

    // With a join, the other table's rows stay free.
    let task = world.task(&world.a, &mine, "task").await;
    let mut first = world.db.begin(&world.a).await.expect("a transaction");
    let joined = Task::find(&first).inner_join(|t| t.project_id).for_update().fetch_all(&mut first).await;
    assert_eq!(joined.expect("rows").into_iter().map(|(t, _)| t.id).collect::<Vec<_>>(), [task.id]);
    let mut second = world.db.begin(&world.a).await.expect("a transaction");
    let free = Project::find_by_id(&second, mine.id).for_update().nowait().fetch_optional(&mut second).await;
    assert_eq!(free.expect("it is free").map(|p| p.id), Some(mine.id));
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let world = World::new().await;
    for i in 0..7 {
        world.project(&world.a, &format!("s{i}")).await;
        world.project(&world.b, &format!("s{i}")).await;
    }
    Project::update(&world.a)
        .filter(|p| p.slug.in_(["s1", "s3", "s4"]))
        .set(|p| p.name, "same")
        .execute(&world.db)
        .await
        .expect("an update");
    let mut all = Project::find(&world.a).fetch_all(&world.db).await.expect("rows");
    all.sort_by(|x, y| y.name.cmp(&x.name).then(x.id.cmp(&y.id)));
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = Project::find(&world.a).keyset(|p| (p.name.desc(), p.id.asc())).after(cursor).limit(2);
        let page = page.fetch_all(&world.db).await.expect("a page");
        let Some(last) = page.last() else { break };
        cursor = Some((last.name.clone(), last.id));
        seen.extend(page);
    }
    assert_eq!(seen, all);

    let of_names = Project::find(&world.a).keyset(|p| p.name.asc()).after(None).fetch_all(&world.db).await;
    assert!(matches!(of_names, Err(Error::KeysetNotUnique { entity: "Project" })), "{of_names:?}");
    let of_a_key =
        Project::find(&world.a).keyset(|p| p.slug.asc()).after("s4".to_owned()).fetch_all(&world.db).await;
    assert_eq!(of_a_key.expect("a page").into_iter().map(|p| p.slug).collect::<Vec<_>>(), ["s5", "s6"]);
}

/// One project stands in as many rows as it has tasks: its id alone would leave tasks out between two pages.
#[tokio::test]
async fn pages_of_many_rows_for_one_need_a_key_of_both() {
    let twins = Twins::new().await;
    let (db, token) = (&twins.world.db, &twins.world.a);
    let read = || Project::find(token).inner_join_many(Task::columns().project_id);
    let mut all = read().fetch_all(db).await.expect("rows");
    all.sort_by_key(|(p, t)| (p.id, t.id));
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = read().keyset(|(p, t)| (p.id.asc(), t.id.asc())).after(cursor).limit(2);
        let page = page.fetch_all(db).await.expect("a page");
        let Some((project, task)) = page.last() else { break };
        cursor = Some((project.id, task.id));
        seen.extend(page);
    }
    assert_eq!(seen, all);

    let of_projects = read().keyset(|(p, _)| p.id.asc()).after(None).limit(2).fetch_all(db).await;
    assert!(matches!(of_projects, Err(Error::KeysetNotUnique { entity: "Task" })), "{of_projects:?}");
    let outer = Project::find(token).left_join_many(Task::columns().project_id);
    let outer = outer.keyset(|(p, _)| p.id.asc()).after(None).fetch_all(db).await;
    assert!(matches!(outer, Err(Error::KeysetNotUnique { entity: "Task" })), "{outer:?}");
}

#[tokio::test]
async fn limits_stand_behind_what_is_taken_together() {
    let world = World::new().await;
    world.project(&world.a, "mine").await;
    // An aggregate has one row, of whatever there is.
    let limited = Project::find(&world.a).limit(1).aggregate(|_| count()).fetch_one(&world.db).await;
    assert!(matches!(limited, Err(Error::LimitOfAggregate { entity: "Project" })), "{limited:?}");
    let pages = Project::find(&world.a)
        .limit(1)
        .group_by(|p| p.status)
        .select(|s, _| s)
        .limit(1)
        .fetch_all(&world.db)
        .await;
    assert!(matches!(pages, Err(Error::LimitOfAggregate { entity: "Project" })), "{pages:?}");
    let none = Task::find(&world.a).aggregate(|t| (t.title.max(), count())).fetch_one(&world.db).await;
    assert_eq!(none.expect("a row"), (None, 0));
}

/// A read speaks of an entity also where it is only joined or asked for: each must be listed.
#[tokio::test]
async fn every_entity_of_a_query_must_be_listed() {
    let world = World::new().await;
    tenancy::schema! { TASKS_ALONE: [Task] }
    let db = TenantDb::builder(world.test.app()).trust(world.authority.authority()).schema(&TASKS_ALONE);
    let db = db.connect().await.expect("tasks are isolated");
    let (a, title) = (&world.a, "t");
    assert_eq!(Task::find(a).fetch_all(&db).await.expect("tasks are listed"), []);
    let refused = [
        ("join", Task::find(a).inner_join(|t| t.project_id).fetch_all(&db).await.err()),
        (
            "left join",
            Task::find(a).left_join(|t| t.project_id).select(|(t, _)| t.title).fetch_all(&db).await.err(),
        ),
        (
            "exists",
            Task::find(a).filter(|t| t.project_id.exists(|p| p.name.eq(title))).fetch_all(&db).await.err(),
        ),
        (
            "nested",
            Task::find(a)
                .filter(|t| {
                    t.exists(Task::columns().parent_id, |c| {
                        c.project_id.not_exists(|p| p.name.eq(title)).not()
                    })
                })
                .fetch_all(&db)
                .await
                .err(),
        ),
        (
            "count",
            Task::count(a).filter(|t| t.project_id.exists(|p| p.name.eq(title))).fetch_one(&db).await.err(),
        ),
        (
            "update",
            Task::update(a)
                .filter(|t| t.project_id.exists(|p| p.name.eq(title)))
                .set(|t| t.title, "x")
                .execute(&db)
                .await
                .err(),
        ),
        (
            "delete",
            Task::delete(a).filter(|t| t.project_id.exists(|p| p.name.eq(title))).execute(&db).await.err(),
        ),
        (
            "aggregate",
            Task::find(a)
                .aggregate(|t| t.id.count().filter(t.project_id.exists(|p| p.name.eq(title))))
                .fetch_one(&db)
                .await
                .err(),
        ),
        (
            "having",
            Task::find(a)
                .group_by(|t| t.title)
                .having(|t| t.id.count().filter(t.project_id.exists(|p| p.name.eq(title))).gt(1))
                .select(|title, _| title)
                .fetch_all(&db)
                .await
                .err(),
        ),
    ];
    for (what, error) in refused {
        assert!(matches!(error, Some(Error::EntityNotListed { entity: "Project" })), "{what}: {error:?}");
    }
}
