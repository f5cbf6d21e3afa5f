//! Whether a login reads across tenants, and can do nothing else.

use std::fmt::Write as _;

use sqlx::postgres::PgConnection;

use crate::schema::emit::quote::literal;
use crate::schema::verify::{self, fill};
use crate::schema::{Finding, Schema};

pub(super) async fn verify(pg: &mut PgConnection, schema: &Schema) -> Result<Vec<Finding>, sqlx::Error> {
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(question(schema))).fetch_all(pg).await?;
    rows.iter().map(verify::finding).collect()
}

/// The SQL. It holds names of the program's own code, quoted, and nothing else from outside.
fn question(schema: &Schema) -> String {
    let mut listed = String::new();
    for entity in schema.listed() {
        let separator = if listed.is_empty() { "VALUES " } else { ", " };
        let _ = write!(listed, "{separator}({}, {})", literal(entity.schema_name()), literal(entity.table));
    }
    if listed.is_empty() {
        listed += "SELECT '', '' WHERE false";
    }
    let role = literal(schema.cross_tenant_role().unwrap_or_default());
    fill(include_str!("verify.sql"), &[("listed", listed), ("role", role)])
}
