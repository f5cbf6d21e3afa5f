//! [`Executor`]: what a statement can run on, and the checks that stand before every statement.

use std::fmt;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use crate::db::bound::Bound;
use crate::db::checkout::Checkout;
use crate::db::connection::State;
use crate::db::transaction::Parking;
use crate::db::{TenantDb, TenantTx};
use crate::error::{Error, is_stale_plan};
use crate::schema::{EntityDescriptor, SqlFunction};
use crate::statement::Scope;

/// What a statement runs on: `&TenantDb` (by itself) or `&mut TenantTx` (in the transaction). Sealed.
///
/// A helper that takes either, and runs more than one statement, passes [`by_ref`](Self::by_ref):
///
/// ```
/// # use tenancy_core::{Error, Executor, TenantScoped, TenantToken};
/// # use tenancy_core::statement::IntoFilter;
/// async fn count_twice<'c, E: TenantScoped>(
///     token: &TenantToken,
///     mut executor: impl Executor<'c>,
/// ) -> Result<(u64, u64), Error> {
///     let before = E::count(token).fetch_one(executor.by_ref()).await?;
///     let after = E::count(token).fetch_one(executor).await?;
///     Ok((before, after))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run a tenant-scoped statement",
    label = "expected `&TenantDb` or `&mut TenantTx`",
    note = "only these bind row-level security to the token; raw SQL goes through `TenantTx::raw`"
)]
pub trait Executor<'c>: sealed::Sealed + Send + Sized {
    #[doc(hidden)]
    fn source(self) -> Source<'c>;

    /// The same executor for one statement, so that it can be used again afterwards.
    fn by_ref(&mut self) -> Source<'_>;
}

mod sealed {
    pub trait Sealed {}
}

/// A database or a transaction, whichever it is: what [`Executor::by_ref`] lends.
#[derive(Debug)]
pub struct Source<'c>(Target<'c>);

#[derive(Debug)]
enum Target<'c> {
    Database(TenantDb),
    Transaction(&'c mut TenantTx),
}

impl sealed::Sealed for &TenantDb {}
// For any `'c`: the statement keeps a handle of its own, so that a stream does not borrow the database.
impl<'c> Executor<'c> for &TenantDb {
    fn source(self) -> Source<'c> {
        Source(Target::Database(self.clone()))
    }

    fn by_ref(&mut self) -> Source<'_> {
        Source(Target::Database(self.clone()))
    }
}

impl sealed::Sealed for &mut TenantTx {}
impl<'c> Executor<'c> for &'c mut TenantTx {
    fn source(self) -> Source<'c> {
        Source(Target::Transaction(self))
    }

    fn by_ref(&mut self) -> Source<'_> {
        Source(Target::Transaction(self))
    }
}

impl sealed::Sealed for Source<'_> {}
impl<'c> Executor<'c> for Source<'c> {
    fn source(self) -> Self {
        self
    }

    fn by_ref(&mut self) -> Source<'_> {
        Source(match &mut self.0 {
            Target::Database(db) => Target::Database(db.clone()),
            Target::Transaction(tx) => Target::Transaction(tx),
        })
    }
}

impl<'c> Source<'c> {
    /// Everything that is checked before anything is sent.
    pub(crate) fn check(&self, scope: &Scope, entity: &'static EntityDescriptor) -> Result<(), Error> {
        let bound = match &self.0 {
            Target::Database(_) => None,
            Target::Transaction(tx) => Some(tx.tenant()),
        };
        match (scope, bound) {
            (Scope::Tenant(token), Some(bound)) if bound != token.tenant() => return Err(Error::OtherTenant),
            (Scope::Tenant(token), _) => self.db().check_token(token)?,
            (Scope::Public(_), Some(_)) => return Err(Error::PublicInTransaction),
            // No statement is built of an entity that is not: this is for descriptors that were written by hand.
            (Scope::Public(_), None) if !entity.public_read => {
                return Err(Error::NotPublic { entity: entity.entity });
            }
            (Scope::Public(_), None) => {}
        }
        self.db().check_listed(entity)
    }

    /// The database was connected with a schema that lists the function.
    pub(crate) fn check_function(&self, function: SqlFunction) -> Result<(), Error> {
        self.db().check_function(function)
    }

    fn db(&self) -> &TenantDb {
        match &self.0 {
            Target::Database(db) => db,
            Target::Transaction(tx) => tx.db(),
        }
    }

    /// Checks, then takes a connection.
    pub(crate) async fn open(
        self,
        scope: &Scope,
        entity: &'static EntityDescriptor,
    ) -> Result<Session<'c>, Error> {
        self.check(scope, entity)?;
        match self.0 {
            Target::Database(db) => Ok(Session::Pooled(db.checkout().await?)),
            Target::Transaction(tx) => tx.session(),
        }
    }
}

/// A connection in the hands of one statement.
pub(crate) enum Session<'c> {
    Pooled(Checkout),
    Transaction(Parking<'c>),
}

impl Session<'_> {
    fn checkout(&mut self) -> &mut Checkout {
        match self {
            Self::Pooled(checkout) => checkout,
            Self::Transaction(parking) => parking.checkout(),
        }
    }

    /// The first parameter of every statement.
    pub(crate) fn bind(&mut self, scope: &Scope) -> Bound {
        Bound::of(scope, &self.checkout().connection().domains)
    }

    /// The connection. From here on it is dirty, until [`end`](Self::end) has seen the statement's end.
    pub(crate) fn start(&mut self) -> &mut PgConnection {
        let connection = self.checkout().connection_mut();
        if connection.state == State::Clean {
            connection.state = State::Busy;
        }
        &mut connection.pg
    }

    /// Whether the statement is a transaction of its own.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self, Self::Pooled(_))
    }

    /// Whether the statement can be said again: PostgreSQL refused its plan, since a migration changed what it returns, and no
    /// transaction ended by that.
    pub(crate) fn is_stale(&self, error: Option<&sqlx::Error>) -> bool {
        self.is_alone() && is_stale_plan(error)
    }

    /// Lets the connection prepare everything again: what else it knows may be as old. One round trip.
    pub(crate) async fn forget_plans(&mut self, entity: &'static str) -> Result<(), Error> {
        let forgotten = self.start().clear_cached_statements().await;
        forgotten.map_err(|error| {
            self.checkout().connection_mut().state = State::Broken;
            Error::from_driver(error, entity)
        })
    }

    /// Takes note of how the statement ended.
    pub(crate) fn end<T>(mut self, result: Result<T, sqlx::Error>, entity: &'static str) -> Result<T, Error> {
        let result = result.map_err(|error| Error::from_driver(error, entity));
        if let (Err(Error::Database(_) | Error::OtherTenant), Self::Transaction(parking)) =
            (&result, &mut self)
        {
            parking.fail();
        }
        let connection = self.checkout().connection_mut();
        match &result {
            Err(Error::Database(error)) if error.is_fatal() => connection.state = State::Broken,
            Err(Error::Connection(_) | Error::Driver(_)) => connection.state = State::Broken,
            // The values that did not decode may be followed by more: somebody else reads them.
            Err(Error::Decode { .. }) => {}
            // A refused statement has ended as well as one that succeeded.
            Ok(_) | Err(_) if connection.state == State::Busy => connection.state = State::Clean,
            Ok(_) | Err(_) => {}
        }
        result
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
