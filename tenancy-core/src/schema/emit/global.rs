//! Grants of one global table.
//!
//! No policy stands between a tenant and its rows, so what is granted is all that there is: SELECT, and more of a table that
//! is `writable` alone. Row-level security is never taken off here: a table that has it is refused by the examination.

use crate::schema::emit::change::Columns;
use crate::schema::emit::isolation;
use crate::schema::emit::quote::{ident, literal, literals, table};
use crate::schema::lock::Lock;
use crate::schema::model::Entity;

/// What the role could do before is taken away first.
pub(crate) fn share(global: &Entity, role: &str) -> String {
    let (on, to) = (table(&global.table), ident(role));
    let mut sql = format!("REVOKE ALL ON {on} FROM PUBLIC, {to};\n");
    if !global.writable {
        return sql + &format!("GRANT SELECT ON {on} TO {to};\n");
    }
    sql += &format!("GRANT SELECT, DELETE ON {on} TO {to};\n");
    sql + &isolation::grant(global, role, &Columns::of(global))
}

pub(crate) fn unshare(global: &Entity, role: &str) -> String {
    format!("REVOKE ALL ON {} FROM {};\n", table(&global.table), ident(role))
}

/// What must not be in the way of the keys and grants.
///
/// Of a table that was retired, the lock file no longer knows the keys, so that no step drops those that emission made: they are
/// in the way as anybody's are.
pub(crate) fn examine(globals: &[&Entity], before: Option<&Lock>, tag: &str) -> String {
    let retired = |global: &Entity| before.is_some_and(|before| before.retired.contains(&global.table));
    let listed = globals.iter().map(|global| row(global, retired(global))).collect::<Vec<_>>().join(",\n");
    format!(include_str!("examine_global.sql"), tag = tag, listed = listed)
}

fn row(global: &Entity, retired: bool) -> String {
    format!(
        "      ({}, {}, ARRAY[{}], ARRAY[{}], {retired})",
        literal(&global.table.schema),
        literal(&global.table.name),
        literals(global.id()),
        literals(global.columns.iter().map(|column| column.name.as_str())),
    )
}
