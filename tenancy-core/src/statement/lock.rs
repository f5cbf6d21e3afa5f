//! [`Locked`]: rows that nobody else changes until the transaction ends.
//!
//! Outside of a transaction a lock is gone before its row arrives; so its terminal methods take a [`TenantTx`], and nothing
//! else ([PostgreSQL, 13.3.2](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS)).

use crate::db::{Executor, TenantTx};
use crate::error::Error;
use crate::statement::rows::Rows;
use crate::statement::run;
use crate::statement::select::{Select, decode};
use crate::statement::sql::Sql;

/// How rows are locked. Of a join, those of its first table are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lock {
    strength: &'static str,
    waiting: &'static str,
}

impl Lock {
    pub(crate) fn render(self, sql: &mut Sql) {
        sql.push(self.strength).push(self.waiting);
    }
}

/// Reads rows and locks them: made by [`Select::for_update`] and [`Select::for_share`].
#[must_use = "a read does nothing until it is fetched"]
#[derive(Debug)]
pub struct Locked<S> {
    select: Select<S>,
    lock: Lock,
}

impl<S: Rows> Select<S> {
    /// Locks the rows until the transaction ends, so that nobody else changes, deletes or locks them: `FOR UPDATE`. Of a join
    /// the rows of its first table.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let mut tx = db.begin(&token).await?;
    /// let next = Task::find(&tx).filter(|t| t.done.eq(false)).limit(1).for_update().skip_locked().fetch_optional(&mut tx).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_update(self) -> Locked<S> {
        self.locked(" FOR UPDATE OF \"t\"")
    }

    /// Locks the rows until the transaction ends, so that nobody else changes or deletes them: `FOR SHARE`. Of a join the
    /// rows of its first table.
    pub fn for_share(self) -> Locked<S> {
        self.locked(" FOR SHARE OF \"t\"")
    }

    fn locked(self, strength: &'static str) -> Locked<S> {
        Locked { select: self, lock: Lock { strength, waiting: "" } }
    }
}

impl<S: Rows> Locked<S> {
    /// Leaves out rows that another transaction has locked, instead of waiting for it: for queues.
    pub fn skip_locked(mut self) -> Self {
        self.lock.waiting = " SKIP LOCKED";
        self
    }

    /// Fails (55P03) when another transaction has locked a row, instead of waiting for it.
    pub fn nowait(mut self) -> Self {
        self.lock.waiting = " NOWAIT";
        self
    }

    /// The first row, locked.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when there is none; any other [`Error`] when the statement did not run.
    pub async fn fetch_one(self, tx: &mut TenantTx) -> Result<S, Error> {
        self.fetch_optional(tx).await?.ok_or(Error::RowNotFound)
    }

    /// The first row, locked, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional(self, tx: &mut TenantTx) -> Result<Option<S>, Error> {
        let mut select = self.into_select();
        select.read.want_first();
        run::fetch_optional(&select.read, tx.source(), decode::<S>).await
    }

    /// All rows, locked.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all(self, tx: &mut TenantTx) -> Result<Vec<S>, Error> {
        let select = self.into_select();
        run::fetch_all(&select.read, tx.source(), decode::<S>).await
    }

    /// The text of the statement; see [`Select::sql`].
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] when a value cannot be encoded.
    pub fn sql(self) -> Result<std::sync::Arc<str>, Error> {
        self.into_select().sql()
    }

    fn into_select(mut self) -> Select<S> {
        self.select.read.lock = Some(self.lock);
        self.select
    }
}
