//! Columns of a query by their number: what a closure names at compile time, chosen at random.
//!
//! A column's type says its entity, its value, whether it can be `NULL` and who fills it in. [`AnyColumn`] forgets all
//! but the query, and still calls the library's own typed methods: each column is one `impl`.

use std::any::Any;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use tenancy::Error;
use tenancy::entity::{
    Column, ColumnType, Defaulted, Element, Id, NotNull, Nullability, Nullable, References, Required,
};
use tenancy::prelude::*;
use tenancy::statement::{Aggregate, Filter, OfAggregate, Order, PerGroup, Projection, Rows, Select};

use super::describe::{Direction, Fetch, Function, Op, Slice, Value};
use super::tables::{Flag, IdOf, Item, Link, Tag, Team};

/// What came back, as PostgreSQL would write it; `None` is `NULL`.
pub type Cells = Vec<Option<String>>;

/// What a statement came to.
pub type Answer = BoxFuture<'static, Result<Vec<Cells>, Error>>;

/// What can be shown as cells.
pub trait Show {
    fn show(&self, cells: &mut Cells);
}

macro_rules! show {
    ($($type:ty: |$value:ident| $text:expr;)*) => { $(
        impl Show for $type {
            fn show(&self, cells: &mut Cells) {
                let $value = self;
                cells.push(Some($text));
            }
        }
        impl Show for Option<$type> {
            fn show(&self, cells: &mut Cells) {
                cells.push(self.as_ref().map(|$value| $text));
            }
        }
    )* };
}

show! {
    i32: |number| number.to_string();
    i64: |number| number.to_string();
    f64: |number| number.to_string();
    String: |text| text.clone();
    bool: |value| if *value { "t".into() } else { "f".into() };
}

macro_rules! show_entities {
    ($($entity:ident: $($field:ident)*;)*) => { $(
        impl Show for $entity {
            fn show(&self, cells: &mut Cells) {
                $(self.$field.show(cells);)*
            }
        }
        impl Show for Option<$entity> {
            fn show(&self, cells: &mut Cells) {
                match self {
                    Some(entity) => entity.show(cells),
                    None => cells.extend([$(stringify!($field)),*].map(|_| None)),
                }
            }
        }
    )* };
}

show_entities! {
    Team: id name size score flag;
    Item: id team_id parent_id label points note rank flag;
    Tag: id name heat flag;
    Link: id item_id tag_id by_id weight flag;
}

macro_rules! show_tuples {
    ($(($($part:ident $position:tt)+))*) => { $(
        impl<$($part: Show),+> Show for ($($part,)+) {
            fn show(&self, cells: &mut Cells) {
                $(self.$position.show(cells);)+
            }
        }
    )* };
}

show_tuples! { (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) (A 0 B 1 C 2 D 3 E 4) (A 0 B 1 C 2 D 3 E 4 F 5)
(A 0 B 1 C 2 D 3 E 4 F 5 G 6) }

pub fn shown(rows: &[impl Show]) -> Vec<Cells> {
    rows.iter()
        .map(|row| {
            let mut cells = Cells::new();
            row.show(&mut cells);
            cells
        })
        .collect()
}

/// Runs a projection.
fn project<V: Show + Send + Unpin + 'static>(read: Projection<V>, fetch: Fetch, db: TenantDb) -> Answer {
    Box::pin(async move {
        let rows = match fetch {
            Fetch::All => read.fetch_all(&db).await?,
            Fetch::Stream => read.fetch(&db).try_collect().await?,
            Fetch::Optional => read.fetch_optional(&db).await?.into_iter().collect(),
            Fetch::One => vec![read.fetch_one(&db).await?],
        };
        Ok(shown(&rows))
    })
}

/// What an aggregate of a column is read as decides where in a selection it can stand.
pub type Number<S> = Aggregate<S, i64, NotNull>;
pub type Sum<S> = Aggregate<S, i64, Nullable>;
pub type Average<S> = Aggregate<S, f64, Nullable>;
pub type Extreme<S> = Aggregate<S, i32, Nullable>;
pub type Word<S> = Aggregate<S, String, Nullable>;
pub type Selected<S> = (Number<S>, Sum<S>, Average<S>, Extreme<S>, Word<S>);

/// A type of columns. What some type has not is never asked of it.
pub trait Scalar: Element + Clone {
    fn of(value: Value) -> Self;
    fn parsed(text: &str) -> Self;

    fn like<S, N, A>(column: Column<S, Self, N, A>, _: &str, _: bool) -> Filter<S> {
        panic!("{column:?} is not text")
    }

    fn sum<S, N, A>(column: Column<S, Self, N, A>) -> Sum<S> {
        panic!("{column:?} cannot be added up")
    }

    fn average<S, N, A>(column: Column<S, Self, N, A>) -> Average<S> {
        panic!("{column:?} cannot be added up")
    }

    /// The least or the greatest of an `i64`.
    fn big<S, N, A>(column: Column<S, Self, N, A>, _: Function) -> Sum<S> {
        panic!("{column:?} is no i64")
    }

    fn extreme<S, N, A>(column: Column<S, Self, N, A>, _: Function) -> Extreme<S> {
        panic!("{column:?} is no i32")
    }

    fn word<S, N, A>(column: Column<S, Self, N, A>, _: Function) -> Word<S> {
        panic!("{column:?} is not text")
    }
}

fn least_or_greatest<S, T: ColumnType, N, A>(
    column: Column<S, T, N, A>,
    function: Function,
) -> Aggregate<S, T, Nullable> {
    if function == Function::Min { column.min() } else { column.max() }
}

impl Scalar for i32 {
    fn of(value: Value) -> Self {
        let Value::Int(number) = value else { panic!("{value:?} is no i32") };
        number
    }

    fn parsed(text: &str) -> Self {
        text.parse().expect("a number")
    }

    fn sum<S, N, A>(column: Column<S, Self, N, A>) -> Sum<S> {
        column.sum()
    }

    fn average<S, N, A>(column: Column<S, Self, N, A>) -> Average<S> {
        column.avg()
    }

    fn extreme<S, N, A>(column: Column<S, Self, N, A>, function: Function) -> Extreme<S> {
        least_or_greatest(column, function)
    }
}

impl Scalar for i64 {
    fn of(value: Value) -> Self {
        let Value::Big(number) = value else { panic!("{value:?} is no i64") };
        number
    }

    fn parsed(text: &str) -> Self {
        text.parse().expect("a number")
    }

    fn sum<S, N, A>(column: Column<S, Self, N, A>) -> Sum<S> {
        column.sum()
    }

    fn average<S, N, A>(column: Column<S, Self, N, A>) -> Average<S> {
        column.avg()
    }

    fn big<S, N, A>(column: Column<S, Self, N, A>, function: Function) -> Sum<S> {
        least_or_greatest(column, function)
    }
}

impl Scalar for String {
    fn of(value: Value) -> Self {
        let Value::Text(text) = value else { panic!("{value:?} is not text") };
        text.to_owned()
    }

    fn parsed(text: &str) -> Self {
        text.to_owned()
    }

    fn like<S, N, A>(column: Column<S, Self, N, A>, pattern: &str, any_case: bool) -> Filter<S> {
        if any_case { column.ilike(pattern) } else { column.like(pattern) }
    }

    fn word<S, N, A>(column: Column<S, Self, N, A>, function: Function) -> Word<S> {
        least_or_greatest(column, function)
    }
}

impl Scalar for bool {
    fn of(value: Value) -> Self {
        let Value::Bool(value) = value else { panic!("{value:?} is no bool") };
        value
    }

    fn parsed(text: &str) -> Self {
        text == "t"
    }
}

/// Where the pages of a keyset stand: its two directions, and after which values.
pub struct Page<S> {
    pub id: IdOf<S>,
    pub descending: bool,
    pub id_descending: bool,
    pub after: Option<(String, i32)>,
}

/// What a column that can be `NULL` has, and what one that cannot.
pub trait MayBeNull: Nullability {
    fn null<S, T: Scalar, A>(column: Column<S, T, Self, A>, negated: bool) -> Filter<S>
    where
        Self: Sized;

    fn page<S: Rows, T: Scalar, A>(
        column: Column<S, T, Self, A>,
        read: Select<S>,
        page: Page<S>,
    ) -> Select<S>
    where
        Self: Sized;
}

impl MayBeNull for Nullable {
    fn null<S, T: Scalar, A>(column: Column<S, T, Self, A>, negated: bool) -> Filter<S> {
        if negated { column.is_not_null() } else { column.is_null() }
    }

    fn page<S: Rows, T: Scalar, A>(column: Column<S, T, Self, A>, _: Select<S>, _: Page<S>) -> Select<S> {
        panic!("nothing comes after NULL: {column:?}")
    }
}

impl MayBeNull for NotNull {
    fn null<S, T: Scalar, A>(column: Column<S, T, Self, A>, _: bool) -> Filter<S> {
        panic!("{column:?} is never NULL")
    }

    fn page<S: Rows, T: Scalar, A>(
        column: Column<S, T, Self, A>,
        read: Select<S>,
        page: Page<S>,
    ) -> Select<S> {
        let Page { id, descending, id_descending, after } = page;
        let after = after.map(|(value, id)| (T::parsed(&value), id));
        let by = if descending { column.desc() } else { column.asc() };
        let by_id = if id_descending { id.desc() } else { id.asc() };
        read.keyset(|_| (by, by_id)).after(after)
    }
}

/// Groups, but for the column that they agree in.
pub struct Grouping<S> {
    /// A second column that they agree in.
    pub flag: Option<Flag<S>>,
    pub having: Vec<Filter<S, PerGroup>>,
    pub order: Option<Order<S, OfAggregate>>,
    pub descending: bool,
    pub slice: Slice,
    pub selected: Selected<S>,
}

/// A column of a query over `S`.
pub trait AnyColumn<S: Rows> {
    fn as_any(&self) -> &dyn Any;
    fn compare(&self, op: Op, value: Value) -> Filter<S>;
    /// Against another column of the same type, of this query.
    fn against(&self, op: Op, other: &dyn Any) -> Filter<S>;
    fn between(&self, low: Value, high: Value) -> Filter<S>;
    fn list(&self, values: &[Value], negated: bool) -> Filter<S>;
    fn like(&self, pattern: &str, any_case: bool) -> Filter<S>;
    fn null(&self, negated: bool) -> Filter<S>;
    fn order(&self, read: Select<S>, direction: Direction) -> Select<S>;
    fn page(&self, read: Select<S>, page: Page<S>) -> Select<S>;
    /// Asks for this column, and another beside it.
    fn select(
        &self,
        read: Select<S>,
        flag: Option<Flag<S>>,
        distinct: bool,
        fetch: Fetch,
        db: TenantDb,
    ) -> Answer;
    fn group(&self, read: Select<S>, grouping: Grouping<S>, db: TenantDb) -> Answer;
    fn count(&self, function: Function) -> Number<S>;
    fn sum(&self) -> Sum<S>;
    fn big(&self, function: Function) -> Sum<S>;
    fn average(&self) -> Average<S>;
    fn extreme(&self, function: Function) -> Extreme<S>;
    fn word(&self, function: Function) -> Word<S>;
}

macro_rules! by_op {
    ($op:expr, $left:expr, $right:expr) => {
        match $op {
            Op::Eq => $left.eq($right),
            Op::Ne => $left.ne($right),
            Op::Lt => $left.lt($right),
            Op::Le => $left.le($right),
            Op::Gt => $left.gt($right),
            Op::Ge => $left.ge($right),
        }
    };
}
pub(super) use by_op;

fn nulls<S, V>(order: Order<S, V>, direction: Direction) -> Order<S, V> {
    match direction.nulls_first {
        None => order,
        Some(true) => order.nulls_first(),
        Some(false) => order.nulls_last(),
    }
}

/// An order by an aggregate.
pub fn by_aggregate<S, T: ColumnType, N>(
    aggregate: Aggregate<S, T, N>,
    direction: Direction,
) -> Order<S, OfAggregate> {
    nulls(if direction.descending { aggregate.desc() } else { aggregate.asc() }, direction)
}

impl<S, T, N, A> AnyColumn<S> for Column<S, T, N, A>
where
    S: Rows,
    T: Scalar,
    N: MayBeNull,
    N::Value<T>: Show + Send + Unpin + 'static,
    A: 'static,
{
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn compare(&self, op: Op, value: Value) -> Filter<S> {
        by_op!(op, self, T::of(value))
    }

    fn against(&self, op: Op, other: &dyn Any) -> Filter<S> {
        // What a column of this suite's entities can be, beside its query and its type.
        macro_rules! each {
            ($($kind:ty)*) => { $(
                if let Some(other) = other.downcast_ref::<Column<S, T, NotNull, $kind>>() {
                    return pair(*self, op, *other);
                }
                if let Some(other) = other.downcast_ref::<Column<S, T, Nullable, $kind>>() {
                    return pair(*self, op, *other);
                }
            )* };
        }
        each! {
            Id Required Defaulted References<Team, Required> References<Item, Required> References<Tag, Required>
        }
        panic!("{self:?} is compared with a column of another kind")
    }

    fn between(&self, low: Value, high: Value) -> Filter<S> {
        (*self).between(T::of(low), T::of(high))
    }

    fn list(&self, values: &[Value], negated: bool) -> Filter<S> {
        let values = values.iter().map(|value| T::of(*value));
        if negated { self.not_in(values) } else { self.in_(values) }
    }

    fn like(&self, pattern: &str, any_case: bool) -> Filter<S> {
        T::like(*self, pattern, any_case)
    }

    fn null(&self, negated: bool) -> Filter<S> {
        N::null(*self, negated)
    }

    fn order(&self, read: Select<S>, direction: Direction) -> Select<S> {
        read.order_by(|_| nulls(if direction.descending { self.desc() } else { self.asc() }, direction))
    }

    fn page(&self, read: Select<S>, page: Page<S>) -> Select<S> {
        N::page(*self, read, page)
    }

    fn select(
        &self,
        read: Select<S>,
        flag: Option<Flag<S>>,
        distinct: bool,
        fetch: Fetch,
        db: TenantDb,
    ) -> Answer {
        match (flag, distinct) {
            (None, false) => project(read.select(|_| *self), fetch, db),
            (None, true) => project(read.select(|_| *self).distinct(), fetch, db),
            (Some(flag), false) => project(read.select(|_| (*self, flag)), fetch, db),
            (Some(flag), true) => project(read.select(|_| (*self, flag)).distinct(), fetch, db),
        }
    }

    fn group(&self, read: Select<S>, grouping: Grouping<S>, db: TenantDb) -> Answer {
        let Grouping { flag, having, order, descending, slice, selected: (a, b, c, d, e) } = grouping;
        // The same for one key and for two.
        macro_rules! of_keys {
            ($keys:expr, |$k:ident| $first:expr $(, $second:expr)?) => {{
                let mut groups = read.group_by(|_| $keys);
                for having in having {
                    groups = groups.having(|_| having);
                }
                if let Some(order) = order {
                    groups = groups.order_by(|_, _| order);
                }
                groups = groups.order_by(|$k, _| if descending { $first.desc() } else { $first.asc() });
                $(groups = groups.order_by(|$k, _| $second.asc());)?
                let mut read = groups.select(|$k, _| ($first, $($second,)? a, b, c, d, e));
                if let Some(rows) = slice.limit {
                    read = read.limit(rows);
                }
                if let Some(rows) = slice.offset {
                    read = read.offset(rows);
                }
                project(read, Fetch::All, db)
            }};
        }
        match flag {
            None => of_keys!(*self, |k| k),
            Some(flag) => of_keys!((*self, flag), |k| k.0, k.1),
        }
    }

    fn count(&self, function: Function) -> Number<S> {
        if function == Function::CountDistinct { self.count_distinct() } else { (*self).count() }
    }

    fn sum(&self) -> Sum<S> {
        T::sum(*self)
    }

    fn big(&self, function: Function) -> Sum<S> {
        T::big(*self, function)
    }

    fn average(&self) -> Average<S> {
        T::average(*self)
    }

    fn extreme(&self, function: Function) -> Extreme<S> {
        T::extreme(*self, function)
    }

    fn word(&self, function: Function) -> Word<S> {
        T::word(*self, function)
    }
}

/// The library has four comparisons of columns; the other two are these, turned around.
fn pair<S, T: ColumnType, N, A, M, B>(
    left: Column<S, T, N, A>,
    op: Op,
    right: Column<S, T, M, B>,
) -> Filter<S> {
    match op {
        Op::Eq => left.eq_column(right),
        Op::Ne => left.ne_column(right),
        Op::Lt => left.lt_column(right),
        Op::Le => left.le_column(right),
        Op::Gt => right.lt_column(left),
        Op::Ge => right.le_column(left),
    }
}

/// What ends a read: `total` is the whole aggregate.
pub fn aggregate<S: Rows>(read: Select<S>, selected: Selected<S>, db: TenantDb) -> Answer {
    project(read.aggregate(|_| selected), Fetch::One, db)
}
