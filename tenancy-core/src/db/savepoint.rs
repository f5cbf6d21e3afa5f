//! Savepoints: a part of a transaction that can fail without the rest.
//!
//! A savepoint lives as long as the closure that it is given: what the closure returns decides whether its writes stay
//! ([PostgreSQL, `SAVEPOINT`](https://www.postgresql.org/docs/current/sql-savepoint.html)). The binding to the tenant was
//! made at `BEGIN`, before every savepoint, so that rolling back to one leaves it in force.
//!
//! A closure that is dropped in the middle has returned neither: nobody has said whether its writes are wanted. So the
//! transaction can only be rolled back from there on, and a commit does that.

use std::sync::Arc;

use crate::db::TenantTx;
use crate::db::transaction::Slot;
use crate::error::Error;

/// One savepoint, while its closure runs.
struct Open {
    slot: Arc<Slot>,
    level: u32,
    ended: bool,
}

impl Open {
    /// The next one below those that are open.
    fn new(slot: Arc<Slot>) -> Self {
        let level = slot.enter();
        Self { slot, level, ended: false }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.slot.leave(self.level, !self.ended);
    }
}

impl TenantTx {
    /// Runs the closure within a savepoint. When it returns an error, what it wrote is rolled back and the transaction goes
    /// on; also after a statement of it failed, which otherwise would leave the transaction nothing but to roll back.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken, rows: Vec<NewTask>, mut tx: TenantTx) -> Result<(), tenancy::Error> {
    /// # let mut failures = Vec::new();
    /// for row in rows {
    ///     let imported = tx.savepoint(async |tx| Task::insert(&*tx, row).execute(tx).await).await;
    ///     if let Err(error) = imported { failures.push(error) }
    /// }
    /// tx.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A closure whose future is dropped in the middle (by a timeout around it, or a panic in it) leaves a transaction that
    /// can only be rolled back. Put a timeout into the closure, where it is an error.
    ///
    /// # Errors
    ///
    /// What the closure returns. [`Error::TransactionAborted`] when a statement of it failed and it returned no error: its
    /// writes were rolled back. Any other [`Error`] when the savepoint was not made or not ended.
    pub async fn savepoint<T, E>(
        &mut self,
        body: impl AsyncFnOnce(&mut TenantTx) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<Error>,
    {
        self.db().check_token(self.token())?;
        let mut open = Open::new(self.slot());
        let level = open.level;
        self.say(&format!("SAVEPOINT tenancy_{level}")).await?;
        let result = body(self).await;
        let result = match result {
            Ok(value) => match self.say(&format!("RELEASE SAVEPOINT tenancy_{level}")).await {
                Ok(()) => Ok(value),
                // A statement failed, or a load stopped in the middle, and the closure thought nothing of it.
                Err(error) if is_aborted(&error) => {
                    self.undo(level).await?;
                    Err(Error::TransactionAborted.into())
                }
                Err(error) => return Err(error.into()),
            },
            Err(error) => {
                self.undo(level).await?;
                Err(error)
            }
        };
        open.ended = true;
        result
    }

    /// Undoes what was done within a savepoint, and ends it.
    async fn undo(&mut self, level: u32) -> Result<(), Error> {
        self.slot().undo(level);
        let undo = format!("ROLLBACK TO SAVEPOINT tenancy_{level}; RELEASE SAVEPOINT tenancy_{level}");
        self.say(&undo).await
    }

    /// One message of the library's own, by the simple protocol.
    async fn say(&self, text: &str) -> Result<(), Error> {
        let mut session = self.session()?;
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(session.start()).await;
        session.end(said, "").map(drop)
    }
}

/// Whether nothing but a rollback is left: said by PostgreSQL (in failed SQL transaction) or known to the client.
fn is_aborted(error: &Error) -> bool {
    match error {
        Error::Database(error) => error.code() == "25P02",
        error => matches!(error, Error::TransactionAborted),
    }
}
