//! Adoption: tables that exist, with rows, in production, used by a program that does not know tenancy.
//!
//! Emission takes a table that nobody reads yet. A table in use is taken in four stages, each of which can be repeated,
//! interrupted and taken up again: what is done already is seen in the catalogs, and nowhere else.
//!
//! 1. [`rehearse`](Adoption::rehearse) writes nothing, and counts the rows that would not fit.
//! 2. [`prepare`](Adoption::prepare) adds the tenant column, fills it in batches, and builds keys and indexes beside the old
//!    ones. The old program goes on: a trigger fills the column for it.
//! 3. [`enforce`](Adoption::enforce) puts row-level security in force for the runtime role. The old role keeps working under
//!    the policy `tenancy_legacy`, which the doctor reports (`P12-ADOPTING`) until it is gone. From now on `connect`
//!    accepts the table.
//! 4. [`finish`](Adoption::finish), when the old program is gone: that policy, the trigger, the old keys and the old role's
//!    grants go, and row-level security holds everybody. Then take the table out of `adopting`.
//!
//! ```text
//! tenancy::schema! { pub SCHEMA: [Project, Task], adopting: ["projects", "tasks"] }
//! ```
//!
//! ```no_run
//! # use tenancy_core::TenantScoped;
//! use std::time::Duration;
//! use tenancy_core::adopt::Adoption;
//!
//! # async fn adopt<Project: TenantScoped, Task: TenantScoped>(owner: sqlx::postgres::PgConnectOptions)
//! # -> Result<(), tenancy_core::adopt::AdoptError> {
//! # tenancy_core::schema! { SCHEMA: [] }
//! let adoption = Adoption::new(&SCHEMA, "legacy_app")?
//!     .tenant_of::<Project>(["org_id"], "(SELECT o.tenant_id FROM public.orgs o WHERE o.id = this.org_id)")
//!     .tenant_by::<Task>("project_id")
//!     .lock_timeout(Duration::from_millis(500));
//! let rehearsal = adoption.rehearse(&owner).await?;
//! assert!(rehearsal.is_clean(), "{rehearsal}");
//! adoption.prepare(&owner).await?;
//! adoption.enforce(&owner).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What waits for what
//!
//! Each statement that needs a lock which stops writers waits for it no longer than the
//! [lock timeout](Adoption::lock_timeout), and is tried again; what it does then changes catalogs only. A batch of the
//! backfill is ended after the same time. So no statement of the old program waits for longer than that. What takes long
//! (building an index, checking the rows for a constraint) takes locks that let writers pass: `CREATE INDEX CONCURRENTLY`,
//! `NOT VALID` and then `VALIDATE CONSTRAINT`; PostgreSQL manual, "Explicit Locking" and "ALTER TABLE".
//!
//! Constraints are checked before row-level security is forced: a check is a query of the owner, and forced row-level
//! security would hide from it the rows that it is to find.

mod backfill;
mod cutover;
mod error;
mod keys;
mod prepare;
mod progress;
mod rehearse;
mod session;
mod source;

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

pub use self::error::AdoptError;
pub use self::prepare::{Prepared, TablePrepared};
use self::progress::Listener;
pub use self::progress::Progress;
pub use self::rehearse::{Rehearsal, Violation, ViolationKind};
use self::session::Session;
use self::source::{Origin, Source};
use crate::entity::TenantScoped;
use crate::schema::model::{Entity, Model, Table};
use crate::schema::{Outline, Schema};

/// Takes the tables that a schema lists as `adopting` into isolation: see the [module](self).
#[derive(Debug, Clone)]
pub struct Adoption {
    model: Model,
    old_role: String,
    origins: BTreeMap<Table, Origin>,
    lock_timeout: Duration,
    patience: Duration,
    listener: Listener,
}

impl Adoption {
    /// The tables in `adopting` of a schema, and the role that the old program logs in as: often the tables' owner.
    ///
    /// # Errors
    ///
    /// [`AdoptError::Schema`] as [`Schema::check`], and [`AdoptError::NothingToAdopt`].
    pub fn new(schema: &Schema, old_role: impl Into<String>) -> Result<Self, AdoptError> {
        Self::of_model(Model::new(schema)?, old_role.into())
    }

    /// The tables in `adopting` of a lock file: for tools that cannot see the structs. Their tenants are said by table, with
    /// [`tenant_of_table`](Self::tenant_of_table) and [`tenant_of_parent`](Self::tenant_of_parent).
    ///
    /// # Errors
    ///
    /// [`AdoptError::NothingToAdopt`].
    pub fn of(outline: &Outline, old_role: impl Into<String>) -> Result<Self, AdoptError> {
        Self::of_model(outline.model.clone(), old_role.into())
    }

    fn of_model(model: Model, old_role: String) -> Result<Self, AdoptError> {
        if model.adopting.is_empty() {
            return Err(AdoptError::NothingToAdopt);
        }
        Ok(Self {
            model,
            old_role,
            origins: BTreeMap::new(),
            lock_timeout: Duration::from_secs(1),
            patience: Duration::from_secs(10 * 60),
            listener: Listener::default(),
        })
    }

    /// Says by an SQL expression whose each row of an entity's table is. The row is called `this`; names of other tables
    /// are best written with their schema. It becomes part of a trigger and of every batch, so it is SQL that you wrote,
    /// and never what a user gave. It finds the tenant by columns that are there before the adoption; for the tenant of
    /// another table that is being adopted, see [`tenant_by`](Self::tenant_by).
    ///
    /// `columns` are those of the row that the expression reads: when the old program changes one, the tenant follows.
    ///
    /// Without either, the tenant column must be there and filled.
    #[must_use]
    pub fn tenant_of<E: TenantScoped>(
        mut self,
        columns: impl IntoIterator<Item = &'static str>,
        expression: impl Into<String>,
    ) -> Self {
        let columns = columns.into_iter().map(str::to_owned).collect();
        self.origins.insert(Table::of(E::DESCRIPTOR), Origin::Sql { columns, expression: expression.into() });
        self
    }

    /// Says that each row of an entity's table is its parent's tenant's: by the column of a field with `references`. When the
    /// old program moves a parent to another tenant, its children follow.
    #[must_use]
    pub fn tenant_by<E: TenantScoped>(mut self, column: impl Into<String>) -> Self {
        self.origins.insert(Table::of(E::DESCRIPTOR), Origin::Reference(column.into()));
        self
    }

    /// As [`tenant_of`](Self::tenant_of), of a table by its name: `schema.table`, or `table` in `public`.
    ///
    /// # Errors
    ///
    /// [`AdoptError::Unlisted`] when it is no table in `adopting`.
    pub fn tenant_of_table(
        mut self,
        table: &str,
        columns: impl IntoIterator<Item = String>,
        expression: impl Into<String>,
    ) -> Result<Self, AdoptError> {
        let origin = Origin::Sql { columns: columns.into_iter().collect(), expression: expression.into() };
        self.origins.insert(self.listed(table)?, origin);
        Ok(self)
    }

    /// As [`tenant_by`](Self::tenant_by), of a table by its name: `schema.table`, or `table` in `public`.
    ///
    /// # Errors
    ///
    /// [`AdoptError::Unlisted`] when it is no table in `adopting`.
    pub fn tenant_of_parent(mut self, table: &str, column: impl Into<String>) -> Result<Self, AdoptError> {
        self.origins.insert(self.listed(table)?, Origin::Reference(column.into()));
        Ok(self)
    }

    fn listed(&self, name: &str) -> Result<Table, AdoptError> {
        Table::parse(name)
            .filter(|table| self.model.adopting.iter().any(|entity| entity.table == *table))
            .ok_or_else(|| AdoptError::Unlisted { table: name.to_owned() })
    }

    /// Calls `listen` with what a stage is doing: each step as it begins, and each batch when it ended. It is called on the task
    /// of the stage, which waits for it.
    #[must_use]
    pub fn on_progress(self, listen: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self { listener: Listener::new(listen), ..self }
    }

    /// For how long a statement waits for a lock that stops writers, and for how long a batch may run. One second unless
    /// said otherwise; at least ten milliseconds.
    #[must_use]
    pub fn lock_timeout(self, timeout: Duration) -> Self {
        Self { lock_timeout: timeout.max(Duration::from_millis(10)), ..self }
    }

    /// For how long one statement is tried again before the stage gives up. Ten minutes unless said otherwise.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Counts the rows that would not fit: rows whose tenant the expression does not find, rows that refer to another
    /// tenant's row or to none, and keys that would be there twice. It writes nothing, and reads each table.
    ///
    /// # Errors
    ///
    /// [`AdoptError`] when the tables cannot be asked.
    pub async fn rehearse(&self, owner: &PgConnectOptions) -> Result<Rehearsal, AdoptError> {
        let mut session = self.open(owner).await?;
        let tables = self.examine(&mut session).await?;
        if let Some(blind) = tables.iter().find(|table| table.blind()) {
            let (table, missing) = (blind.entity.table.to_string(), "a rehearsal".to_owned());
            return Err(AdoptError::Blind { table, missing });
        }
        rehearse::rehearse(&mut session, &self.model, &tables).await
    }

    /// Adds the tenant column, fills it, and builds keys and indexes, beside what the old program uses.
    ///
    /// # Errors
    ///
    /// [`AdoptError::Violations`] when rows do not fit: those that were filled stay filled. Any other [`AdoptError`] when
    /// it could not go on. Say it again when that is mended.
    pub async fn prepare(&self, owner: &PgConnectOptions) -> Result<Prepared, AdoptError> {
        let mut session = self.open(owner).await?;
        let tables = self.examine(&mut session).await?;
        prepare::prepare(&mut session, &self.model, &tables).await
    }

    /// Puts row-level security in force for the runtime role, table by table. The old role keeps its rows.
    ///
    /// # Errors
    ///
    /// [`AdoptError::NotPrepared`], [`AdoptError::OldRole`], or any other [`AdoptError`] when it could not go on.
    pub async fn enforce(&self, owner: &PgConnectOptions) -> Result<(), AdoptError> {
        let mut session = self.open(owner).await?;
        let tables = self.examine(&mut session).await?;
        cutover::enforce(&mut session, &self.model, &tables, &self.old_role).await
    }

    /// Ends what the old role could do, and holds everybody to row-level security. What the old program runs afterwards
    /// fails.
    ///
    /// # Errors
    ///
    /// [`AdoptError::NotEnforced`], [`AdoptError::StillReferenced`], or any other [`AdoptError`] when it could not go on.
    pub async fn finish(&self, owner: &PgConnectOptions) -> Result<(), AdoptError> {
        let mut session = self.open(owner).await?;
        let tables = self.examine(&mut session).await?;
        cutover::finish(&mut session, &self.model, &tables, &self.old_role).await
    }

    async fn open(&self, owner: &PgConnectOptions) -> Result<Session, AdoptError> {
        Session::open(owner, self.lock_timeout, self.patience, self.listener.clone()).await
    }

    /// What the catalogs say of each table, parents before their children.
    async fn examine(&self, session: &mut Session) -> Result<Vec<Source<'_>>, AdoptError> {
        let mut sources = Vec::new();
        for entity in parents_first(&self.model.adopting) {
            let origin = self.origins.get(&entity.table);
            let source = Source::examine(session, &self.model, &sources, entity, origin).await?;
            sources.push(source);
        }
        Ok(sources)
    }
}

/// Entities after those that they refer to. A circle is left in the order of the tables.
fn parents_first(entities: &[Entity]) -> Vec<&Entity> {
    let mut left: Vec<&Entity> = entities.iter().collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let free = |entity: &&Entity| {
            !entity.references.iter().any(|reference| {
                reference.parent != entity.table && left.iter().any(|other| other.table == reference.parent)
            })
        };
        let at = left.iter().position(free).unwrap_or(0);
        ordered.push(left.remove(at));
    }
    ordered
}
