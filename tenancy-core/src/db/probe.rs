//! What `connect` does before there is a pool: it verifies the catalogs, and then that binding *works*, here, now, on
//! the way that statements will take.
//!
//! The catalogs say what is defined; they do not say what a pooler does in between. Behind a transaction pooler that
//! does not track prepared statements, one client runs the statements of another. So two connections prepare, step
//! on each other's server connection, and repeat.
//!
//! A pooler in statement mode refuses `BEGIN`. Single statements can be safe there, so that it is no reason to refuse it:
//! the two connections prepare different statements in turn then, which have the same names.

use std::time::Duration;

use deadpool::managed::Manager as _;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;
use uuid::Uuid;

use crate::TenantId;
use crate::db::bound::Bound;
use crate::db::connection::{Connection, Manager};
use crate::error::Error;
use crate::schema::{Finding, Schema, verify};

/// Opens two connections, verifies, and closes them again.
pub(super) async fn verify(
    manager: &Manager,
    schema: &'static Schema,
    within: Duration,
) -> Result<(), Error> {
    let probing = async {
        let mut pg = manager.open().await?;
        let findings = verify::verify(&mut pg, schema).await.map_err(|error| mixed_up(driver(error)))?;
        // The first connection closes before the others open: a login may be limited to few.
        pg.close().await.map_err(driver)?;
        if !findings.is_empty() {
            return Err(Error::NotIsolated { findings });
        }
        let (mut a, mut b) = (manager.create().await?, manager.create().await?);
        binds(&mut a).await.map_err(mixed_up)?;
        match one_tenant_a_transaction(&mut a).await {
            Ok(()) => pooler(&mut a, &mut b).await.map_err(mixed_up)?,
            Err(Error::StatementPooler) => {
                // It has hung up on whoever asked.
                a = manager.create().await?;
                statement_pooler(&mut a, &mut b).await?;
            }
            Err(error) => return Err(mixed_up(error)),
        }
        a.pg.close().await.map_err(driver)?;
        b.pg.close().await.map_err(driver)
    };
    timeout(within, probing).await.unwrap_or(Err(Error::PoolTimedOut { waited: within }))
}

/// What it means that a statement of a new connection met those of another: its name was there already, or not, or was that of
/// a statement with other parameters or other columns. No connection to PostgreSQL itself does any of it. What a pooler says
/// while a connection is opened is its own affair, and has one of these codes too.
fn mixed_up(error: Error) -> Error {
    match error {
        Error::Database(error) if matches!(error.code(), "42P05" | "26000" | "08P01") => Error::UnsafePooler,
        Error::Decode { .. } => Error::UnsafePooler,
        error => error,
    }
}

fn driver(error: sqlx::Error) -> Error {
    Error::from_driver(error, "")
}

/// A statement of the shape that all statements have: it binds the tenant, and says which tenant is bound.
const WHO: &str = "SELECT tenancy.current_tenant() WHERE $1::tenancy.bound IS NOT NULL";

async fn who(connection: &mut Connection, tenant: TenantId) -> Result<Option<Uuid>, sqlx::Error> {
    let bound = Bound::new(tenant, connection.domains.tenant.clone());
    sqlx::query_scalar(WHO).bind(bound).fetch_one(&mut connection.pg).await
}

/// A statement binds its own tenant and leaves none behind.
async fn binds(connection: &mut Connection) -> Result<(), Error> {
    let mine = TenantId::random();
    let bound = who(connection, mine).await.map_err(driver)?;
    if bound != Some(mine.as_uuid()) || left_behind(&mut connection.pg).await? {
        return Err(Error::NotIsolated { findings: vec![Finding::does_not_bind()] });
    }
    Ok(())
}

/// A transaction refuses a second tenant.
async fn one_tenant_a_transaction(connection: &mut Connection) -> Result<(), Error> {
    let (mine, other) = (TenantId::random(), TenantId::random());
    let begin = sqlx::AssertSqlSafe(format!("BEGIN; SET LOCAL app.tenant_id = '{mine}'"));
    sqlx::raw_sql(begin).execute(&mut connection.pg).await.map_err(Error::of_begin)?;
    let second = who(connection, other).await.map_err(driver);
    sqlx::raw_sql("ROLLBACK").execute(&mut connection.pg).await.map_err(driver)?;
    match second {
        Err(Error::OtherTenant) => Ok(()),
        Ok(_) => Err(Error::NotIsolated { findings: vec![Finding::does_not_bind()] }),
        Err(error) => Err(error),
    }
}

async fn left_behind(pg: &mut PgConnection) -> Result<bool, Error> {
    const SET: &str = "SELECT coalesce(pg_catalog.current_setting('app.tenant_id', true), '') <> ''";
    sqlx::query_scalar(SET).fetch_one(pg).await.map_err(driver)
}

/// `a` has prepared; `b` opens a transaction, which takes the server connection that `a` was on, if there is a pooler;
/// `a` repeats, on another one. It must find its own statement there.
async fn pooler(a: &mut Connection, b: &mut Connection) -> Result<(), Error> {
    sqlx::raw_sql("BEGIN").execute(&mut b.pg).await.map_err(driver)?;
    let repeated = answers(a).await;
    let ended = sqlx::raw_sql("ROLLBACK").execute(&mut b.pg).await;
    repeated?;
    ended.map_err(driver).map(drop)
}

/// What a connection prepared is what it runs.
async fn answers(connection: &mut Connection) -> Result<(), Error> {
    let tenant = TenantId::random();
    is_own(who(connection, tenant).await, &Some(tenant.as_uuid()))
}

/// Whether it was the statement that was asked for which answered: not another, and not none.
fn is_own<T: PartialEq>(answer: Result<T, sqlx::Error>, expected: &T) -> Result<(), Error> {
    match answer {
        Ok(answer) if answer == *expected => Ok(()),
        Ok(_) | Err(sqlx::Error::Database(_) | sqlx::Error::ColumnDecode { .. }) => Err(Error::UnsafePooler),
        Err(error) => Err(driver(error)),
    }
}

/// `a` and `b` prepare other statements in turn. Each driver numbers its own, so that they have the same names: on one
/// server connection, a name that is there already is an error, and one that is missing is, too.
async fn statement_pooler(a: &mut Connection, b: &mut Connection) -> Result<(), Error> {
    for round in 0..4_i64 {
        for (place, connection) in [(0, &mut *a), (1, &mut *b)] {
            answers(connection).await?;
            let number = 2 * round + place;
            let select = sqlx::AssertSqlSafe(format!("SELECT {number}::bigint"));
            is_own(sqlx::query_scalar(select).fetch_one(&mut connection.pg).await, &number)?;
        }
    }
    Ok(())
}
