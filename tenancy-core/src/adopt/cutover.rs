//! The last two stages: row-level security for the runtime role, and then for everybody.

use sqlx::Row as _;

use crate::adopt::session::Session;
use crate::adopt::source::Source;
use crate::adopt::{AdoptError, backfill, keys};
use crate::schema::emit::change::{self, Part};
use crate::schema::emit::quote::{ident, literal};
use crate::schema::emit::{isolation, part, quote};
use crate::schema::model::Model;

/// The policy that lets the old role go on.
const LEGACY: &str = "tenancy_legacy";

pub(super) async fn enforce(
    session: &mut Session,
    model: &Model,
    sources: &[Source<'_>],
    old_role: &str,
) -> Result<(), AdoptError> {
    apart(session, &model.runtime_role, old_role).await?;
    for source in sources {
        if let Some(missing) = keys::missing(session, source).await? {
            return Err(AdoptError::NotPrepared { table: source.entity.table.to_string(), missing });
        }
        read_past(session, source, &model.runtime_role).await?;
    }
    for source in sources {
        let (table, old) = (source.table(), ident(old_role));
        let role = ident(&model.runtime_role);
        let mut sql = format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; \
             DROP POLICY IF EXISTS tenancy_bound ON {table}; \
             CREATE POLICY tenancy_bound ON {table} AS RESTRICTIVE FOR ALL TO {role} USING ({predicate}) WITH CHECK ({predicate}); \
             DROP POLICY IF EXISTS {LEGACY} ON {table}; \
             CREATE POLICY {LEGACY} ON {table} AS PERMISSIVE FOR ALL TO {old} USING (true) WITH CHECK (true); \
             GRANT USAGE ON SCHEMA {schema} TO {role}; ",
            predicate = isolation::predicate(source.entity),
            schema = ident(&source.entity.table.schema),
        );
        sql += &isolation::admit(source.entity, &model.runtime_role, true);
        session
            .brief(&source.entity.table, "row-level security", sql.trim_end().trim_end_matches(';'))
            .await?;
        tracing::warn!(
            table = %source.entity.table,
            old_role = ?old_role,
            "the runtime role is held by row-level security, and the old role is not"
        );
    }
    Ok(())
}

/// Views of the old program's read with the rights of their owner, whom nothing holds yet.
async fn read_past(session: &mut Session, source: &Source<'_>, runtime_role: &str) -> Result<(), AdoptError> {
    let role = literal(runtime_role);
    let views: Option<String> = session
        .ask(format!(
            "WITH RECURSIVE reading (oid) AS ( \
               SELECT {}::regclass::oid \
               UNION \
               SELECT r.ev_class FROM reading v \
                 JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass \
                 JOIN pg_rewrite r ON r.oid = d.objid) \
             SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid) FROM reading JOIN pg_class c USING (oid) \
              WHERE (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions) \
                                                                            WHERE option_name = 'security_invoker'), false)) \
                AND (has_table_privilege({role}, c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege({role}, c.oid, 'SELECT'))",
            source.regclass(),
        ))
        .await?;
    match views {
        Some(views) => Err(AdoptError::ReadPast { table: source.entity.table.to_string(), views }),
        None => Ok(()),
    }
}

/// The old role exists, and neither role reaches the other.
async fn apart(session: &mut Session, runtime_role: &str, old_role: &str) -> Result<(), AdoptError> {
    let rows = session
        .rows(format!(
            "SELECT r.oid IS NULL AS missing, \
                    coalesce(pg_has_role(o.oid, r.oid, 'MEMBER') OR pg_has_role(r.oid, o.oid, 'MEMBER'), false) AS mixed \
               FROM pg_roles o LEFT JOIN pg_roles r ON r.rolname = {} WHERE o.rolname = {}",
            literal(runtime_role),
            literal(old_role),
        ))
        .await?;
    let wrong = |why| Err(AdoptError::OldRole { role: old_role.to_owned(), why });
    match rows.first() {
        None => wrong("does not exist"),
        Some(row) if row.try_get("missing")? => Err(AdoptError::NoFoundation),
        Some(row) if row.try_get("mixed")? => wrong(
            "is a member of the runtime role, or the other way round: the new program needs a login of its own",
        ),
        Some(_) => Ok(()),
    }
}

pub(super) async fn finish(
    session: &mut Session,
    model: &Model,
    sources: &[Source<'_>],
    old_role: &str,
) -> Result<(), AdoptError> {
    for source in sources {
        let enforced: bool = session
            .ask(format!(
                "SELECT c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenancy_bound') \
                   FROM pg_class c WHERE c.oid = {}::regclass",
                source.regclass()
            ))
            .await?;
        if !enforced {
            return Err(AdoptError::NotEnforced { table: source.entity.table.to_string() });
        }
        strangers(session, model, source).await?;
    }
    // A key goes when nothing refers to it any more.
    for source in sources.iter().rev() {
        let sql = references(session, model, source).await?;
        if !sql.is_empty() {
            session.brief(&source.entity.table, "dropping an old foreign key", &sql.join("; ")).await?;
        }
    }
    let tag = quote::tag(None, model);
    for source in sources.iter().rev() {
        let mut sql = keys_of(session, source).await?;
        sql.push(format!("DROP POLICY IF EXISTS {LEGACY} ON {}", source.table()));
        for trigger in ["fill", "follow"] {
            let trigger = ident(&source.passing(trigger));
            sql.push(format!("DROP TRIGGER IF EXISTS {trigger} ON {}", source.table()));
        }
        sql.push(format!("DROP FUNCTION IF EXISTS {}()", backfill::function_name(source)));
        if let Some(parent) = source.follows() {
            let (carrier, parent) = (ident(&backfill::carrier(source)), quote::table(&parent.parent));
            sql.push(format!("DROP TRIGGER IF EXISTS {carrier} ON {parent}"));
            sql.push(format!("DROP FUNCTION IF EXISTS {}()", backfill::carrier_name(source)));
        }
        let mut isolate = isolation::protect(source.entity, &tag);
        if source.entity.public_read {
            isolate += &isolation::publish(source.entity, &model.runtime_role);
        }
        sql.push(isolate.trim_end().trim_end_matches(';').to_owned());
        let owns: bool = session
            .ask(format!(
                "SELECT coalesce((SELECT o.oid = c.relowner FROM pg_roles o WHERE o.rolname = {}), true) \
                   FROM pg_class c WHERE c.oid = {}::regclass",
                literal(old_role),
                source.regclass(),
            ))
            .await?;
        if !owns {
            sql.push(format!("REVOKE ALL ON {} FROM {}", source.table(), ident(old_role)));
        }
        session.brief(&source.entity.table, "finishing", &sql.join("; ")).await?;
        tracing::info!(table = %source.entity.table, "row-level security holds everybody");
    }
    Ok(())
}

/// Tables that no adoption is about, and that refer to a key that goes.
async fn strangers(session: &mut Session, model: &Model, source: &Source<'_>) -> Result<(), AdoptError> {
    let by: Option<String> = session
        .ask(format!(
            "SELECT string_agg(DISTINCT k.conrelid::regclass::text, ', ') FROM pg_constraint k \
              WHERE k.contype = 'f' AND k.confrelid = {}::regclass AND k.conrelid <> ALL ({})",
            source.regclass(),
            known(model),
        ))
        .await?;
    match by {
        Some(by) => Err(AdoptError::StillReferenced { table: source.entity.table.to_string(), by }),
        None => Ok(()),
    }
}

/// The old foreign keys to entities go; the new ones get their names.
async fn references(
    session: &mut Session,
    model: &Model,
    source: &Source<'_>,
) -> Result<Vec<String>, AdoptError> {
    let entity = source.entity;
    let table = source.table();
    let wanted: Vec<Part<'_>> =
        change::parts(entity).into_iter().filter(|part| matches!(part, Part::ForeignKey(_))).collect();
    let kept = wanted.iter().map(|part| part::printed(entity, part)).collect::<Vec<_>>().join(", ");
    let old = session
        .rows(format!(
            "SELECT conname FROM pg_constraint \
              WHERE contype = 'f' AND conrelid = {}::regclass AND confrelid = ANY ({}) \
                AND pg_get_constraintdef(oid) <> ALL (ARRAY[{kept}]::text[])",
            source.regclass(),
            known(model),
        ))
        .await?;
    let mut sql = Vec::new();
    for row in old {
        sql.push(format!("ALTER TABLE {table} DROP CONSTRAINT {}", ident(row.try_get("conname")?)));
    }
    for part in &wanted {
        let Part::ForeignKey(reference) = part else { continue };
        let passing = keys::passing_key(source, &reference.column);
        if keys::constraint(session, source, &passing).await? {
            let (from, to) = (ident(&passing), ident(&part::name(entity, part)));
            sql.push(format!("ALTER TABLE {table} RENAME CONSTRAINT {from} TO {to}"));
            sql.push(part::journal(entity, part));
        }
    }
    Ok(sql)
}

/// The tables of every entity, as an array of those that are there.
fn known(model: &Model) -> String {
    let tables = model.all().map(|entity| format!("to_regclass({})", quote::table_literal(&entity.table)));
    format!("ARRAY[{}]::regclass[]", tables.collect::<Vec<_>>().join(", "))
}

/// The old primary key and whatever is unique without the tenant go, and the index becomes the primary key.
async fn keys_of(session: &mut Session, source: &Source<'_>) -> Result<Vec<String>, AdoptError> {
    let of = &source.entity.table;
    let table = source.table();
    let rows = session
        .rows(format!(
            "SELECT i.relname, k.conname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
               LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x') \
               JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attname = {} AND NOT a.attisdropped \
              WHERE x.indrelid = {}::regclass AND (x.indisunique OR x.indisexclusion) \
                AND NOT a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])",
            literal(source.entity.tenant()),
            source.regclass(),
        ))
        .await?;
    let mut sql = Vec::new();
    for row in rows {
        sql.push(match row.try_get::<Option<String>, _>("conname")? {
            Some(constraint) => format!("ALTER TABLE {table} DROP CONSTRAINT {}", ident(&constraint)),
            None => {
                let index: String = row.try_get("relname")?;
                format!("DROP INDEX {}.{}", ident(&of.schema), ident(&index))
            }
        });
    }
    let key = Part::PrimaryKey(source.entity.id().collect());
    let there: bool = session.ask(format!("SELECT EXISTS ({})", part::there(source.entity, &key))).await?;
    if !there {
        sql.push(format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} PRIMARY KEY USING INDEX {}",
            ident(&part::name(source.entity, &key)),
            ident(&source.passing("key")),
        ));
        sql.push(part::journal(source.entity, &key));
    }
    Ok(sql)
}
