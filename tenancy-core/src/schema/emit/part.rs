//! Keys, indexes, and the columns that cannot be NULL: added unless they are there, dropped only when emission made them.
//!
//! What emission makes it writes down in `tenancy.emitted`. A key that the table had before, exactly as it is wanted, is
//! accepted under whatever name, stands in no journal, and is never dropped.

use crate::schema::OnDelete;
use crate::schema::emit::change::Part;
use crate::schema::emit::quote::{ident, idents, literal, literals, table, table_literal};
use crate::schema::model::{Entity, Reference};
use crate::schema::names;

pub(crate) fn add(entity: &Entity, part: &Part<'_>, tag: &str) -> String {
    match part {
        Part::NotNull(column) => not_null(entity, column, tag),
        // Another primary key than this one did not pass the examination.
        Part::PrimaryKey(columns) => key(entity, part, "PRIMARY KEY", columns, tag),
        Part::Unique(columns) => key(entity, part, "UNIQUE", columns, tag),
        Part::Index(columns) => index(entity, part, columns, tag),
        Part::ForeignKey(reference) => foreign_key(entity, part, reference, tag),
    }
}

pub(crate) fn drop(entity: &Entity, part: &Part<'_>, tag: &str) -> String {
    let (on, regclass) = (table(&entity.table), table_literal(&entity.table));
    let name = name(entity, part);
    let drop = match part {
        Part::NotNull(column) => format!("ALTER TABLE {on} ALTER COLUMN {} DROP NOT NULL", ident(column)),
        Part::Index(_) => format!("DROP INDEX IF EXISTS {}.{}", ident(&entity.table.schema), ident(&name)),
        Part::PrimaryKey(_) | Part::Unique(_) | Part::ForeignKey(_) => {
            format!("ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {}", ident(&name))
        }
    };
    // A column that is gone took its keys along, and a table that is gone all of them.
    let there = match part {
        Part::NotNull(column) => format!(
            " AND EXISTS (SELECT FROM pg_attribute\n      \
               WHERE attrelid = to_regclass({regclass}) AND attname = {} AND NOT attisdropped)",
            literal(column)
        ),
        _ => String::new(),
    };
    format!(
        "DO {tag} BEGIN\n  \
           DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ({kind}, to_regclass({regclass}), {name});\n  \
           IF FOUND{there} THEN\n    \
             {drop};\n  \
           END IF;\n\
         END {tag};\n",
        kind = literal(kind(part)),
        name = literal(&name),
    )
}

/// Writes down that emission made it.
#[cfg(feature = "adopt")]
pub(crate) fn journal(entity: &Entity, part: &Part<'_>) -> String {
    format!(
        "INSERT INTO tenancy.emitted VALUES ({}, {}, {}) ON CONFLICT DO NOTHING",
        literal(kind(part)),
        table_literal(&entity.table),
        literal(&name(entity, part)),
    )
}

/// As `tenancy.emitted` has it.
fn kind(part: &Part<'_>) -> &'static str {
    match part {
        Part::NotNull(_) => "not null",
        Part::Index(_) => "index",
        Part::PrimaryKey(_) | Part::Unique(_) | Part::ForeignKey(_) => "constraint",
    }
}

pub(crate) fn name(entity: &Entity, part: &Part<'_>) -> String {
    match part {
        Part::NotNull(column) => (*column).to_owned(),
        Part::PrimaryKey(_) => names::primary_key(entity),
        Part::Unique(columns) => names::unique(entity, columns),
        Part::Index(columns) => names::index(entity, columns),
        Part::ForeignKey(reference) => names::foreign_key(entity, &reference.column),
    }
}

/// What a key or an index is called in findings, how PostgreSQL prints it (of an index: from `USING` on) as an SQL
/// expression, and our name for it.
#[cfg(feature = "doctor")]
pub(crate) fn expected(entity: &Entity, part: &Part<'_>) -> Option<(&'static str, String, String)> {
    let (kind, expected) = match part {
        Part::NotNull(_) => return None,
        Part::PrimaryKey(_) => ("primary key", printed(entity, part)),
        Part::Unique(_) => ("unique key", printed(entity, part)),
        Part::Index(columns) => ("index", printed_key(entity, "USING btree", columns)),
        Part::ForeignKey(_) => ("foreign key", printed(entity, part)),
    };
    Some((kind, expected, name(entity, part)))
}

/// Runs `statement` unless the part is there, and writes down that it did.
fn unless(entity: &Entity, part: &Part<'_>, statement: &str, tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           IF NOT EXISTS ({there}) THEN\n    \
             {statement};\n    \
             INSERT INTO tenancy.emitted VALUES ({kind}, {regclass}, {name}) ON CONFLICT DO NOTHING;\n  \
           END IF;\n\
         END {tag};\n",
        there = there(entity, part),
        kind = literal(kind(part)),
        regclass = table_literal(&entity.table),
        name = literal(&name(entity, part)),
    )
}

fn not_null(entity: &Entity, column: &str, tag: &str) -> String {
    let statement =
        format!("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", table(&entity.table), ident(column));
    unless(entity, &Part::NotNull(column), &statement, tag)
}

fn key(entity: &Entity, part: &Part<'_>, kind: &str, columns: &[&str], tag: &str) -> String {
    let definition = format!("{kind} ({})", idents(entity.led_by_tenant(columns)));
    unless(entity, part, &add_constraint(entity, part, &definition), tag)
}

/// How PostgreSQL prints a key, as an SQL expression.
fn printed_key(entity: &Entity, kind: &str, columns: &[&str]) -> String {
    let columns = entity.led_by_tenant(columns);
    format!("format('{kind} ({})', {})", vec!["%I"; columns.len()].join(", "), literals(columns))
}

fn index(entity: &Entity, part: &Part<'_>, columns: &[&str], tag: &str) -> String {
    let columns = entity.led_by_tenant(columns);
    let on = table(&entity.table);
    let statement = format!("CREATE INDEX {} ON {on} ({})", ident(&name(entity, part)), idents(columns));
    unless(entity, part, &statement, tag)
}

/// Whether it is there, under whatever name, as a query.
pub(crate) fn there(entity: &Entity, part: &Part<'_>) -> String {
    let regclass = table_literal(&entity.table);
    match part {
        Part::NotNull(column) => format!(
            "SELECT FROM pg_attribute WHERE attrelid = {regclass}::regclass\n      \
             AND attname = {} AND NOT attisdropped AND attnotnull",
            literal(column)
        ),
        Part::Index(columns) => index_there(entity, columns),
        Part::PrimaryKey(_) | Part::Unique(_) | Part::ForeignKey(_) => format!(
            "SELECT FROM pg_constraint WHERE conrelid = {regclass}::regclass\n      \
             AND pg_get_constraintdef(oid) = {}",
            printed(entity, part)
        ),
    }
}

fn index_there(entity: &Entity, columns: &[&str]) -> String {
    let columns = entity.led_by_tenant(columns);
    let regclass = table_literal(&entity.table);
    format!(
        "SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid\n      \
         WHERE x.indrelid = {regclass}::regclass AND x.indisvalid AND NOT x.indisunique\n        \
         AND replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') =\n          \
         format('CREATE INDEX %I ON %I.%I USING btree ({places})', i.relname, {arguments})",
        places = vec!["%I"; columns.len()].join(", "),
        arguments = literals(
            [entity.table.schema.as_str(), &entity.table.name].into_iter().chain(columns.iter().copied())
        ),
    )
}

/// How PostgreSQL prints a constraint, as an SQL expression.
pub(crate) fn printed(entity: &Entity, part: &Part<'_>) -> String {
    match part {
        Part::PrimaryKey(columns) => printed_key(entity, "PRIMARY KEY", columns),
        Part::Unique(columns) => printed_key(entity, "UNIQUE", columns),
        Part::ForeignKey(reference) => printed_reference(entity, reference),
        // Neither is a constraint.
        Part::NotNull(_) | Part::Index(_) => "NULL".to_owned(),
    }
}

/// The check of the rows that exist is a query of the owner, which forced row-level security would blind, or refuse.
fn foreign_key(entity: &Entity, part: &Part<'_>, reference: &Reference, tag: &str) -> String {
    let definition = reference_definition(entity, reference);
    let mut blinded = Vec::new();
    if entity.tenant.is_some() {
        blinded.push(table_literal(&entity.table));
    }
    if reference.parent_tenant.is_some() && reference.parent != entity.table {
        blinded.push(table_literal(&reference.parent));
    }
    let mut statement = add_constraint(entity, part, &definition);
    if !blinded.is_empty() {
        statement = format!("PERFORM tenancy.maintenance({});\n    {statement}", blinded.join(", "));
    }
    unless(entity, part, &statement, tag)
}

pub(crate) fn reference_definition(entity: &Entity, reference: &Reference) -> String {
    let (action, _) = on_delete(reference);
    let (here, there) = paired(entity, reference);
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){action}",
        idents(here),
        table(&reference.parent),
        idents(there),
    )
}

/// How PostgreSQL prints a foreign key, as an SQL expression.
fn printed_reference(entity: &Entity, reference: &Reference) -> String {
    let (_, action) = on_delete(reference);
    let (here, there) = paired(entity, reference);
    let places = vec!["%I"; here.len()].join(", ");
    let mut arguments = here;
    arguments.extend([reference.parent.schema.as_str(), &reference.parent.name]);
    arguments.extend(there);
    if reference.on_delete == OnDelete::SetNull {
        arguments.push(&reference.column);
    }
    format!(
        "format('FOREIGN KEY ({places}) REFERENCES %I.%I({places}){action}',\n             {})",
        literals(arguments)
    )
}

/// The columns of a foreign key, here and there: the tenant's with the tenant's, unless the parent is nobody's.
fn paired<'a>(entity: &'a Entity, reference: &'a Reference) -> (Vec<&'a str>, Vec<&'a str>) {
    let tenants = entity.tenant.as_deref().zip(reference.parent_tenant.as_deref());
    let (here, there) = tenants.unzip();
    (
        here.into_iter().chain([reference.column.as_str()]).collect(),
        there.into_iter().chain([reference.parent_id.as_str()]).collect(),
    )
}

fn add_constraint(entity: &Entity, part: &Part<'_>, definition: &str) -> String {
    format!(
        "ALTER TABLE {} ADD CONSTRAINT {}\n      {definition}",
        table(&entity.table),
        ident(&name(entity, part))
    )
}

/// What the deletion of a parent does, as SQL and as PostgreSQL prints it.
fn on_delete(reference: &Reference) -> (String, &'static str) {
    match reference.on_delete {
        OnDelete::NoAction => (String::new(), ""),
        OnDelete::Restrict => (" ON DELETE RESTRICT".into(), " ON DELETE RESTRICT"),
        OnDelete::Cascade => (" ON DELETE CASCADE".into(), " ON DELETE CASCADE"),
        // Without the list of columns it would set the tenant column to NULL as well.
        OnDelete::SetNull => {
            (format!(" ON DELETE SET NULL ({})", ident(&reference.column)), " ON DELETE SET NULL (%I)")
        }
    }
}
