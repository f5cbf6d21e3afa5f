//! [`RawSql`]: sqlx inside a bound transaction.
//!
//! It implements sqlx's `Executor` and nothing else. It is not a `&mut PgConnection`, and gives none: with one,
//! `mem::swap` would put a superuser's connection into the verified pool.

use std::fmt;

use sqlx::postgres::PgConnection;

use crate::db::TenantTx;
use crate::db::connection::State;
use crate::db::lend::{self, Lent};
use crate::db::transaction::Parking;
use crate::error::{Error, ServerError};

/// Lends the transaction's connection to one statement of sqlx: see [`TenantTx::raw`].
#[must_use = "raw SQL runs when it is given to sqlx: `sqlx::query(\"…\").execute(tx.raw())`"]
pub struct RawSql<'c> {
    tx: &'c mut TenantTx,
}

impl<'c> RawSql<'c> {
    pub(super) fn new(tx: &'c mut TenantTx) -> Self {
        Self { tx }
    }

    /// Takes the connection, which is dirty from now on.
    fn lend(self) -> Result<Parking<'c>, sqlx::Error> {
        let tx: &'c TenantTx = self.tx;
        tx.db().check_token(tx.token()).map_err(ours)?;
        let mut parking = tx.park().map_err(ours)?;
        parking.checkout().connection_mut().state = State::Lent;
        Ok(parking)
    }
}

impl fmt::Debug for RawSql<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSql").field("tenant", &self.tx.tenant()).finish_non_exhaustive()
    }
}

/// An error of ours, as sqlx's signatures want it. It downcasts to [`Error`].
fn ours(error: Error) -> sqlx::Error {
    sqlx::Error::AnyDriverError(Box::new(error))
}

impl Lent for Parking<'_> {
    fn pg(&mut self) -> &mut PgConnection {
        &mut self.checkout().connection_mut().pg
    }

    fn sanitize(&mut self, error: sqlx::Error) -> sqlx::Error {
        match error {
            sqlx::Error::Database(error) => {
                let error = ServerError::new(&*error);
                self.fail();
                if error.is_fatal() {
                    self.checkout().connection_mut().state = State::Broken;
                }
                sqlx::Error::Database(Box::new(error))
            }
            error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => {
                self.checkout().connection_mut().state = State::Broken;
                error
            }
            error => error,
        }
    }
}

lend::executor!(RawSql);
