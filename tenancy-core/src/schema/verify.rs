//! Verification: whether a database isolates, asked by the application's own login when it connects.
//!
//! The catalogs are compared with what emission would have made, by the text that PostgreSQL itself prints for a policy
//! or a CHECK: a predicate that merely looks alike is another one. What it does not ask is whether there is *more* than
//! was emitted, since a database may be one emission ahead of a program that still runs: further columns, tables and
//! policies are accepted, because none of them can widen what the restrictive policy bounds.

use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::schema::emit::quote::literal;
use crate::schema::emit::{BOUND_CHECK, CURRENT_TENANT_BODY};
use crate::schema::{Finding, Schema};

/// PostgreSQL 15, which made `ON DELETE SET NULL (column)` and views of the invoker's rights.
const LEAST_VERSION: u32 = 150_000;

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

/// The SQL. It holds names of the program's own code, quoted, and nothing else from outside.
fn question(schema: &Schema) -> String {
    let mut listed = String::new();
    for entity in schema.entities() {
        let separator = if listed.is_empty() { "      VALUES " } else { ",\n             " };
        let (schema, table, tenant) = (entity.schema_name(), entity.table, entity.tenant);
        let _ = write!(listed, "{separator}({}, {}, {})", literal(schema), literal(table), literal(tenant));
    }
    if listed.is_empty() {
        listed += "      SELECT '', '', '' WHERE false";
    }
    format!(
        include_str!("verify.sql"),
        listed = listed,
        role = literal(schema.runtime_role()),
        bound_check = literal(BOUND_CHECK),
        body = literal(CURRENT_TENANT_BODY),
    )
}

fn finding(row: &PgRow) -> Result<Finding, sqlx::Error> {
    Ok(Finding {
        code: row.try_get::<String, _>("code")?.into(),
        object: row.try_get("object")?,
        problem: row.try_get("problem")?,
        mend: row.try_get("mend")?,
    })
}
