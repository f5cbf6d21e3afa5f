//! Verification: whether a database isolates, asked by the application's own login when it connects.
//!
//! The catalogs are compared with what emission would have made, by the text that PostgreSQL itself prints for a policy
//! or a CHECK: a predicate that merely looks alike is another one. What it does not ask is whether there is *more* than
//! was emitted, since a database may be one emission ahead of a program that still runs: further columns, tables and
//! policies are accepted, because none of them can widen what the restrictive policy bounds.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::schema::emit::quote::literal;
use crate::schema::emit::{BOUND_CHECK, BOUND_PUBLIC_CHECK, CURRENT_TENANT_BODY, READABLE_TENANT_BODY};
use crate::schema::model::Table;
use crate::schema::{Finding, Owner, Schema, SqlFunction};

/// PostgreSQL 15, which made `ON DELETE SET NULL (column)` and views of the invoker's rights.
pub(crate) const LEAST_VERSION: u32 = 150_000;

/// Asks, in one round trip. An empty list means that the database isolates the listed entities.
pub(crate) async fn verify(pg: &mut PgConnection, schema: &Schema) -> Result<Vec<Finding>, sqlx::Error> {
    if let Some(version) = pg.server_version_num().filter(|version| *version < LEAST_VERSION) {
        return Ok(vec![Finding::old_server(version)]);
    }
    // As a simple query: its statements are one transaction, so that the pinned search_path ends with it, and nothing is
    // prepared on a connection that verifies once.
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(question(schema))).fetch_all(pg).await?;
    rows.iter().map(finding).collect()
}

/// What is asked about, and what decides about isolation: asked by the doctor too, of other roles.
pub(crate) const PREAMBLE: &str = include_str!("preamble.sql");
pub(crate) const CHECKS: &str = include_str!("decides.sql");

/// The login that asks, whether it is itself or has become another role.
const SELF: &str = "SELECT oid FROM pg_roles WHERE rolname IN (session_user, current_user)";

/// The SQL. It holds names of the program's own code, quoted, and nothing else from outside.
fn question(schema: &Schema) -> String {
    let adopting: Vec<Table> = schema.adopting().iter().filter_map(|text| Table::parse(text)).collect();
    let listed = schema.entities().iter().map(|entity| {
        let adopting = adopting.contains(&Table::of(entity));
        let (schema, table, tenant) =
            (entity.schema_name(), entity.table, entity.tenant().unwrap_or_default());
        Asked { schema, table, tenant, adopting, public: entity.public_read }
    });
    let text = format!(
        "{PREAMBLE}found (code, object, problem, mend) AS (\n{CHECKS})\n\
         SELECT DISTINCT ON (code, object) code, object, problem, mend FROM found ORDER BY code, object"
    );
    let asker = "SELECT oid FROM pg_roles WHERE rolname = current_user";
    let globals = schema.globals().iter().map(|global| {
        let writable = global.owner == Owner::Nobody { writable: true };
        Shared { schema: global.schema_name(), table: global.table, writable }
    });
    let mut words = values(listed, schema.runtime_role(), SELF, asker);
    words.push(("globals", shared(globals)));
    words.push(("functions", functions(schema.functions())));
    fill(&text, &words)
}

/// What stands in the place of `{functions}`.
pub(crate) fn functions(listed: &[SqlFunction]) -> String {
    rows(
        listed.iter().map(|function| format!("{}, {}", literal(function.schema()), literal(function.name()))),
        "'', ''",
    )
}

/// The rows of a subquery; when there are none, its columns are those of `none`.
fn rows(rows: impl Iterator<Item = String>, none: &str) -> String {
    let rows: Vec<String> = rows.map(|row| format!("({row})")).collect();
    if rows.is_empty() {
        return format!("      SELECT {none} WHERE false");
    }
    format!("      VALUES {}", rows.join(",\n             "))
}

/// A table that is asked about.
pub(crate) struct Asked<'a> {
    pub(crate) schema: &'a str,
    pub(crate) table: &'a str,
    /// The tenant column.
    pub(crate) tenant: &'a str,
    pub(crate) adopting: bool,
    /// Visitors read it.
    pub(crate) public: bool,
}

/// A global table that is asked about.
pub(crate) struct Shared<'a> {
    pub(crate) schema: &'a str,
    pub(crate) table: &'a str,
    /// Every tenant writes it.
    pub(crate) writable: bool,
}

/// What stands in the place of `{globals}`.
pub(crate) fn shared<'a>(tables: impl Iterator<Item = Shared<'a>>) -> String {
    let row =
        |Shared { schema, table, writable }| format!("{}, {}, {writable}", literal(schema), literal(table));
    rows(tables.map(row), "'', '', false")
}

/// What stands in the place of the words of [`PREAMBLE`] and [`CHECKS`]: the tables, and the roles.
pub(crate) fn values<'a>(
    tables: impl Iterator<Item = Asked<'a>>,
    runtime_role: &str,
    start: &str,
    asker: &str,
) -> Vec<(&'static str, String)> {
    let row = |Asked { schema, table, tenant, adopting, public }| {
        format!("{}, {}, {}, {adopting}, {public}", literal(schema), literal(table), literal(tenant))
    };
    let listed = rows(tables.map(row), "'', '', '', false, false");
    vec![
        ("listed", listed),
        ("role", literal(runtime_role)),
        ("start", start.to_owned()),
        ("asker", asker.to_owned()),
        ("bound_check", literal(BOUND_CHECK)),
        ("bound_public_check", literal(BOUND_PUBLIC_CHECK)),
        ("body", literal(CURRENT_TENANT_BODY)),
        ("readable_body", literal(READABLE_TENANT_BODY)),
    ]
}

/// Puts values into the place of `{words}`. In one pass, since a name may hold such a word itself.
pub(crate) fn fill(text: &str, values: &[(&'static str, String)]) -> String {
    let mut filled = String::with_capacity(2 * text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let value = values
            .iter()
            .find_map(|(word, value)| Some((value, after.strip_prefix(word)?.strip_prefix('}')?)));
        match value {
            Some((value, after)) => {
                filled += value;
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

/// A row of a question, as what it found.
pub(crate) fn finding(row: &PgRow) -> Result<Finding, sqlx::Error> {
    Ok(Finding {
        code: row.try_get::<String, _>("code")?.into(),
        object: row.try_get("object")?,
        problem: row.try_get("problem")?,
        mend: row.try_get("mend")?,
    })
}
