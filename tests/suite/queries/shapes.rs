//! The shapes of queries, typed: which tables stand side by side, and by which references. And a random condition as a
//! filter of the library, whatever the shape.

use std::any::Any;

use tenancy::entity::{Inner, Outer};
use tenancy::prelude::*;
use tenancy::statement::{Filter, PerGroup, Rows, Select};

use super::columns::{AnyColumn, Average, Extreme, Number, Selected, Sum, Word, by_op};
use super::describe::{Function, Having, Measure, Measures, Op, Place, Tree};
use super::tables::{
    Flag, IdOf, Item, ItemColumns, Link, LinkColumns, Relation, Table, Tag, TagColumns, Team, TeamColumns,
};

/// The columns of a query over `S`, by the number of their table.
pub trait Parts<S: Rows>: Copy {
    /// The columns of each table.
    fn parts(self) -> Vec<Vec<Box<dyn AnyColumn<S>>>>;

    /// Of the first table.
    fn flag(self) -> Flag<S>;

    /// Of the first table.
    fn id(self) -> IdOf<S>;

    /// A row of another table belongs to that of the part.
    fn related(self, part: usize, relation: Relation, up: bool, negated: bool, filter: &Tree) -> Filter<S>;
}

/// The columns of one table in a query over `S`.
pub trait Part<S: Rows>: Copy {
    fn list(self) -> Vec<Box<dyn AnyColumn<S>>>;
    fn related(self, relation: Relation, up: bool, negated: bool, filter: &Tree) -> Filter<S>;
}

macro_rules! part {
    // On both sides of a join: a column that can be `NULL` there is of another type.
    ($($columns:ident $said:tt)*) => {
        $(part! { @ $columns Inner $said } part! { @ $columns Outer $said })*
    };
    (@ $columns:ident $side:ident {
        $($field:ident)*;
        up $($up:ident = $by:ident),*;
        down $($down:ident = $child:ident.$reference:ident),*;
    }) => {
        impl<S: Rows> Part<S> for $columns<S, $side> {
            fn list(self) -> Vec<Box<dyn AnyColumn<S>>> {
                vec![$(Box::new(self.$field)),*]
            }

            fn related(self, relation: Relation, up: bool, negated: bool, tree: &Tree) -> Filter<S> {
                let around = self.list();
                match (relation, up, negated) {
                    $((Relation::$up, true, false) => self.$by.exists(|row| filter(row, tree, &around)),
                    (Relation::$up, true, true) => self.$by.not_exists(|row| filter(row, tree, &around)),)*
                    $((Relation::$down, false, false) => {
                        self.exists($child::columns().$reference, |row| filter(row, tree, &around))
                    }
                    (Relation::$down, false, true) => {
                        self.not_exists($child::columns().$reference, |row| filter(row, tree, &around))
                    })*
                    other => panic!("{other:?} does not begin here"),
                }
            }
        }
    };
}

part! {
    TeamColumns {
        id name size score flag;
        up;
        down ItemTeam = Item.team_id, LinkBy = Link.by_id;
    }
    ItemColumns {
        id team_id parent_id label points note rank flag;
        up ItemTeam = team_id, ItemParent = parent_id;
        down ItemParent = Item.parent_id, LinkItem = Link.item_id;
    }
    TagColumns {
        id name heat flag;
        up;
        down LinkTag = Link.tag_id;
    }
    LinkColumns {
        id item_id tag_id by_id weight flag;
        up LinkItem = item_id, LinkTag = tag_id, LinkBy = by_id;
        down;
    }
}

macro_rules! single {
    ($($entity:ident $columns:ident)*) => { $(
        impl Parts<$entity> for $columns<$entity, Inner> {
            fn parts(self) -> Vec<Vec<Box<dyn AnyColumn<$entity>>>> {
                vec![Part::<$entity>::list(self)]
            }

            fn flag(self) -> Flag<$entity> {
                self.flag
            }

            fn id(self) -> IdOf<$entity> {
                self.id
            }

            fn related(self, _: usize, relation: Relation, up: bool, negated: bool, filter: &Tree) -> Filter<$entity> {
                Part::related(self, relation, up, negated, filter)
            }
        }
    )* };
}

single! { Team TeamColumns Item ItemColumns Tag TagColumns Link LinkColumns }

/// What a first table has, in a join.
pub trait First<S> {
    fn its_flag(self) -> Flag<S>;
    fn its_id(self) -> IdOf<S>;
}

macro_rules! first {
    ($($columns:ident)*) => { $(
        impl<S> First<S> for $columns<S, Inner> {
            fn its_flag(self) -> Flag<S> {
                self.flag
            }

            fn its_id(self) -> IdOf<S> {
                self.id
            }
        }
    )* };
}

first! { TeamColumns ItemColumns TagColumns LinkColumns }

macro_rules! tuples {
    ($(($($part:ident $position:tt)+))*) => { $(
        impl<S: Rows, $($part: Part<S>),+> Parts<S> for ($($part,)+)
        where
            A: First<S>,
        {
            fn parts(self) -> Vec<Vec<Box<dyn AnyColumn<S>>>> {
                vec![$(self.$position.list()),+]
            }

            fn flag(self) -> Flag<S> {
                self.0.its_flag()
            }

            fn id(self) -> IdOf<S> {
                self.0.its_id()
            }

            fn related(self, part: usize, relation: Relation, up: bool, negated: bool, filter: &Tree) -> Filter<S> {
                match part {
                    $($position => self.$position.related(relation, up, negated, filter),)+
                    _ => panic!("there is no table {part}"),
                }
            }
        }
    )* };
}

tuples! { (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) }

/// A random condition, as a filter of the query that these columns are of. `around` are the columns of the row around a
/// subquery.
pub fn filter<S: Rows, P: Parts<S>, O: Rows>(
    columns: P,
    tree: &Tree,
    around: &[Box<dyn AnyColumn<O>>],
) -> Filter<S> {
    let parts = columns.parts();
    Condition { columns, parts: &parts, around: &around.iter().map(|c| c.as_any()).collect::<Vec<_>>() }
        .filter(tree)
}

struct Condition<'a, S, P> {
    columns: P,
    parts: &'a [Vec<Box<dyn AnyColumn<S>>>],
    around: &'a [&'a dyn Any],
}

impl<S: Rows, P: Parts<S>> Condition<'_, S, P> {
    fn filter(&self, tree: &Tree) -> Filter<S> {
        let column = |place: &Place| &self.parts[place.part][place.column];
        match tree {
            Tree::Compare(place, op, value) => column(place).compare(*op, *value),
            Tree::Columns(left, op, right) => column(left).against(*op, column(right).as_any()),
            Tree::Around(left, op, right) => self.parts[0][*left].against(*op, self.around[*right]),
            Tree::Between(place, low, high) => column(place).between(*low, *high),
            Tree::List { place, negated, values } => column(place).list(values, *negated),
            Tree::Like { place, pattern, any_case } => column(place).like(pattern, *any_case),
            Tree::Null { place, negated } => column(place).null(*negated),
            Tree::Related { part, relation, up, negated, filter } => {
                self.columns.related(*part, *relation, *up, *negated, filter)
            }
            Tree::And(a, b) => self.filter(a).and(self.filter(b)),
            Tree::Or(a, b) => self.filter(a).or(self.filter(b)),
            Tree::All(trees) => Filter::all(trees.iter().map(|tree| self.filter(tree))),
            Tree::Any(trees) => Filter::any(trees.iter().map(|tree| self.filter(tree))),
            Tree::Not(tree) => self.filter(tree).not(),
        }
    }
}

/// The aggregates of a query.
pub struct Aggregates<S, P> {
    columns: P,
    parts: Vec<Vec<Box<dyn AnyColumn<S>>>>,
}

impl<S: Rows, P: Parts<S>> Aggregates<S, P> {
    pub fn of(columns: P) -> Self {
        Self { columns, parts: columns.parts() }
    }

    fn column(&self, measure: &Measure) -> &dyn AnyColumn<S> {
        &*self.parts[measure.place.part][measure.place.column]
    }

    fn condition(&self, tree: &Tree) -> Filter<S> {
        filter::<S, P, S>(self.columns, tree, &[])
    }

    pub fn number(&self, measure: &Measure) -> Number<S> {
        // What is `NULL` of no rows has the type of a sum, until `or` is said of it.
        let number = match measure.function {
            Function::Rows => tenancy::statement::count(),
            Function::Count | Function::CountDistinct => self.column(measure).count(measure.function),
            Function::Sum | Function::Average | Function::Min | Function::Max => {
                return self.sum(measure).or(measure.or.expect("it is NULL of no rows"));
            }
        };
        match &measure.filter {
            Some(filter) => number.filter(self.condition(filter)),
            None => number,
        }
    }

    pub fn sum(&self, measure: &Measure) -> Sum<S> {
        let sum = match measure.function {
            Function::Sum => self.column(measure).sum(),
            function => self.column(measure).big(function),
        };
        match &measure.filter {
            Some(filter) => sum.filter(self.condition(filter)),
            None => sum,
        }
    }

    pub fn average(&self, measure: &Measure) -> Average<S> {
        match &measure.filter {
            Some(filter) => self.column(measure).average().filter(self.condition(filter)),
            None => self.column(measure).average(),
        }
    }

    fn extreme(&self, measure: &Measure) -> Extreme<S> {
        match &measure.filter {
            Some(filter) => self.column(measure).extreme(measure.function).filter(self.condition(filter)),
            None => self.column(measure).extreme(measure.function),
        }
    }

    fn word(&self, measure: &Measure) -> Word<S> {
        match &measure.filter {
            Some(filter) => self.column(measure).word(measure.function).filter(self.condition(filter)),
            None => self.column(measure).word(measure.function),
        }
    }

    pub fn selected(&self, measures: &Measures) -> Selected<S> {
        (
            self.number(&measures.number),
            self.sum(&measures.sum),
            self.average(&measures.average),
            self.extreme(&measures.extreme),
            self.word(&measures.word),
        )
    }

    pub fn having(&self, having: &Having) -> Filter<S, PerGroup> {
        match having {
            Having::Number(measure, op, value) => by_op!(op, self.number(measure), *value),
            Having::Sum(measure, op, value) => by_op!(op, self.sum(measure), *value),
            Having::And(a, b) => self.having(a).and(self.having(b)),
            Having::Or(a, b) => self.having(a).or(self.having(b)),
            Having::Not(having) => self.having(having).not(),
        }
    }
}

/// A table that is joined to one before it.
#[derive(Debug, Clone, Copy)]
pub struct Hop {
    pub left: bool,
    pub relation: Relation,
    /// To the row that is referenced, else to those that reference it.
    pub up: bool,
    pub from: usize,
}

const fn hop(left: bool, relation: Relation, up: bool, from: usize) -> Hop {
    Hop { left, relation, up, from }
}

/// What is done with a query, whatever its rows are.
pub trait Visitor {
    type Output;
    fn visit<S>(self, read: Select<S>) -> Self::Output
    where
        S: Rows + super::columns::Show,
        S::Columns: Parts<S>;
}

/// Says each shape twice: as data, for the SQL beside, and as the library has it.
macro_rules! shapes {
    ($($shape:ident = $first:ident [$($hop:expr),*] $(. $join:ident($on:expr))*;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Shape { $($shape),* }

        pub const SHAPES: &[Shape] = &[$(Shape::$shape),*];

        impl Shape {
            pub fn hops(self) -> &'static [Hop] {
                match self {
                    $(Self::$shape => const { &[$($hop),*] },)*
                }
            }

            fn first(self) -> Table {
                match self {
                    $(Self::$shape => <$first as Named>::TABLE,)*
                }
            }

            /// Begins a read of this shape.
            pub fn read<V: Visitor>(self, token: &TenantToken, visitor: V) -> V::Output {
                match self {
                    $(Self::$shape => visitor.visit($first::find(token) $(.$join($on))*),)*
                }
            }
        }
    };
}

pub trait Named {
    const TABLE: Table;
}

macro_rules! named {
    ($($entity:ident = $table:ident;)*) => { $(
        impl Named for $entity {
            const TABLE: Table = Table::$table;
        }
    )* };
}

named! { Team = Teams; Item = Items; Tag = Tags; Link = Links; }

use Relation::{ItemParent, ItemTeam, LinkBy, LinkItem, LinkTag};

shapes! {
    Teams = Team [];
    Items = Item [];
    Tags = Tag [];
    Links = Link [];
    ItemTeamInner = Item [hop(false, ItemTeam, true, 0)].inner_join(|i| i.team_id);
    ItemTeamLeft = Item [hop(true, ItemTeam, true, 0)].left_join(|i| i.team_id);
    ItemParentInner = Item [hop(false, ItemParent, true, 0)].inner_join(|i| i.parent_id);
    ItemParentLeft = Item [hop(true, ItemParent, true, 0)].left_join(|i| i.parent_id);
    LinkByLeft = Link [hop(true, LinkBy, true, 0)].left_join(|l| l.by_id);
    TeamItems = Team [hop(false, ItemTeam, false, 0)].inner_join_many(Item::columns().team_id);
    TeamItemsLeft = Team [hop(true, ItemTeam, false, 0)].left_join_many(Item::columns().team_id);
    ItemChildrenLeft = Item [hop(true, ItemParent, false, 0)].left_join_many(Item::columns().parent_id);
    LinkBoth = Link [hop(false, LinkItem, true, 0), hop(false, LinkTag, true, 0)]
        .inner_join(|l| l.item_id).inner_join(|(l, _)| l.tag_id);
    LinkBothTeams = Link [hop(true, LinkBy, true, 0), hop(false, LinkItem, true, 0), hop(false, ItemTeam, true, 2)]
        .left_join(|l| l.by_id).inner_join(|(l, _)| l.item_id).inner_join(|(_, _, i)| i.team_id);
    ParentsTeam = Item [hop(true, ItemParent, true, 0), hop(true, ItemTeam, true, 1)]
        .left_join(|i| i.parent_id).left_join(|(_, p)| p.team_id);
    ParentsTeamInner = Item [hop(true, ItemParent, true, 0), hop(false, ItemTeam, true, 1)]
        .left_join(|i| i.parent_id).inner_join(|(_, p)| p.team_id);
    Grandparent = Item [hop(false, ItemParent, true, 0), hop(true, ItemParent, true, 1)]
        .inner_join(|i| i.parent_id).left_join(|(_, p)| p.parent_id);
    TeamTree = Team [hop(true, ItemTeam, false, 0), hop(true, LinkItem, false, 1)]
        .left_join_many(Item::columns().team_id).left_join_many(Link::columns().item_id);
    TagTree = Tag [hop(true, LinkTag, false, 0), hop(true, LinkItem, true, 1), hop(true, ItemTeam, true, 2)]
        .left_join_many(Link::columns().tag_id).left_join(|(_, l)| l.item_id).left_join(|(_, _, i)| i.team_id);
    LinkedTags = Item [hop(false, LinkItem, false, 0), hop(false, LinkTag, true, 1), hop(true, LinkBy, true, 1)]
        .inner_join_many(Link::columns().item_id).inner_join(|(_, l)| l.tag_id).left_join(|(_, l, _)| l.by_id);
}

impl Shape {
    /// The tables, and whether a left join may leave each of them out.
    pub fn parts(self) -> Vec<(Table, bool)> {
        let mut parts = vec![(self.first(), false)];
        for hop in self.hops() {
            parts.push((if hop.up { hop.relation.parent() } else { hop.relation.child() }, hop.left));
        }
        parts
    }

    /// Whether one row of the first table can stand in several rows.
    pub fn many(self) -> bool {
        self.hops().iter().any(|hop| !hop.up)
    }
}
