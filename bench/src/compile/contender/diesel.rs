//! diesel: `table!` beside a struct for rows and one for inserts.
//!
//! Programs keep `table!` in one file with `allow_tables_to_appear_in_same_query!` for every pair of tables. Here each
//! table stands with its struct and no pair is allowed: that is less to compile, and kinder to diesel.

use super::{Contender, version};
use crate::compile::table::Table;

pub(super) const CONTENDER: Contender = Contender {
    id: "diesel",
    dependencies: |_| {
        let features = r#""32-column-tables", "chrono", "postgres_backend", "uuid""#;
        format!(
            "chrono = {{ version = \"{}\", default-features = false }}\n\
             diesel = {{ version = \"{}\", default-features = false, features = [{features}] }}\n\
             uuid = \"{}\"\n",
            version::CHRONO,
            version::DIESEL,
            version::UUID
        )
    },
    module,
    root: |_| String::new(),
};

fn module(table: Table) -> String {
    let columns =
        table.data().map(|(column, ty)| format!("        {column} -> {},\n", sql_type(ty))).concat();
    let fields = table.fields();
    format!(
        "use chrono::{{DateTime, Utc}};
use diesel::prelude::*;
use uuid::Uuid;

diesel::table! {{
    {name} (id) {{
        id -> Uuid,
        tenant_id -> Uuid,
{columns}    }}
}}

#[derive(Clone, Debug, Queryable, Identifiable)]
#[diesel(table_name = {name})]
pub struct {entity} {{
    pub id: Uuid,
    pub tenant_id: Uuid,
{fields}}}

#[derive(Insertable)]
#[diesel(table_name = {name})]
pub struct New{entity} {{
    pub id: Uuid,
    pub tenant_id: Uuid,
{fields}}}
",
        name = table.name(),
        entity = table.entity(),
    )
}

/// diesel's name of a column's type.
fn sql_type(ty: &str) -> &'static str {
    match ty {
        "String" => "Text",
        "Option<String>" => "Nullable<Text>",
        "i32" => "Integer",
        "i64" => "BigInt",
        "bool" => "Bool",
        _ => "Timestamptz",
    }
}
