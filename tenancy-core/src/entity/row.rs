//! [`Row`]: what came back, read by position.

use sqlx::postgres::PgRow;
use sqlx::{Decode, FromRow, Postgres, Row as _, Type, ValueRef as _};

/// A row that came back, or one entity's part of it. It is read by position: the statement lists the columns, so their
/// order is ours.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    row: &'r PgRow,
    /// Where the part begins.
    first: usize,
}

impl<'r> Row<'r> {
    pub(crate) fn new(row: &'r PgRow) -> Self {
        Self { row, first: 0 }
    }

    /// The part of the row that begins at this position of it.
    pub(crate) fn from(self, first: usize) -> Self {
        Self { first: self.first + first, ..self }
    }

    /// The value at a position.
    #[doc(hidden)]
    pub fn get<T>(&self, index: usize) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row.try_get(self.first + index)
    }

    /// The whole row, by the names of its columns.
    pub(crate) fn all<T: FromRow<'r, PgRow>>(self) -> Result<T, sqlx::Error> {
        T::from_row(self.row)
    }

    /// Whether the value at a position is `NULL`.
    pub(crate) fn is_null(&self, index: usize) -> Result<bool, sqlx::Error> {
        Ok(self.row.try_get_raw(self.first + index)?.is_null())
    }
}
