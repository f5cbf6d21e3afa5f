//! [`Source`]: a table that is being adopted, what the catalogs say of it, and whose its rows are.

use sha2::{Digest, Sha256};
use sqlx::Row as _;

use crate::adopt::AdoptError;
use crate::adopt::session::Session;
use crate::schema::emit::quote::{ident, literal, table, table_literal};
use crate::schema::model::{Entity, Model, Reference, Table};
use crate::schema::names::hex;

/// How the tenant of a row is found.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// The columns that it reads.
    Sql { columns: Vec<String>, expression: String },
    /// The column that refers to the parent.
    Reference(String),
}

#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) entity: &'a Entity,
    /// Whose the row `this` is, once the parents are filled.
    expression: Option<String>,
    /// The same, of columns that are there now.
    rehearsed: Option<String>,
    /// The columns on which it depends.
    reads: Vec<String>,
    /// The parent whose tenant it is.
    follows: Option<&'a Reference>,
    has_column: bool,
    blind: bool,
}

impl<'a> Source<'a> {
    pub(super) async fn examine(
        session: &mut Session,
        model: &Model,
        parents: &[Self],
        entity: &'a Entity,
        origin: Option<&Origin>,
    ) -> Result<Self, AdoptError> {
        let rows = session
            .rows(format!(
                "SELECT c.relkind = 'r' AND NOT c.relispartition \
                        AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) AS plain, \
                        pg_has_role(c.relowner, 'USAGE') AS owned, \
                        c.relforcerowsecurity AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)) \
                          AND NOT EXISTS (SELECT FROM pg_policy p CROSS JOIN LATERAL unnest(p.polroles) AS r (oid) \
                                           WHERE p.polrelid = c.oid AND p.polname = 'tenancy_legacy' AND pg_has_role(r.oid, 'USAGE')) AS blind, \
                        a.atttypid = 'uuid'::regtype AS fits, \
                        EXISTS (SELECT FROM pg_class e JOIN pg_namespace t ON t.oid = e.relnamespace \
                                 WHERE (t.nspname, e.relname) = ('tenancy', 'emitted')) AS founded \
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = {} AND NOT a.attisdropped \
                  WHERE (n.nspname, c.relname) = ({}, {})",
                literal(entity.tenant()),
                literal(&entity.table.schema),
                literal(&entity.table.name),
            ))
            .await?;
        let unsuitable = |why| AdoptError::Unsuitable { table: entity.table.to_string(), why };
        let Some(row) = rows.first() else { return Err(unsuitable("it does not exist")) };
        let fits: Option<bool> = row.try_get("fits")?;
        if !row.try_get::<bool, _>("founded")? {
            return Err(AdoptError::NoFoundation);
        }
        if !row.try_get::<bool, _>("plain")? {
            return Err(unsuitable(
                "it has partitions or inherits, and PostgreSQL builds no index on such a table CONCURRENTLY: adopt it in a \
                 maintenance window, by migrations of your own and then emission",
            ));
        }
        if !row.try_get::<bool, _>("owned")? {
            return Err(unsuitable("this login is neither its owner nor a member of it"));
        }
        if fits == Some(false) {
            return Err(unsuitable(
                "its tenant column is not a uuid: name another column for the entity's tenant",
            ));
        }
        let mut source = Self {
            entity,
            expression: None,
            rehearsed: None,
            reads: Vec::new(),
            follows: None,
            has_column: fits.is_some(),
            blind: row.try_get("blind")?,
        };
        let uuid = |sql: &str| Some(format!("({sql})::pg_catalog.uuid"));
        match origin {
            None => {}
            Some(Origin::Sql { columns, expression }) => {
                (source.expression, source.rehearsed) = (uuid(expression), uuid(expression));
                source.reads.clone_from(columns);
            }
            Some(Origin::Reference(column)) => {
                let (reference, filled, rehearsed) =
                    by_parent(model, parents, entity, column).ok_or_else(|| {
                        unsuitable("`tenant_by` names no column of it that references another listed table")
                    })?;
                (source.expression, source.rehearsed) = (uuid(&filled), uuid(&rehearsed));
                (source.reads, source.follows) = (vec![column.clone()], Some(reference));
            }
        }
        if fits.is_none() && source.expression.is_none() {
            return Err(AdoptError::NoSource { table: entity.table.to_string() });
        }
        Ok(source)
    }

    pub(super) fn table(&self) -> String {
        table(&self.entity.table)
    }

    pub(super) fn regclass(&self) -> String {
        table_literal(&self.entity.table)
    }

    /// What the expression may name without a schema.
    pub(super) fn search_path(&self) -> String {
        format!("pg_catalog, {}, pg_temp", ident(&self.entity.table.schema))
    }

    /// Whose the row `this` is, by the expression alone.
    pub(super) fn expression(&self) -> Option<&str> {
        self.expression.as_deref()
    }

    /// Whose the row `this` is, or will be.
    fn tenant(&self) -> String {
        let column = format!("this.{}", ident(self.entity.tenant()));
        match &self.rehearsed {
            Some(expression) if self.has_column => format!("coalesce({column}, {expression})"),
            Some(expression) => expression.clone(),
            None => column,
        }
    }

    /// The rows, each with its tenant as `tenancy_tenant`.
    pub(super) fn rows(&self) -> String {
        format!("(SELECT this.*, {} AS tenancy_tenant FROM {} AS this)", self.tenant(), self.table())
    }

    /// As [`rows`](Self::rows), of any entity: of one that is not being adopted, the column is filled.
    pub(super) fn rows_of(model: &Model, sources: &[Self], of: &Table) -> Option<String> {
        if let Some(source) = sources.iter().find(|source| source.entity.table == *of) {
            return Some(source.rows());
        }
        let entity = model.entity(of)?;
        Some(format!(
            "(SELECT this.*, this.{} AS tenancy_tenant FROM {} AS this)",
            ident(entity.tenant()),
            table(&entity.table)
        ))
    }

    /// The name of something that is there until the adoption is finished.
    pub(super) fn passing(&self, what: &str) -> String {
        let of = format!("{}\0{}\0{what}", self.entity.table.schema, self.entity.table.name);
        format!("tenancy_adopt_{}", &hex(&Sha256::digest(of))[..16])
    }

    /// The columns of the row on which its tenant depends.
    pub(super) fn reads(&self) -> &[String] {
        &self.reads
    }

    /// The reference to the parent whose tenant it is.
    pub(super) fn follows(&self) -> Option<&'a Reference> {
        self.follows
    }

    pub(super) fn has_column(&self) -> bool {
        self.has_column
    }

    /// Whether row-level security hides the rows from this login, in silence.
    pub(super) fn blind(&self) -> bool {
        self.blind
    }

    /// The same, once the column was added.
    pub(super) fn with_column(&self) -> Self {
        Self { has_column: true, ..self.clone() }
    }
}

/// The tenant of the parent: by its column, and by whatever its own will be found.
fn by_parent<'a>(
    model: &Model,
    parents: &[Source<'_>],
    entity: &'a Entity,
    column: &str,
) -> Option<(&'a Reference, String, String)> {
    let reference = entity.references.iter().find(|reference| reference.column == column)?;
    if reference.parent == entity.table {
        return None;
    }
    let rows = Source::rows_of(model, parents, &reference.parent)?;
    // What belongs to nobody says nothing about whose a row is.
    let theirs = reference.parent_tenant.as_deref()?;
    let (here, there) = (ident(column), ident(&reference.parent_id));
    let filled = format!(
        "SELECT p.{} FROM {} AS p WHERE p.{there} = this.{here}",
        ident(theirs),
        table(&reference.parent)
    );
    let rehearsed = format!("SELECT p.tenancy_tenant FROM {rows} AS p WHERE p.{there} = this.{here}");
    Some((reference, filled, rehearsed))
}
