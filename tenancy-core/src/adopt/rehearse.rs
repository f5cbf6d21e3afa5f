//! [`Rehearsal`]: the rows that would not fit, counted.

use std::fmt;

use serde::Serialize;

use crate::adopt::AdoptError;
use crate::adopt::session::Session;
use crate::adopt::source::Source;
use crate::schema::emit::quote::{ident, idents, table};
use crate::schema::model::Model;

/// What [`Adoption::rehearse`](crate::adopt::Adoption::rehearse) found. It holds numbers and queries, and no rows.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Rehearsal {
    /// What would not fit.
    pub violations: Vec<Violation>,
    /// How many rows each table has.
    pub rows: Vec<(String, i64)>,
}

/// Rows of one table that would not fit, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// The table.
    pub table: String,
    /// The reason.
    pub kind: ViolationKind,
    /// How many rows.
    pub rows: i64,
    /// The query that shows them, for the tables' owner.
    pub query: String,
}

/// Why a row would not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationKind {
    /// The expression does not find its tenant.
    NoTenant,
    /// It refers to a row of another tenant.
    CrossesTenants {
        /// The column that refers.
        column: String,
    },
    /// It refers to a row that is not there.
    NoParent {
        /// The column that refers.
        column: String,
    },
    /// Another row of its tenant has the same key.
    Duplicate {
        /// The columns of the key, without the tenant's.
        columns: Vec<String>,
    },
}

impl Rehearsal {
    /// Whether every row fits.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            write!(f, "every row fits")?;
        } else {
            write!(f, "rows do not fit:")?;
        }
        for Violation { table, kind, rows, query } in &self.violations {
            let why = match kind {
                ViolationKind::NoTenant => "have no tenant".to_owned(),
                ViolationKind::CrossesTenants { column } => {
                    format!("refer by {column} to another tenant's row")
                }
                ViolationKind::NoParent { column } => format!("refer by {column} to no row"),
                ViolationKind::Duplicate { columns } => {
                    format!("have a key ({}) that another row of the tenant has", columns.join(", "))
                }
            };
            write!(f, "\n- {table}: {rows} rows {why}\n  {query}")?;
        }
        Ok(())
    }
}

/// As of one moment: the old program goes on.
pub(super) async fn rehearse(
    session: &mut Session,
    model: &Model,
    sources: &[Source<'_>],
) -> Result<Rehearsal, AdoptError> {
    session.online("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()).await?;
    let counted = count(session, model, sources).await;
    session.online("ROLLBACK".to_owned()).await?;
    counted
}

async fn count(
    session: &mut Session,
    model: &Model,
    sources: &[Source<'_>],
) -> Result<Rehearsal, AdoptError> {
    let mut rehearsal = Rehearsal { violations: Vec::new(), rows: Vec::new() };
    for source in sources {
        session.online(format!("SET LOCAL search_path = {}", source.search_path())).await?;
        let name = source.entity.table.to_string();
        session.step(&name, "counting the rows that would not fit");
        let rows = session.ask(format!("SELECT count(*) FROM {}", source.table())).await?;
        rehearsal.rows.push((name.clone(), rows));
        for (kind, query) in questions(model, sources, source) {
            let rows: i64 = session.ask(format!("SELECT count(*) FROM ({query}) AS violating")).await?;
            if rows > 0 {
                rehearsal.violations.push(Violation { table: name.clone(), kind, rows, query });
            }
        }
    }
    Ok(rehearsal)
}

/// What would not fit, and the query that shows it.
fn questions(model: &Model, sources: &[Source<'_>], source: &Source<'_>) -> Vec<(ViolationKind, String)> {
    let entity = source.entity;
    let rows = source.rows();
    let mut questions =
        vec![(ViolationKind::NoTenant, format!("SELECT * FROM {rows} AS r WHERE r.tenancy_tenant IS NULL"))];
    for reference in &entity.references {
        let column = reference.column.clone();
        let (here, there) = (ident(&reference.column), ident(&reference.parent_id));
        let parent = table(&reference.parent);
        questions.push((
            ViolationKind::NoParent { column: column.clone() },
            format!(
                "SELECT r.* FROM {rows} AS r WHERE r.{here} IS NOT NULL \
                 AND NOT EXISTS (SELECT FROM {parent} AS p WHERE p.{there} = r.{here})"
            ),
        ));
        if let Some(parents) = Source::rows_of(model, sources, &reference.parent) {
            questions.push((
                ViolationKind::CrossesTenants { column },
                format!(
                    "SELECT r.* FROM {rows} AS r JOIN {parents} AS p ON p.{there} = r.{here} \
                     WHERE r.tenancy_tenant <> p.tenancy_tenant"
                ),
            ));
        }
    }
    for unique in &entity.uniques {
        let columns = idents(unique.iter().map(String::as_str));
        let given = unique.iter().map(|column| format!("r.{} IS NOT NULL", ident(column)));
        questions.push((
            ViolationKind::Duplicate { columns: unique.clone() },
            format!(
                "SELECT * FROM (SELECT r.*, row_number() OVER (PARTITION BY tenancy_tenant, {columns}) AS tenancy_number \
                 FROM {rows} AS r WHERE r.tenancy_tenant IS NOT NULL AND {}) AS n WHERE n.tenancy_number > 1",
                given.collect::<Vec<_>>().join(" AND ")
            ),
        ));
    }
    questions
}
