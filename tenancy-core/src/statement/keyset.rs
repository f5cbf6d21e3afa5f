//! Keyset pagination: the page after a row, found by an index however far down it stands.
//!
//! `OFFSET` reads and throws away what it skips, and shows rows twice or not at all when others come and go. A key does
//! neither: the next page begins after the values of the last row that was seen. The cursor is these values, a tuple; who
//! sends one sees no row that the tenant has not, since it is only compared.

use std::marker::PhantomData;

use crate::entity::{ColumnType, NotNull, Parameter};
use crate::error::Error;
use crate::statement::order::{OfColumn, Order, Term};
use crate::statement::rows::Rows;
use crate::statement::select::Select;
use crate::statement::sql::Sql;

/// What the closure of [`keyset`](Select::keyset) may return: the order of a column that is never `NULL`, or a tuple of
/// them. The last of them tell all rows apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the order of pages of `{S}`",
    label = "expected orders of columns that are never NULL",
    note = "nothing comes after NULL: order pages by columns whose field is no `Option`"
)]
pub trait KeyOrder<S> {
    /// The values of one row.
    type Cursor;

    #[doc(hidden)]
    fn __terms(self, terms: &mut Terms);

    #[doc(hidden)]
    fn __values(cursor: Self::Cursor, values: &mut Cursor);
}

/// For [`KeyOrder`].
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Terms(Vec<Term>);

/// For [`KeyOrder`].
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Cursor(Vec<Parameter>);

impl<S, T: ColumnType> KeyOrder<S> for Order<S, OfColumn<T, NotNull>> {
    type Cursor = T;

    fn __terms(self, terms: &mut Terms) {
        terms.0.push(self.into_term());
    }

    fn __values(cursor: T, values: &mut Cursor) {
        values.0.push(Parameter::of(Some(cursor)));
    }
}

macro_rules! tuples {
    ($(($($part:ident)+))*) => { $(
        impl<S, $($part: KeyOrder<S>),+> KeyOrder<S> for ($($part,)+) {
            type Cursor = ($($part::Cursor,)+);

            #[allow(non_snake_case, reason = "named as the type that each is of")]
            fn __terms(self, terms: &mut Terms) {
                let ($($part,)+) = self;
                $($part.__terms(terms);)+
            }

            #[allow(non_snake_case, reason = "named as the type that each is of")]
            fn __values(cursor: Self::Cursor, values: &mut Cursor) {
                let ($($part,)+) = cursor;
                $($part::__values($part, values);)+
            }
        }
    )* };
}

tuples! { (A) (A B) (A B C) (A B C D) }

/// A read whose pages follow each other by a key: made by [`Select::keyset`].
#[must_use = "pages do nothing until it is said after which row they begin"]
#[derive(Debug)]
pub struct Keyset<S, R, C> {
    select: Select<S, R>,
    values: fn(C, &mut Cursor),
    marker: PhantomData<fn() -> C>,
}

impl<S: Rows, R> Select<S, R> {
    /// Orders the rows by a key, of which pages begin [after](Keyset::after) the last row of the page before.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use uuid::Uuid;
    /// # async fn example(db: TenantDb, token: TenantToken, cursor: Option<(chrono::DateTime<chrono::Utc>, Uuid)>) -> Result<(), tenancy::Error> {
    /// let page: Vec<Task> = Task::find(&token)
    ///     .keyset(|t| (t.created_at.desc(), t.id.asc()))
    ///     .after(cursor)                                     // `None` is the first page
    ///     .limit(50)
    ///     .fetch_all(&db).await?;
    /// let next = page.last().map(|t| (t.created_at, t.id));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The id, or the columns of a `unique(..)`, stand among the columns of the key: otherwise fetching is
    /// [`Error::KeysetNotUnique`]. Those of each table that was joined by
    /// [`inner_join_many`](Select::inner_join_many) stand there as well, since one row of the other table stands in many
    /// rows; what [`left_join_many`](Select::left_join_many) joins can be `NULL`, and has no pages. What was said by [`order_by`](Self::order_by) before is left out.
    pub fn keyset<K: KeyOrder<S>>(mut self, key: impl FnOnce(S::Columns) -> K) -> Keyset<S, R, K::Cursor> {
        let mut terms = Terms::default();
        key(S::__columns()).__terms(&mut terms);
        self.read.order = terms.0;
        self.read.keyset = true;
        Keyset { select: self, values: K::__values, marker: PhantomData }
    }
}

impl<S: Rows, R, C> Keyset<S, R, C> {
    /// Begins after the row of these values; without any, with the first.
    pub fn after(mut self, cursor: impl Into<Option<C>>) -> Select<S, R> {
        if let Some(cursor) = cursor.into() {
            let mut values = Cursor::default();
            (self.values)(cursor, &mut values);
            self.select.read.after = values.0;
        }
        self.select
    }
}

/// Writes ` AND …` for what comes after the values. `a <= x AND (a < x OR (a = x AND …))` says the same as its second half;
/// the first is what an index can begin at.
pub(crate) fn render(order: &[Term], after: &[Parameter], sql: &mut Sql) -> Result<(), Error> {
    let ([first, ..], [value, ..]) = (order, after) else { return Ok(()) };
    if order.len() > 1 {
        sql.push(" AND ");
        first.operand.render(sql)?.push(if first.ascending { " >= " } else { " <= " }).value(value)?;
    }
    sql.push(" AND ");
    render_after(order, after, sql)
}

fn render_after(order: &[Term], after: &[Parameter], sql: &mut Sql) -> Result<(), Error> {
    let ([term, rest @ ..], [value, values @ ..]) = (order, after) else { return Ok(()) };
    if !rest.is_empty() {
        sql.push("(");
    }
    term.operand.render(sql)?.push(if term.ascending { " > " } else { " < " }).value(value)?;
    if !rest.is_empty() {
        sql.push(" OR (");
        term.operand.render(sql)?.push(" = ").value(value)?.push(" AND ");
        render_after(rest, values, sql)?;
        sql.push("))");
    }
    Ok(())
}
