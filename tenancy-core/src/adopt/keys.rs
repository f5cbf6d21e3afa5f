//! Keys and indexes beside the old ones, while everybody goes on writing.
//!
//! An index is built `CONCURRENTLY`; one that was interrupted is left invalid, and is dropped and built again. A constraint
//! is added `NOT VALID`, which holds for what is written from then on, and then validated, which reads the rows under a lock
//! that lets writers pass. The new primary key stays a unique index for now: foreign keys of the old program refer to the
//! old one.

use crate::adopt::AdoptError;
use crate::adopt::session::Session;
use crate::adopt::source::Source;
use crate::schema::emit::change::{self, Part};
use crate::schema::emit::part;
use crate::schema::emit::quote::{ident, idents, literal};

/// All but foreign keys, which need their parents' keys.
pub(super) async fn build(session: &mut Session, source: &Source<'_>) -> Result<(), AdoptError> {
    for wanted in change::parts(source.entity) {
        match &wanted {
            Part::ForeignKey(_) => {}
            _ if there(session, source, &wanted).await? => {}
            Part::NotNull(column) => not_null(session, source, &wanted, column).await?,
            Part::PrimaryKey(columns) => {
                concurrently(session, source, &source.passing("key"), true, columns).await?;
            }
            Part::Unique(columns) => unique(session, source, &wanted, columns).await?,
            Part::Index(columns) => {
                concurrently(session, source, &part::name(source.entity, &wanted), false, columns).await?;
                let journal = part::journal(source.entity, &wanted);
                session.brief(&source.entity.table, "writing down an index", &journal).await?;
            }
        }
    }
    // Plans of the old program should know of the new column and indexes.
    session.online(format!("ANALYZE {}", source.table())).await
}

pub(super) async fn refer(session: &mut Session, source: &Source<'_>) -> Result<(), AdoptError> {
    let table = &source.entity.table;
    for wanted in change::parts(source.entity) {
        let Part::ForeignKey(reference) = &wanted else { continue };
        if there(session, source, &wanted).await? {
            continue;
        }
        // The old key has our name, most often.
        let passing = passing_key(source, &reference.column);
        let name = ident(&passing);
        if !constraint(session, source, &passing).await? {
            let add = format!(
                "ALTER TABLE {} ADD CONSTRAINT {name} {} NOT VALID",
                source.table(),
                part::reference_definition(source.entity, reference),
            );
            session.brief(table, "adding a foreign key", &add).await?;
        }
        session.step(table, "checking the rows for a foreign key");
        session.online(format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", source.table())).await?;
    }
    Ok(())
}

/// Whether the table has a constraint of this name.
pub(super) async fn constraint(
    session: &mut Session,
    source: &Source<'_>,
    name: &str,
) -> Result<bool, AdoptError> {
    session
        .ask(format!(
            "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {})",
            source.regclass(),
            literal(name)
        ))
        .await
}

/// What a foreign key is called until the old one is gone.
pub(super) fn passing_key(source: &Source<'_>, column: &str) -> String {
    source.passing(&format!("reference\0{column}"))
}

/// What [`build`] and [`refer`] have not made yet.
pub(super) async fn missing(
    session: &mut Session,
    source: &Source<'_>,
) -> Result<Option<String>, AdoptError> {
    for wanted in change::parts(source.entity) {
        if !there(session, source, &wanted).await? {
            return Ok(Some(part::name(source.entity, &wanted)));
        }
    }
    Ok(None)
}

/// Whether a part is there: under whatever name, and of the primary key as an index.
pub(super) async fn there(
    session: &mut Session,
    source: &Source<'_>,
    wanted: &Part<'_>,
) -> Result<bool, AdoptError> {
    let mut there = format!("EXISTS ({})", part::there(source.entity, wanted));
    if let Part::PrimaryKey(_) = wanted {
        let index =
            literal(&format!("{}.{}", ident(&source.entity.table.schema), ident(&source.passing("key"))));
        there += &format!(
            " OR EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass({index}) AND indrelid = {}::regclass AND indisvalid)",
            source.regclass()
        );
    }
    session.ask(format!("SELECT {there}")).await
}

/// With a validated CHECK in place, SET NOT NULL reads no rows.
async fn not_null(
    session: &mut Session,
    source: &Source<'_>,
    wanted: &Part<'_>,
    column: &str,
) -> Result<(), AdoptError> {
    let (table, check) = (source.table(), ident(&source.passing(&format!("check\0{column}"))));
    let column = ident(column);
    let (of, what) = (&source.entity.table, "forbidding NULL");
    let add = format!(
        "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}, \
           ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
    );
    session.brief(of, what, &add).await?;
    session.step(of, "checking the rows for NULL");
    session.online(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}")).await?;
    let set = format!(
        "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL; ALTER TABLE {table} DROP CONSTRAINT {check}; {}",
        part::journal(source.entity, wanted)
    );
    session.brief(of, what, &set).await
}

async fn unique(
    session: &mut Session,
    source: &Source<'_>,
    wanted: &Part<'_>,
    columns: &[&str],
) -> Result<(), AdoptError> {
    let name = part::name(source.entity, wanted);
    concurrently(session, source, &name, true, columns).await?;
    let add = format!(
        "ALTER TABLE {} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}; {}",
        source.table(),
        part::journal(source.entity, wanted),
        name = ident(&name),
    );
    session.brief(&source.entity.table, "adding a unique key", &add).await
}

/// An index on the tenant and `columns`.
async fn concurrently(
    session: &mut Session,
    source: &Source<'_>,
    name: &str,
    unique: bool,
    columns: &[&str],
) -> Result<(), AdoptError> {
    let schema = ident(&source.entity.table.schema);
    let index = format!("{schema}.{}", ident(name));
    let state: Option<bool> = session
        .ask(format!(
            "SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({}))",
            literal(&index)
        ))
        .await?;
    match state {
        Some(true) => return Ok(()),
        Some(false) => session.online(format!("DROP INDEX CONCURRENTLY {index}")).await?,
        None => {}
    }
    session.step(&source.entity.table, "building an index");
    let unique = if unique { "UNIQUE " } else { "" };
    let columns = source.entity.led_by_tenant(columns);
    let create = format!(
        "CREATE {unique}INDEX CONCURRENTLY {} ON {} ({})",
        ident(name),
        source.table(),
        idents(columns)
    );
    session.online(create).await
}
