//! [`InsertStream`]: any number of new rows, in memory for a few.
//!
//! Rows are taken from a stream until there are enough for a batch, and a batch is the statement of
//! [`InsertMany`]: one text, whatever the number of rows. It runs in a [`TenantTx`] and nowhere else, since by itself each
//! batch would be committed, and a load that stops in the middle would stay as half a load. For the same reason a
//! transaction in which a load stopped in the middle is never committed; see `db/unfinished.rs`.
//!
//! PostgreSQL refuses `COPY … FROM` on tables with row-level security
//! ([`COPY`](https://www.postgresql.org/docs/current/sql-copy.html)), so that there is no faster way in.

use std::fmt;

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};

use crate::TenantToken;
use crate::db::{Executor, TenantTx};
use crate::entity::Writable;
use crate::error::Error;
use crate::statement::insert::InsertMany;
use crate::statement::proof::{Proof, Scope};

/// How many rows a batch has, unless it is said.
const BATCH: usize = 1_000;

/// Inserts the rows of a stream: made by
/// [`TenantScoped::insert_stream`](crate::TenantScoped::insert_stream) and
/// [`TenantScoped::try_insert_stream`](crate::TenantScoped::try_insert_stream), or those of a
/// [`GlobalTable`](crate::GlobalTable) that is `writable`.
///
/// `X` is the error that the load can end with.
#[must_use = "an insert does nothing until it is executed"]
pub struct InsertStream<'s, E: Writable, X = Error> {
    token: TenantToken,
    new: BoxStream<'s, Result<E::New, X>>,
    batch: usize,
}

impl<'s, E: Writable, X> InsertStream<'s, E, X> {
    pub(crate) fn new<P: Proof + ?Sized>(
        proof: &P,
        new: impl Stream<Item = Result<E::New, X>> + Send + 's,
    ) -> Self {
        Self { token: proof.token().clone(), new: new.boxed(), batch: BATCH }
    }

    /// How many rows go in one statement, and are in memory at a time: 1,000 unless it is said, and one at the least. From
    /// some hundreds on a larger number loads no faster; choose a smaller one when single rows are megabytes.
    pub fn batch(mut self, rows: usize) -> Self {
        self.batch = rows.max(1);
        self
    }

    /// Inserts the rows, a round trip a batch, and returns their number. They are there for others when the transaction is
    /// committed. Of no rows, nothing is sent.
    ///
    /// A load that ends with an error, or whose future is dropped, leaves a transaction that can only be rolled back, if any
    /// of it was sent: half a load is never committed. Within a [savepoint](TenantTx::savepoint) that fails, only the
    /// savepoint is rolled back.
    ///
    /// # Errors
    ///
    /// What the stream ended with, or an [`Error`] when a batch was not inserted.
    pub async fn execute(mut self, tx: &mut TenantTx) -> Result<u64, X>
    where
        X: From<Error>,
    {
        (&mut *tx).source().check(&Scope::Tenant(self.token.clone()), E::DESCRIPTOR)?;
        let (mut inserted, mut unfinished) = (0, None);
        loop {
            let rows: Vec<E::New> = self.new.by_ref().take(self.batch).try_collect().await?;
            let last = rows.len() < self.batch;
            if !rows.is_empty() {
                let load = unfinished.get_or_insert_with(|| tx.unfinished());
                match InsertMany::<E>::new(&self.token, rows).execute(&mut *tx).await {
                    Ok(rows) => inserted += rows,
                    Err(error) => {
                        // PostgreSQL has undone it, and lets nothing be committed by itself.
                        if let Error::Database(_) = error {
                            load.finish();
                        }
                        return Err(error.into());
                    }
                }
            }
            if last {
                if let Some(mut load) = unfinished {
                    load.finish();
                }
                return Ok(inserted);
            }
        }
    }
}

impl<E: Writable, X> fmt::Debug for InsertStream<'_, E, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertStream").field("batch", &self.batch).finish_non_exhaustive()
    }
}
