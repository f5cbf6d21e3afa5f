//! [`CrossTenantTx`]: one use, which reads one snapshot of every tenant's rows.

use std::fmt;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::TenantId;
use crate::danger::cross_tenant::driver;
use crate::danger::cross_tenant::read::{CrossCount, CrossSelect};
use crate::db::lend::{self, Lent};
use crate::entity::TenantScoped;
use crate::error::{Error, ServerError};
use crate::schema::{EntityDescriptor, Schema};
use crate::statement::condition::Conditions;
use crate::statement::sql::Sql;

/// One use of [`CrossTenant`](crate::danger::CrossTenant): made by [`begin`](crate::danger::CrossTenant::begin).
///
/// It reads what was committed when it began, and writes nothing. Dropping it closes its connection.
#[must_use = "it was written down that this is read"]
pub struct CrossTenantTx {
    pg: PgConnection,
    schema: &'static Schema,
    id: Uuid,
    _permit: OwnedSemaphorePermit,
}

impl CrossTenantTx {
    pub(super) async fn begin(
        mut pg: PgConnection,
        permit: OwnedSemaphorePermit,
        schema: &'static Schema,
        id: Uuid,
    ) -> Result<Self, Error> {
        // The SELECT takes the snapshot: from then on the transaction cannot be made one that writes.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";
        sqlx::raw_sql(begin).execute(&mut pg).await.map_err(driver)?;
        Ok(Self { pg, schema, id, _permit: permit })
    }

    /// The id under which the use stands in `tenancy.cross_tenant_audit`, as `use`.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Reads rows of every tenant.
    pub fn find<E: TenantScoped>(&self) -> CrossSelect<E> {
        CrossSelect::new()
    }

    /// Counts rows of every tenant.
    pub fn count<E: TenantScoped>(&self) -> CrossCount<E> {
        CrossCount::new()
    }

    /// The tenants that have rows of an entity, in the order of their ids. It steps from one to the next by the index that
    /// leads with the tenant, and does not read the rows between.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn tenants_of<E: TenantScoped>(&mut self) -> Result<Vec<TenantId>, Error> {
        let entity = E::DESCRIPTOR;
        let tenant = entity.tenant().unwrap_or_default();
        let mut sql = Sql::unbound(entity);
        // There is no min(uuid) before PostgreSQL 18.
        sql.push("WITH RECURSIVE tenants (id) AS ((SELECT ").name(tenant).push(" FROM ").table();
        sql.push(" ORDER BY 1 LIMIT 1) UNION ALL SELECT (SELECT ").name(tenant).push(" FROM ").table();
        sql.push(" WHERE ").name(tenant).push(" > tenants.id ORDER BY 1 LIMIT 1) FROM tenants");
        sql.push(" WHERE tenants.id IS NOT NULL) SELECT id FROM tenants WHERE id IS NOT NULL");
        let (text, arguments) = sql.finish();
        let query = sqlx::query_scalar_with(sqlx::AssertSqlSafe(text), arguments);
        let pg = self.reading(entity, &Conditions::default())?;
        query.fetch_all(pg).await.map_err(|error| Error::from_driver(error, entity.entity))
    }

    /// Raw SQL, for sqlx: `sqlx::query("…").fetch_all(report.raw())`. It sees the rows of every tenant, by grants that let it
    /// read alone. Errors come without the server's DETAIL.
    pub fn raw(&mut self) -> CrossTenantSql<'_> {
        CrossTenantSql { tx: self }
    }

    /// Ends the use, and closes its connection.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the connection failed. What was read stays read.
    pub async fn close(self) -> Result<(), Error> {
        self.pg.close().await.map_err(driver)
    }

    /// The connection, for a statement on an entity of the schema, whose conditions speak of no other.
    pub(super) fn reading(
        &mut self,
        entity: &'static EntityDescriptor,
        conditions: &Conditions,
    ) -> Result<&mut PgConnection, Error> {
        let listed = |entity: &'static EntityDescriptor| match self
            .schema
            .listed()
            .any(|listed| (listed.type_id)() == (entity.type_id)())
        {
            true => Ok(()),
            false => Err(Error::EntityNotListed { entity: entity.entity }),
        };
        listed(entity)?;
        conditions.each_entity(&mut |entity| listed(entity))?;
        Ok(&mut self.pg)
    }
}

impl fmt::Debug for CrossTenantTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossTenantTx").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Lends a use's connection to one statement of sqlx: see [`CrossTenantTx::raw`].
#[must_use = "raw SQL runs when it is given to sqlx: `sqlx::query(\"…\").fetch_all(report.raw())`"]
pub struct CrossTenantSql<'c> {
    tx: &'c mut CrossTenantTx,
}

impl<'c> CrossTenantSql<'c> {
    fn lend(self) -> Result<&'c mut CrossTenantTx, sqlx::Error> {
        Ok(self.tx)
    }
}

impl fmt::Debug for CrossTenantSql<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossTenantSql").field("id", &self.tx.id).finish_non_exhaustive()
    }
}

impl Lent for &mut CrossTenantTx {
    fn pg(&mut self) -> &mut PgConnection {
        &mut self.pg
    }

    fn sanitize(&mut self, error: sqlx::Error) -> sqlx::Error {
        match error {
            sqlx::Error::Database(error) => sqlx::Error::Database(Box::new(ServerError::new(&*error))),
            error => error,
        }
    }
}

lend::executor!(CrossTenantSql);
