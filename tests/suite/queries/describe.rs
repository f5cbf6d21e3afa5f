//! What a random statement says, as plain data. [`sql`](super::sql) writes it as SQL for one tenant's rows alone, and
//! [`shapes`](super::shapes) as a statement of the library: neither knows the other.

use super::shapes::Shape;
use super::tables::{Relation, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Int(i32),
    Big(i64),
    Text(&'static str),
    Bool(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A column of one of the tables of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub part: usize,
    pub column: usize,
}

/// A condition on a row.
#[derive(Debug, Clone)]
pub enum Tree {
    Compare(Place, Op, Value),
    /// Two columns of the row.
    Columns(Place, Op, Place),
    /// In a subquery: a column of its row, and one of the row around it, which is of the same table.
    Around(usize, Op, usize),
    Between(Place, Value, Value),
    List {
        place: Place,
        negated: bool,
        values: Vec<Value>,
    },
    Like {
        place: Place,
        pattern: &'static str,
        any_case: bool,
    },
    Null {
        place: Place,
        negated: bool,
    },
    /// A row that belongs to one of this: the row that it leads to (`up`), or one that leads to it.
    Related {
        part: usize,
        relation: Relation,
        up: bool,
        negated: bool,
        filter: Box<Tree>,
    },
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    /// What it comes to by its shape alone: a statement that means every row without saying so is refused.
    pub fn always(&self) -> Option<bool> {
        let all = |trees: &[&Self]| {
            let each: Vec<_> = trees.iter().map(|tree| tree.always()).collect();
            if each.contains(&Some(false)) {
                Some(false)
            } else {
                each.iter().all(Option::is_some).then_some(true)
            }
        };
        let any = |trees: &[&Self]| {
            let each: Vec<_> = trees.iter().map(|tree| tree.always()).collect();
            if each.contains(&Some(true)) {
                Some(true)
            } else {
                each.iter().all(Option::is_some).then_some(false)
            }
        };
        match self {
            Self::List { values, negated, .. } => values.is_empty().then_some(*negated),
            Self::And(a, b) => all(&[a, b]),
            Self::Or(a, b) => any(&[a, b]),
            Self::All(trees) => all(&trees.iter().collect::<Vec<_>>()),
            Self::Any(trees) => any(&trees.iter().collect::<Vec<_>>()),
            Self::Not(tree) => tree.always().map(|always| !always),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Direction {
    pub descending: bool,
    /// `NULLS FIRST` or `NULLS LAST`, when it is said.
    pub nulls_first: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Of all rows.
    Rows,
    Count,
    CountDistinct,
    Sum,
    Average,
    Min,
    Max,
}

/// An aggregate.
#[derive(Debug, Clone)]
pub struct Measure {
    pub function: Function,
    pub place: Place,
    pub filter: Option<Tree>,
    /// What it is of no rows.
    pub or: Option<i64>,
}

/// The aggregates of a query, by the type that they are read as.
#[derive(Debug, Clone)]
pub struct Measures {
    /// `i64`
    pub number: Measure,
    /// `Option<i64>`
    pub sum: Measure,
    /// `Option<f64>`
    pub average: Measure,
    /// `Option<i32>`
    pub extreme: Measure,
    /// `Option<String>`
    pub word: Measure,
}

/// A condition on groups.
#[derive(Debug, Clone)]
pub enum Having {
    Number(Measure, Op, i64),
    Sum(Measure, Op, i64),
    And(Box<Having>, Box<Having>),
    Or(Box<Having>, Box<Having>),
    Not(Box<Having>),
}

/// What groups are ordered by, before their keys.
#[derive(Debug, Clone)]
pub enum GroupOrder {
    Number(Measure),
    Average(Measure),
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Slice {
    pub limit: Option<u64>,
    pub offset: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    All,
    Stream,
    Optional,
    One,
}

/// What is asked of the rows that a query finds.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Whole rows. When `total`, ids end the order: then the order says everything.
    Rows { order: Vec<(Place, Direction)>, total: bool, slice: Slice, fetch: Fetch },
    /// One column, and the first table's `flag` beside it.
    Columns { place: Place, flag: bool, distinct: bool, order: Option<Direction>, slice: Slice, stream: bool },
    /// All pages, one after the other, by a column of the first table and its id.
    Pages { column: usize, descending: bool, id_descending: bool, size: u64 },
    /// What all rows come to.
    Aggregate(Measures),
    /// What each group comes to: rows that agree in a column, and in the first table's `flag` beside it.
    Groups {
        place: Place,
        flag: bool,
        having: Vec<Having>,
        order: Option<(GroupOrder, Direction)>,
        descending: bool,
        slice: Slice,
        measures: Measures,
    },
}

/// A new row; the columns that it has.
#[derive(Debug, Clone)]
pub struct New {
    pub id: i32,
    /// Of up to three references.
    pub references: [i32; 3],
    /// Whether the reference that can be `NULL` is not.
    pub refers: bool,
    pub text: &'static str,
    pub number: i32,
    pub maybe: Option<i32>,
    pub flag: bool,
}

#[derive(Debug, Clone)]
pub enum Which {
    All,
    Of(Vec<Tree>),
}

impl Which {
    /// Whether the library refuses it: every row is meant, and not said to be.
    pub fn refused(&self) -> bool {
        match self {
            Self::All => false,
            Self::Of(trees) => trees.iter().all(|tree| tree.always() == Some(true)),
        }
    }
}

#[derive(Debug, Clone)]
pub enum Statement {
    Read {
        shape: Shape,
        filters: Vec<Tree>,
        ask: Box<Ask>,
    },
    Count {
        table: Table,
        filters: Vec<Tree>,
    },
    Exists {
        table: Table,
        filters: Vec<Tree>,
    },
    ById {
        table: Table,
        id: i32,
    },
    /// The children of each of these rows.
    Each {
        relation: Relation,
        ids: Vec<i32>,
        filters: Vec<Tree>,
    },
    Insert {
        table: Table,
        new: New,
        /// What the database would fill in otherwise.
        weight: Option<i32>,
        returning: bool,
    },
    InsertMany {
        table: Table,
        new: Vec<New>,
        returning: bool,
    },
    Update {
        table: Table,
        sets: Vec<(usize, Option<Value>)>,
        which: Which,
        returning: bool,
    },
    Delete {
        table: Table,
        which: Which,
        returning: bool,
    },
}

impl Statement {
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Self::Insert { .. } | Self::InsertMany { .. } | Self::Update { .. } | Self::Delete { .. }
        )
    }
}

/// What one tenant has at first.
#[derive(Debug, Clone)]
pub struct Rows {
    pub teams: Vec<New>,
    pub items: Vec<New>,
    pub tags: Vec<New>,
    pub links: Vec<New>,
}

/// Rows of each tenant, and statements that are run on them one after the other, each by one of the tenants.
#[derive(Debug, Clone)]
pub struct Script {
    /// Whether the second lock is on. Off, the predicates stand alone.
    pub rls: bool,
    pub rows: [Rows; super::tables::TENANTS],
    pub statements: Vec<(usize, Statement)>,
}
