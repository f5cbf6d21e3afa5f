//! Emission: from a [`Model`] to SQL.
//!
//! A file is plain SQL in sqlx's migration format, reviewed and committed by the user. It runs in one transaction, as
//! the tables' owner, and needs no superuser. Its order: an examination that refuses what emission does not own, the
//! foundation, the keys of each entity, then the foreign keys between them, then row-level security and grants.

mod entity;
mod examine;
mod foundation;
pub(crate) mod quote;

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(crate) use self::foundation::{BOUND_CHECK, CURRENT_TENANT_BODY};
use crate::schema::emit::quote::{comment, ident, literal};
use crate::schema::model::{Entity, Model, Table};

/// The edition of what is emitted. A lock file of an older one has every entity restated: raise it with each change of
/// the emitted SQL.
pub(crate) const EDITION: u32 = 1;

/// What one file states.
#[derive(Debug, Default)]
pub(crate) struct Statement<'a> {
    pub(crate) foundation: bool,
    /// The entities that are new or changed, each as it was before.
    pub(crate) entities: Vec<(&'a Entity, Option<&'a Entity>)>,
    /// The tables that are retired now.
    pub(crate) retired: Vec<&'a Table>,
    /// The runtime role of before, when it is another now.
    pub(crate) former_role: Option<&'a str>,
}

/// The text of a file.
pub(crate) fn migration(model: &Model, statement: &Statement<'_>) -> String {
    let tag = quote::tag(model, statement);
    let mut sql = String::from(OPENING);
    if !model.entities.is_empty() {
        sql.push('\n');
        sql += &examine::examine(model, &tag);
    }
    if statement.foundation {
        sql.push('\n');
        sql += &foundation::foundation(&model.runtime_role, &tag);
    }
    if !statement.entities.is_empty() {
        sql += "\n-- ===== Keys =========================================================================================================\n";
        for (entity, _) in &statement.entities {
            sql.push('\n');
            sql += &entity::keys(entity, &tag);
        }
        sql += &references(statement, &tag);
        sql += "\n-- ===== Row-level security and grants ================================================================================\n\n";
        sql += ISOLATION;
        let schemas: BTreeSet<&str> =
            statement.entities.iter().map(|(e, _)| e.table.schema.as_str()).collect();
        for schema in schemas {
            let _ =
                writeln!(sql, "GRANT USAGE ON SCHEMA {} TO {};", ident(schema), ident(&model.runtime_role));
        }
        for (entity, before) in &statement.entities {
            sql.push('\n');
            sql += &entity::isolation(entity, &model.runtime_role);
            if let Some(before) = before {
                sql += &entity::departed(before, entity, &model.runtime_role, &tag);
            }
        }
        sql.push('\n');
        sql += &children(statement, &model.runtime_role, &tag);
    }
    sql += &farewell(model, statement, &tag);
    sql + CLOSING
}

const OPENING: &str = "\
-- Emitted by tenancy from the entities of `schema!`. Do not edit it: the lock file knows its checksum, and sqlx refuses a
-- file that changed after it was applied. Whatever changes in the entities is emitted as a new file.
--
-- It runs in one transaction, as the owner of the tables, and can be applied on top of any earlier state.

-- Names below mean PostgreSQL's own, whatever the search_path of this session is. It is put back at the end: sqlx writes
-- its own row in the same transaction.
SELECT set_config('tenancy.search_path', current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;
";

const CLOSING: &str = "
SELECT set_config('search_path', current_setting('tenancy.search_path'), true);
";

const ISOLATION: &str = "\
-- Enabled for everybody, and forced on the owner too. Two policies with one predicate: the permissive one gives the
-- runtime role its tenant's rows, the restrictive one bounds everybody to them. A policy that somebody adds cannot widen
-- that, and dropping either one leaves fewer rows and not more. (SELECT ..) is evaluated once a statement, and lets an
-- index serve it.
--   Grants: never TRUNCATE, REFERENCES or TRIGGER, which row-level security does not hold. INSERT leaves out generated
-- columns; UPDATE leaves out the tenant column and the id as well, so that a row never moves.
";

fn references(statement: &Statement<'_>, tag: &str) -> String {
    let keys: String = statement.entities.iter().map(|(entity, _)| entity::references(entity, tag)).collect();
    if keys.is_empty() {
        return keys;
    }
    format!(
        "\n-- Foreign keys pair the tenant with the tenant, since PostgreSQL checks them past row-level security. The check of \
         rows\n-- that exist is a query of the owner, which forced row-level security would blind: it would find nothing wrong. \
         So it\n-- is lifted while a key is added. Nobody sees that: the tables are locked until the transaction ends.\n{keys}"
    )
}

/// Partitions and inheritance children can be named directly, past the policies of their parent.
fn children(statement: &Statement<'_>, runtime_role: &str, tag: &str) -> String {
    let parents: Vec<String> = statement
        .entities
        .iter()
        .map(|(e, _)| format!("{}::regclass", quote::table_literal(&e.table)))
        .collect();
    format!(
        "-- A partition can be named directly, past the policies of its table: nobody may, unless it is listed itself.\n\
         DO {tag}\n\
         DECLARE\n  child record;\n\
         BEGIN\n  \
           FOR child IN\n    \
             WITH RECURSIVE below AS (\n      \
               SELECT inhrelid FROM pg_inherits WHERE inhparent IN (\n        {parents})\n      \
               UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)\n    \
             SELECT c.oid::regclass AS name, c.relkind FROM below JOIN pg_class c ON c.oid = below.inhrelid\n     \
              WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenancy_allow')\n  \
           LOOP\n    \
             IF child.relkind IN ('r', 'p') THEN\n      \
               EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', child.name);\n      \
               EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', child.name);\n    \
             END IF;\n    \
             EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', child.name, {role});\n  \
           END LOOP;\n\
         END {tag};\n",
        parents = parents.join(",\n        "),
        role = literal(runtime_role),
    )
}

/// What loses its grants: retired tables, and a runtime role that is another now.
fn farewell(model: &Model, statement: &Statement<'_>, tag: &str) -> String {
    let mut sql = String::new();
    for table in &statement.retired {
        let _ = write!(
            sql,
            "\n-- {name} is retired: nobody reaches it, and its row-level security stays. Drop it when you like.\n\
             DO {tag} BEGIN\n  \
               IF to_regclass({regclass}) IS NOT NULL THEN\n    \
                 REVOKE ALL ON {on} FROM PUBLIC, {role};\n  \
               END IF;\n\
             END {tag};\n",
            name = comment(&table.to_string()),
            regclass = quote::table_literal(table),
            on = quote::table(table),
            role = ident(&model.runtime_role),
        );
    }
    if let Some(former) = statement.former_role {
        let tables =
            statement.entities.iter().map(|(e, _)| &e.table).chain(statement.retired.iter().copied());
        let revoke: String = tables
            .map(|table| {
                format!(
                    "    IF to_regclass({}) IS NOT NULL THEN REVOKE ALL ON {} FROM {}; END IF;\n",
                    quote::table_literal(table),
                    quote::table(table),
                    ident(former)
                )
            })
            .collect();
        let _ = write!(
            sql,
            "\n-- The runtime role was another before this file.\n\
             DO {tag} BEGIN\n  \
               IF EXISTS (SELECT FROM pg_roles WHERE rolname = {former}) THEN\n{revoke}  END IF;\n\
             END {tag};\n",
            former = literal(former),
        );
    }
    sql
}

#[cfg(test)]
mod tests;
