//! Every public operation, by every proof, on everyone's rows, as the restricted role: `matrix.txt` is the reviewed
//! outcome. Each line first proves that the row exists for its owner, and afterwards that it is as it was.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use tenancy::Error;
use tenancy::prelude::*;
use tenancy_testkit::TestAuthority;
use uuid::Uuid;

use crate::common::*;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Actor {
    Owner,
    OtherTenant,
    SecondAuthority,
    Expired,
    Unbound,
}

/// Whose row is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    Theirs,
    Nonexistent,
}

const ACTORS: [Actor; 5] =
    [Actor::Owner, Actor::OtherTenant, Actor::SecondAuthority, Actor::Expired, Actor::Unbound];

/// Operations on the row with this id, by a token: on the database, or in a transaction when there is one.
const OPERATIONS: [&str; 16] = [
    "find",
    "find_by_id",
    "fetch (stream)",
    "count",
    "exists",
    "insert child",
    "insert_many children",
    "insert same id",
    "insert same unique key",
    "update",
    "update returning",
    "update all_rows",
    "delete",
    "delete returning",
    "delete all_rows",
    "begin",
];

/// The same by raw SQL; `$1` is the id. In a transaction that is bound to the actor, or in none.
const RAW: [(&str, &str); 8] = [
    ("raw SELECT", "SELECT * FROM projects WHERE id = $1"),
    ("raw SELECT via join", "SELECT * FROM tasks t JOIN projects p ON p.id = t.project_id WHERE p.id = $1"),
    ("raw UPDATE", "UPDATE projects SET name = 'taken' WHERE id = $1"),
    ("raw UPDATE tenant", "UPDATE projects SET tenant_id = gen_random_uuid() WHERE id = $1"),
    ("raw DELETE", "DELETE FROM projects WHERE id = $1"),
    (
        "raw INSERT for owner",
        "INSERT INTO projects (tenant_id, id, slug, name) SELECT $OWNER, $1, 'raw', 'raw'",
    ),
    (
        "raw upsert on the id",
        "INSERT INTO projects (tenant_id, id, slug, name) SELECT $OWNER, $1, 'raw', 'raw' ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'taken'",
    ),
    (
        "raw attach child",
        "INSERT INTO tasks (tenant_id, project_id, title) SELECT coalesce(tenancy.current_tenant(), $OWNER), $1, 'raw'",
    ),
];

struct Asked<'a> {
    world: &'a World,
    token: TenantToken,
    id: Uuid,
}

impl Asked<'_> {
    async fn run<'c>(&self, operation: &str, x: impl Executor<'c>) -> Result<String, Error> {
        let (t, id) = (&self.token, self.id);
        let rows = |n: usize| format!("{n} rows");
        let draft = || TaskDraft { project_id: id, title: "child".to_owned() };
        Ok(match operation {
            "find" => rows(Project::find(t).filter(|p| p.id.eq(id)).fetch_all(x).await?.len()),
            "find_by_id" => rows(Project::find_by_id(t, id).fetch_optional(x).await?.iter().count()),
            "fetch (stream)" => {
                let found: Vec<_> = Project::find(t).filter(|p| p.id.eq(id)).fetch(x).try_collect().await?;
                rows(found.len())
            }
            "count" => Project::count(t).filter(|p| p.id.eq(id)).fetch_one(x).await?.to_string(),
            "exists" => Project::exists(t).filter(|p| p.id.eq(id)).fetch_one(x).await?.to_string(),
            "insert child" => Task::insert(t, draft()).execute(x).await.map(|()| "inserted".to_owned())?,
            "insert_many children" => {
                rows(Task::insert_many(t, [draft(), draft()]).fetch_all(x).await?.len())
            }
            "insert same id" => {
                let new = Project::insert(t, new_project("other")).set(|p| p.id, id);
                new.execute(x).await.map(|()| "inserted".to_owned())?
            }
            "insert same unique key" => {
                Project::insert(t, new_project("target")).execute(x).await.map(|()| "inserted".to_owned())?
            }
            "update" => {
                format!(
                    "{} rows",
                    Project::update(t).filter(|p| p.id.eq(id)).set(|p| p.name, "n").execute(x).await?
                )
            }
            "update returning" => {
                let update = Project::update(t).filter(|p| p.id.eq(id)).set(|p| p.name, "n");
                rows(update.fetch_all(x).await?.len())
            }
            "update all_rows" => {
                let changed = Project::update(t).all_rows().set(|p| p.note, "n").fetch_all(x).await?;
                format!("{} of the row", changed.iter().filter(|p| p.id == id).count())
            }
            "delete" => format!("{} rows", Project::delete(t).filter(|p| p.id.eq(id)).execute(x).await?),
            "delete returning" => rows(Project::delete(t).filter(|p| p.id.eq(id)).fetch_all(x).await?.len()),
            "delete all_rows" => {
                let gone = Project::delete(t).all_rows().fetch_all(x).await?;
                format!("{} of the row", gone.iter().filter(|p| p.id == id).count())
            }
            "begin" => {
                let tx = self.world.db.begin(t).await?;
                tx.rollback().await.map(|()| "begun".to_owned())?
            }
            other => unreachable!("{other}"),
        })
    }
}

/// An error in the words of the matrix: never more than its kind.
fn kind(error: &Error) -> String {
    match error {
        Error::Database(error) => format!("refused by PostgreSQL, {}", error.code()),
        Error::UntrustedAuthority => "refused: untrusted authority".to_owned(),
        Error::TokenExpired => "refused: expired".to_owned(),
        Error::OtherTenant => "refused: another tenant".to_owned(),
        other => format!("unexpected: {other:?}"),
    }
}

async fn raw(conn: Result<tenancy::RawSql<'_>, &mut PgConnection>, sql: String, id: Uuid) -> String {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
    let done = match conn {
        Ok(raw) => query.fetch_all(raw).await.map(|rows| rows.len() as u64),
        Err(psql) => query.fetch_all(psql).await.map(|rows| rows.len() as u64),
    };
    match done {
        Ok(rows) => format!("{rows} rows"),
        Err(error) => {
            let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
            format!("refused by PostgreSQL, {}", code.unwrap_or_else(|| error.to_string()))
        }
    }
}

#[tokio::test]
async fn every_operation_by_every_proof_on_everyones_rows() {
    let world = World::new().await;
    let second = TestAuthority::new();
    let theirs = world.project(&world.a, "target").await;
    let task = world.task(&world.a, &theirs, "child of the target").await;
    let own = world.project(&world.b, "own").await;
    let expired = world.short_lived(world.a.tenant()).await;
    let forged = second.token(world.a.tenant()).await;
    while !expired.is_expired() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut table = String::from("operation | where | actor | whose row | outcome\n");
    let mut told = Vec::new();
    for operation in OPERATIONS.iter().copied().chain(RAW.iter().map(|(name, _)| *name)) {
        for (actor, target) in
            ACTORS.into_iter().flat_map(|a| [(a, Target::Theirs), (a, Target::Nonexistent)])
        {
            let id = if target == Target::Theirs { theirs.id } else { Uuid::new_v4() };
            let token = match actor {
                Actor::Owner | Actor::Unbound => world.a.clone(),
                Actor::OtherTenant => world.b.clone(),
                Actor::SecondAuthority => forged.clone(),
                Actor::Expired => expired.clone(),
            };
            let asked = Asked { world: &world, token, id };
            let raw_sql = RAW.iter().find(|(name, _)| *name == operation).map(|(_, sql)| {
                let owner = format!("'{}'::uuid", world.a.tenant());
                let returning = if sql.starts_with("SELECT") { "" } else { " RETURNING 1" };
                format!("{}{returning}", sql.replace("$OWNER", &owner))
            });
            let mut outcomes = Vec::new();
            match (raw_sql, actor) {
                // Without a proof there is no builder to call: that is what `ui-tests` shows.
                (None, Actor::Unbound) => {}
                (None, _) => {
                    // Writes that would succeed are made in a transaction and rolled back.
                    let tx = world.db.begin(&asked.token).await;
                    match tx {
                        Ok(mut tx) => {
                            let done = asked.run(operation, &mut tx).await;
                            tx.rollback().await.expect("a rollback");
                            outcomes.push(("in a transaction", done.unwrap_or_else(|error| kind(&error))));
                        }
                        Err(error) => outcomes.push(("in a transaction", kind(&error))),
                    }
                    let harmless =
                        matches!(operation, "find" | "find_by_id" | "fetch (stream)" | "count" | "exists");
                    if actor != Actor::Owner
                        && (actor != Actor::OtherTenant
                            || harmless
                            || !operation.ends_with("all_rows") && !operation.starts_with("insert same"))
                        || harmless
                    {
                        let done = asked.run(operation, &world.db).await;
                        outcomes.push(("autocommit", done.unwrap_or_else(|error| kind(&error))));
                    }
                }
                (Some(sql), Actor::Unbound) => {
                    let mut psql = world.psql().await;
                    outcomes.push(("psql", raw(Err(&mut psql), sql, id).await));
                }
                (Some(sql), _) => match world.db.begin(&asked.token).await {
                    Ok(mut tx) => {
                        outcomes.push(("in a transaction", raw(Ok(tx.raw()), sql, id).await));
                        tx.rollback().await.expect("a rollback");
                    }
                    Err(error) => outcomes.push(("in a transaction", kind(&error))),
                },
            }
            for (place, outcome) in outcomes {
                writeln!(table, "{operation} | {place} | {actor:?} | {target:?} | {outcome}")
                    .expect("a string");
                if actor != Actor::Owner {
                    told.push((operation, place, actor, target, outcome));
                }
            }
            // The row is there for its owner, as it was.
            let mine =
                Project::find_by_id(&world.a, theirs.id).fetch_one(&world.db).await.expect("the owner's row");
            assert_eq!(mine, theirs, "{operation} by {actor:?}");
            let child =
                Task::find_by_id(&world.a, task.id).fetch_one(&world.db).await.expect("the owner's task");
            assert_eq!(child, task, "{operation} by {actor:?}");
            assert_eq!(Task::count(&world.a).fetch_one(&world.db).await.expect("a count"), 1);
            let other =
                Project::find_by_id(&world.b, own.id).fetch_one(&world.db).await.expect("the other's row");
            assert_eq!(other, own, "{operation} by {actor:?}");
        }
    }
    // Not yours is not there: what others are told of the row is what they are told of no row.
    for (operation, place, actor, target, outcome) in &told {
        let twin =
            told.iter().find(|t| t.0 == *operation && t.1 == *place && t.2 == *actor && t.3 != *target);
        let twin = twin.unwrap_or_else(|| panic!("{operation} by {actor:?} has no twin"));
        assert_eq!(outcome, &twin.4, "{operation} by {actor:?} tells whether the row exists");
    }
    assert!(!table.contains("unexpected"), "{table}");
    insta::assert_snapshot!("matrix", table);
}
