//! [`SqlValues`]: the values of a hand-written statement, encoded where they stand.
//!
//! They are borrowed, as by `format!`, and encoded at once, so that the statement borrows nothing. The tenant comes when the
//! statement is run, and so behind them: it is the last parameter of a statement that is written by hand.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, Postgres, Type};

/// What can be a value in `sql!`: whatever sqlx can encode.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value that PostgreSQL can be given",
    label = "expected what sqlx can encode: a type that is `sqlx::Encode<Postgres>` and `sqlx::Type<Postgres>`",
    note = "`{{…}}` is a parameter, and never text of the statement: a column, a table or an order is written out"
)]
pub trait SqlValue {
    #[doc(hidden)]
    fn add_to(&self, arguments: &mut PgArguments) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T> SqlValue for T
where
    for<'v> &'v T: Encode<'v, Postgres> + Type<Postgres>,
{
    fn add_to(&self, arguments: &mut PgArguments) -> bool {
        arguments.add(self).is_ok()
    }
}

/// The values of one `sql!`. For its expansion.
#[doc(hidden)]
#[derive(Debug)]
pub struct SqlValues {
    pub(crate) arguments: PgArguments,
    pub(crate) count: usize,
    /// One of them could not be encoded.
    pub(crate) failed: bool,
}

/// What is reserved for each value, in bytes. More grows by itself.
const USUAL: usize = 32;

impl SqlValues {
    /// Room for so many.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        let mut arguments = PgArguments::default();
        // The tenant too.
        arguments.reserve(count + 1, (count + 1) * USUAL);
        Self { arguments, count: 0, failed: false }
    }

    /// Adds the next.
    pub fn add<T: SqlValue>(&mut self, value: &T) {
        self.failed |= !value.add_to(&mut self.arguments);
        self.count += 1;
    }
}
