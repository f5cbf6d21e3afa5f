//! The second stage: column, trigger, rows, keys.

use std::time::Duration;

use serde::Serialize;

use crate::adopt::session::Session;
use crate::adopt::source::Source;
use crate::adopt::{AdoptError, backfill, keys, rehearse};
use crate::schema::model::Model;

/// What [`Adoption::prepare`](crate::adopt::Adoption::prepare) did this time.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Prepared {
    /// Table by table, parents first.
    pub tables: Vec<TablePrepared>,
    /// Attempts that were given up so that others could go on.
    pub retries: u64,
}

/// What was done to one table.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct TablePrepared {
    /// The table.
    pub table: String,
    /// Rows whose tenant was filled.
    pub rows: u64,
    /// In so many batches.
    pub batches: u64,
    /// The longest of them.
    pub longest: Duration,
}

pub(super) async fn prepare(
    session: &mut Session,
    model: &Model,
    sources: &[Source<'_>],
) -> Result<Prepared, AdoptError> {
    if let Some(blind) = sources.iter().find(|source| source.blind()) {
        return already(session, sources, blind).await;
    }
    let mut filled = Vec::new();
    let mut tables = Vec::new();
    for source in sources {
        filled.push(backfill::open(session, source).await?);
    }
    for source in &filled {
        backfill::carry(session, source, &filled).await?;
    }
    // Parents first: a child asks for its parent's tenant.
    for source in &filled {
        tables.push(backfill::fill(session, source).await?);
    }
    for source in &filled {
        if keys::missing(session, source).await?.is_some() {
            backfill::reconcile(session, source).await?;
        }
    }
    let rehearsal = rehearse::rehearse(session, model, &filled).await?;
    if !rehearsal.is_clean() {
        return Err(AdoptError::Violations(rehearsal));
    }
    for source in &filled {
        keys::build(session, source).await?;
    }
    for source in &filled {
        keys::refer(session, source).await?;
    }
    Ok(Prepared { tables, retries: session.retries })
}

/// Of tables that are enforced: there must be nothing left to do, since a check would not see the rows.
async fn already(
    session: &mut Session,
    sources: &[Source<'_>],
    blind: &Source<'_>,
) -> Result<Prepared, AdoptError> {
    for source in sources {
        if let Some(missing) = keys::missing(session, source).await? {
            return Err(AdoptError::Blind { table: blind.entity.table.to_string(), missing });
        }
    }
    let tables = sources
        .iter()
        .map(|source| TablePrepared { table: source.entity.table.to_string(), ..TablePrepared::default() });
    Ok(Prepared { tables: tables.collect(), retries: session.retries })
}
