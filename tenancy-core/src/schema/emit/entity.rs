//! One entity: its keys, then its isolation.
//!
//! Each statement can be repeated: a file that is emitted later restates an entity on top of what earlier ones made.

use std::fmt::Write as _;

use crate::schema::emit::quote::{comment, ident, idents, literals, table, table_literal};
use crate::schema::model::{Entity, Reference};
use crate::schema::{OnDelete, names};

/// The primary key, unique keys and indexes. Foreign keys need those of their parents first: see [`references`].
pub(crate) fn keys(entity: &Entity, tag: &str) -> String {
    let on = table(&entity.table);
    let mut sql = format!(
        "-- {name}: keys. The tenant leads each of them, so that a key holds within a tenant and tells nothing about\n\
         -- another's rows, and so that its index serves row-level security.\n\
         ALTER TABLE {on}\n  {not_null};\n",
        name = comment(&entity.table.to_string()),
        not_null = key_columns(entity)
            .map(|column| format!("ALTER COLUMN {} SET NOT NULL", ident(column)))
            .collect::<Vec<_>>()
            .join(",\n  "),
    );
    // Another primary key than this one did not pass the examination.
    let _ = write!(
        sql,
        "DO {tag} BEGIN\n  \
           IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {regclass}::regclass AND contype = 'p') THEN\n    \
             ALTER TABLE {on} ADD CONSTRAINT {name} PRIMARY KEY ({columns});\n  \
           END IF;\n\
         END {tag};\n",
        regclass = table_literal(&entity.table),
        name = ident(&names::primary_key(entity)),
        columns = idents(key_columns(entity)),
    );
    for unique in &entity.uniques {
        let columns: Vec<&str> = with_tenant(entity, unique).collect();
        let expected = format!(
            "format('UNIQUE ({})', {})",
            vec!["%I"; columns.len()].join(", "),
            literals(columns.iter().copied())
        );
        let definition = format!("UNIQUE ({})", idents(columns));
        sql += &unless_held(entity, &names::unique(entity, unique), &expected, &definition, tag, &[]);
    }
    for index in entity.all_indexes() {
        let _ = writeln!(
            sql,
            "CREATE INDEX IF NOT EXISTS {} ON {on} ({});",
            ident(&names::index(entity, &index)),
            idents(with_tenant(entity, &index)),
        );
    }
    sql
}

/// The foreign keys.
pub(crate) fn references(entity: &Entity, tag: &str) -> String {
    let mut sql = String::new();
    for reference in &entity.references {
        let name = names::foreign_key(entity, &reference.column);
        let (action, action_format) = on_delete(reference);
        let mut arguments = vec![
            entity.tenant.as_str(),
            &reference.column,
            &reference.parent.schema,
            &reference.parent.name,
            &reference.parent_tenant,
            &reference.parent_id,
        ];
        if reference.on_delete == OnDelete::SetNull {
            arguments.push(&reference.column);
        }
        let expected = format!(
            "format('FOREIGN KEY (%I, %I) REFERENCES %I.%I(%I, %I){action_format}',\n             {})",
            literals(arguments)
        );
        let definition = format!(
            "FOREIGN KEY ({}) REFERENCES {} ({}){action}",
            idents([entity.tenant.as_str(), &reference.column]),
            table(&reference.parent),
            idents([reference.parent_tenant.as_str(), &reference.parent_id]),
        );
        let mut blinded = vec![table(&entity.table)];
        if reference.parent != entity.table {
            blinded.push(table(&reference.parent));
        }
        sql += &unless_held(entity, &name, &expected, &definition, tag, &blinded);
    }
    sql
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

/// Adds a constraint unless it exists exactly so, under whatever name. An older form under our name is replaced.
/// `blinded` are the tables whose forced row-level security would hide rows from the check of those that exist.
fn unless_held(
    entity: &Entity,
    name: &str,
    expected: &str,
    definition: &str,
    tag: &str,
    blinded: &[String],
) -> String {
    let (on, name) = (table(&entity.table), ident(name));
    let force = |word: &str| -> String {
        blinded
            .iter()
            .map(|table| format!("    ALTER TABLE {table} {word}FORCE ROW LEVEL SECURITY;\n"))
            .collect()
    };
    format!(
        "DO {tag} BEGIN\n  \
           IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {regclass}::regclass\n      \
             AND pg_get_constraintdef(oid) = {expected}) THEN\n    \
             ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {name};\n\
         {lift}    \
             ALTER TABLE {on} ADD CONSTRAINT {name}\n      {definition};\n\
         {restore}  \
           END IF;\n\
         END {tag};\n",
        regclass = table_literal(&entity.table),
        lift = force("NO "),
        restore = force(""),
    )
}

/// Row-level security and the grants of the runtime role.
pub(crate) fn isolation(entity: &Entity, runtime_role: &str) -> String {
    let (on, role) = (table(&entity.table), ident(runtime_role));
    let predicate = format!("{} = (SELECT tenancy.current_tenant())", ident(&entity.tenant));
    let mut sql = format!(
        "-- {name}: isolation.\n\
         ALTER TABLE {on} ENABLE ROW LEVEL SECURITY;\n\
         ALTER TABLE {on} FORCE ROW LEVEL SECURITY;\n\
         DROP POLICY IF EXISTS tenancy_allow ON {on};\n\
         CREATE POLICY tenancy_allow ON {on} AS PERMISSIVE FOR ALL TO {role}\n  \
           USING ({predicate})\n  \
           WITH CHECK ({predicate});\n\
         DROP POLICY IF EXISTS tenancy_bound ON {on};\n\
         CREATE POLICY tenancy_bound ON {on} AS RESTRICTIVE FOR ALL TO PUBLIC\n  \
           USING ({predicate})\n  \
           WITH CHECK ({predicate});\n\
         REVOKE ALL ON {on} FROM PUBLIC, {role};\n\
         GRANT SELECT, DELETE ON {on} TO {role};\n\
         GRANT INSERT ({insertable}) ON {on} TO {role};\n",
        name = comment(&entity.table.to_string()),
        insertable = idents(entity.insertable()),
    );
    let updatable = idents(entity.updatable());
    if !updatable.is_empty() {
        let _ = writeln!(sql, "GRANT UPDATE ({updatable}) ON {on} TO {role};");
    }
    sql
}

/// A program of before this file may still run, and names the columns that are gone from the entity. While they are in
/// the table it may go on writing them, unless the entity says now that the database does.
pub(crate) fn departed(before: &Entity, now: &Entity, runtime_role: &str, tag: &str) -> String {
    let mut sql = String::new();
    let gone = |column: &&str| now.columns.iter().all(|c| c.name != *column);
    for column in before.insertable().filter(gone) {
        let name = ident(column);
        let update = if before.updatable().any(|c| c == column) {
            format!(", UPDATE ({name})")
        } else {
            String::new()
        };
        let _ = write!(
            sql,
            "-- A program of before this file may still run, and write this column.\n\
             DO {tag} BEGIN\n  \
               IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = {regclass}::regclass AND attname = {column}\n      \
                 AND attnum > 0 AND NOT attisdropped) THEN\n    \
                 GRANT INSERT ({name}){update} ON {on} TO {role};\n  \
               END IF;\n\
             END {tag};\n",
            regclass = table_literal(&now.table),
            column = literals([column]),
            on = table(&now.table),
            role = ident(runtime_role),
        );
    }
    sql
}

fn key_columns(entity: &Entity) -> impl Iterator<Item = &str> {
    [entity.tenant.as_str()].into_iter().chain(entity.id())
}

fn with_tenant<'a, T: AsRef<str>>(entity: &'a Entity, columns: &'a [T]) -> impl Iterator<Item = &'a str> {
    [entity.tenant.as_str()].into_iter().chain(columns.iter().map(AsRef::as_ref))
}
