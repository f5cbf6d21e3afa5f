//! Random statements: strategies of proptest, so that what fails is shrunk.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::describe::{
    Ask, Direction, Fetch, Function, GroupOrder, Having, Measure, Measures, New, Op, Place, Rows, Script,
    Slice, Statement, Tree, Value, Which,
};
use super::shapes::{SHAPES, Shape};
use super::tables::{Kind, RELATIONS, TABLES, TENANTS, Table};

/// Few, so that filters hit; with what SQL gives a meaning.
const TEXTS: [&str; 8] = ["a", "ab", "B", "b%", "it's", "", "_", "é\\"];
const PATTERNS: [&str; 8] = ["%", "a%", "%b%", "_", "", "b\\%", "%'%", "É%"];

/// The tables of a query, and whether a left join may leave each of them out.
type Parts = Vec<(Table, bool)>;

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Int => (0..=6_i32).prop_map(Value::Int).boxed(),
        Kind::Big => (0..=4_i64).prop_map(Value::Big).boxed(),
        Kind::Text => select(&TEXTS[..]).prop_map(Value::Text).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
    }
}

fn op() -> impl Strategy<Value = Op> + Clone {
    select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge])
}

fn kind(parts: &Parts, place: Place) -> Kind {
    parts[place.part].0.columns()[place.column].1
}

/// The columns of a query that are of one of these kinds, and `NULL` at times if that is asked for.
fn places(parts: &Parts, kinds: &[Kind], nullable: bool) -> Vec<Place> {
    let mut places = Vec::new();
    for (part, (table, outer)) in parts.iter().enumerate() {
        for (column, (_, kind, null)) in table.columns().iter().enumerate() {
            if kinds.contains(kind) && (!nullable || *null || *outer) {
                places.push(Place { part, column });
            }
        }
    }
    places
}

const ALL: [Kind; 4] = [Kind::Int, Kind::Big, Kind::Text, Kind::Bool];
const NUMBERS: [Kind; 2] = [Kind::Int, Kind::Big];

fn place(parts: &Parts, kinds: &[Kind]) -> impl Strategy<Value = Place> + Clone + use<> {
    select(places(parts, kinds, false))
}

fn direction() -> impl Strategy<Value = Direction> + Clone {
    (any::<bool>(), option::weighted(0.3, any::<bool>()))
        .prop_map(|(descending, nulls_first)| Direction { descending, nulls_first })
}

fn slice() -> impl Strategy<Value = Slice> + Clone {
    (option::weighted(0.4, 0..=5_u64), option::weighted(0.3, 0..=3_u64))
        .prop_map(|(limit, offset)| Slice { limit, offset })
}

/// The table of a subquery, that of the row around it, and how deep its condition goes.
type Nested = (Table, Option<Table>, u32);

/// Strategies of conditions are made once for each table.
#[derive(Default)]
struct Generator {
    nested: RefCell<HashMap<Nested, BoxedStrategy<Tree>>>,
}

impl Generator {
    /// A condition on the rows of a query; `around` is the table of the row around a subquery.
    fn tree(&self, parts: &Parts, around: Option<Table>, depth: u32) -> BoxedStrategy<Tree> {
        let leaf = Self::leaf(parts, around);
        if depth == 0 {
            return leaf;
        }
        let below = self.tree(parts, around, depth - 1);
        let pair = (below.clone(), below.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        let list = prop::collection::vec(below.clone(), 0..=3);
        let mut kinds = vec![
            (6, leaf),
            (2, pair.clone().prop_map(|(a, b)| Tree::And(a, b)).boxed()),
            (3, pair.prop_map(|(a, b)| Tree::Or(a, b)).boxed()),
            (1, list.clone().prop_map(Tree::All).boxed()),
            (1, list.prop_map(Tree::Any).boxed()),
            (2, below.prop_map(|tree| Tree::Not(Box::new(tree))).boxed()),
        ];
        for (part, (table, _)) in parts.iter().enumerate() {
            for relation in RELATIONS {
                for up in [true, false] {
                    let (from, to) = if up {
                        (relation.child(), relation.parent())
                    } else {
                        (relation.parent(), relation.child())
                    };
                    if from != *table {
                        continue;
                    }
                    // Columns of a join have another type than those of the row that a subquery asks.
                    let around = (parts.len() == 1 && from == to).then_some(to);
                    let related = (self.nested(to, around, depth - 1), any::<bool>()).prop_map(
                        move |(filter, negated)| Tree::Related {
                            part,
                            relation,
                            up,
                            negated,
                            filter: Box::new(filter),
                        },
                    );
                    kinds.push((1, related.boxed()));
                }
            }
        }
        proptest::strategy::Union::new_weighted(kinds).boxed()
    }

    fn nested(&self, table: Table, around: Option<Table>, depth: u32) -> BoxedStrategy<Tree> {
        let key = (table, around, depth);
        if let Some(tree) = self.nested.borrow().get(&key) {
            return tree.clone();
        }
        let tree = self.tree(&vec![(table, false)], around, depth);
        self.nested.borrow_mut().insert(key, tree.clone());
        tree
    }

    fn leaf(parts: &Parts, around: Option<Table>) -> BoxedStrategy<Tree> {
        let any_place = place(parts, &ALL);
        let of = |parts: &Parts| {
            let parts = parts.clone();
            move |place: Place| value(kind(&parts, place))
        };
        let compare = {
            let of = of(parts);
            (any_place.clone(), op()).prop_flat_map(move |(place, op)| {
                of(place).prop_map(move |value| Tree::Compare(place, op, value))
            })
        };
        let between = {
            let of = of(parts);
            any_place.clone().prop_flat_map(move |place| {
                (of(place), of(place)).prop_map(move |(low, high)| Tree::Between(place, low, high))
            })
        };
        let list = {
            let of = of(parts);
            (any_place.clone(), any::<bool>()).prop_flat_map(move |(place, negated)| {
                prop::collection::vec(of(place), 0..=3).prop_map(move |values| Tree::List {
                    place,
                    negated,
                    values,
                })
            })
        };
        let columns = {
            let parts = parts.clone();
            (any_place, op()).prop_flat_map(move |(left, op)| {
                place(&parts, &[kind(&parts, left)]).prop_map(move |right| Tree::Columns(left, op, right))
            })
        };
        let mut kinds =
            vec![(5, compare.boxed()), (1, between.boxed()), (2, list.boxed()), (2, columns.boxed())];
        let texts = places(parts, &[Kind::Text], false);
        if !texts.is_empty() {
            let like = (select(texts), select(&PATTERNS[..]), any::<bool>())
                .prop_map(|(place, pattern, any_case)| Tree::Like { place, pattern, any_case });
            kinds.push((1, like.boxed()));
        }
        let nullable = places(parts, &ALL, true);
        if !nullable.is_empty() {
            let null =
                (select(nullable), any::<bool>()).prop_map(|(place, negated)| Tree::Null { place, negated });
            kinds.push((2, null.boxed()));
        }
        if let Some(table) = around {
            let columns = table.columns();
            let beside = (0..columns.len(), op()).prop_flat_map(move |(left, op)| {
                let same: Vec<_> = (0..columns.len()).filter(|i| columns[*i].1 == columns[left].1).collect();
                select(same).prop_map(move |right| Tree::Around(left, op, right))
            });
            kinds.push((5, beside.boxed()));
        }
        proptest::strategy::Union::new_weighted(kinds).boxed()
    }

    fn filters(&self, parts: &Parts) -> BoxedStrategy<Vec<Tree>> {
        prop::collection::vec(self.tree(parts, None, 3), 0..=2).boxed()
    }

    fn which(&self, table: Table) -> BoxedStrategy<Which> {
        let filters = prop::collection::vec(self.tree(&vec![(table, false)], None, 3), 1..=2);
        prop_oneof![1 => Just(Which::All), 14 => filters.prop_map(Which::Of)].boxed()
    }

    /// An aggregate: the functions, each with the columns that it can be called on.
    fn measure(
        &self,
        parts: &Parts,
        functions: Vec<(Function, &[Kind])>,
        or: impl Strategy<Value = Option<i64>> + Clone + 'static,
    ) -> BoxedStrategy<Measure> {
        let filter = option::weighted(0.3, self.tree(parts, None, 1));
        let each: Vec<_> = functions
            .into_iter()
            .filter(|(_, kinds)| !places(parts, kinds, false).is_empty())
            .map(|(function, kinds)| {
                (place(parts, kinds), filter.clone(), or.clone())
                    .prop_map(move |(place, filter, or)| Measure { function, place, filter, or })
                    .boxed()
            })
            .collect();
        proptest::strategy::Union::new(each).boxed()
    }

    /// What is read as an `i64`.
    fn number(&self, parts: &Parts) -> BoxedStrategy<Measure> {
        use Function::{Count, CountDistinct, Max, Min, Rows, Sum};
        let counted =
            self.measure(parts, vec![(Rows, &ALL), (Count, &ALL), (CountDistinct, &ALL)], Just(None));
        let or = (0..=3_i64).prop_map(Some);
        let summed = self.measure(parts, vec![(Sum, &NUMBERS), (Min, &[Kind::Big]), (Max, &[Kind::Big])], or);
        prop_oneof![2 => counted, 1 => summed].boxed()
    }

    /// What is read as an `Option<i64>`.
    fn sum(&self, parts: &Parts) -> BoxedStrategy<Measure> {
        use Function::{Max, Min, Sum};
        self.measure(parts, vec![(Sum, &NUMBERS), (Min, &[Kind::Big]), (Max, &[Kind::Big])], Just(None))
    }

    fn average(&self, parts: &Parts) -> BoxedStrategy<Measure> {
        self.measure(parts, vec![(Function::Average, &NUMBERS)], Just(None))
    }

    fn measures(&self, parts: &Parts) -> BoxedStrategy<Measures> {
        use Function::{Max, Min};
        // Where there is no text, the column is chosen so that nothing is asked of it.
        let word = self.measure(parts, vec![(Min, &[Kind::Text]), (Max, &[Kind::Text])], Just(None));
        let extreme = self.measure(parts, vec![(Min, &[Kind::Int]), (Max, &[Kind::Int])], Just(None));
        (self.number(parts), self.sum(parts), self.average(parts), extreme, word)
            .prop_map(|(number, sum, average, extreme, word)| Measures {
                number,
                sum,
                average,
                extreme,
                word,
            })
            .boxed()
    }

    fn having(&self, parts: &Parts) -> BoxedStrategy<Having> {
        let leaf = prop_oneof![
            (self.number(parts), op(), 0..=4_i64).prop_map(|(m, op, value)| Having::Number(m, op, value)),
            (self.sum(parts), op(), 0..=6_i64).prop_map(|(m, op, value)| Having::Sum(m, op, value)),
        ];
        leaf.prop_recursive(2, 4, 2, |below| {
            let pair = (below.clone(), below.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
            prop_oneof![
                pair.clone().prop_map(|(a, b)| Having::And(a, b)),
                pair.prop_map(|(a, b)| Having::Or(a, b)),
                below.prop_map(|having| Having::Not(Box::new(having))),
            ]
        })
        .boxed()
    }

    fn read(&self, shape: Shape) -> BoxedStrategy<Statement> {
        let parts = shape.parts();
        let order = prop::collection::vec((place(&parts, &ALL), direction()), 0..=2);
        let fetch = select(vec![Fetch::All, Fetch::Stream, Fetch::Optional, Fetch::One]);
        let stream = any::<bool>().prop_map(|stream| if stream { Fetch::Stream } else { Fetch::All });
        let total = (order.clone(), slice(), fetch).prop_map(|(order, slice, fetch)| Ask::Rows {
            order,
            total: true,
            slice,
            fetch,
        });
        let partial = (order, stream).prop_map(|(order, fetch)| Ask::Rows {
            order,
            total: false,
            slice: Slice::default(),
            fetch,
        });
        let columns = (
            place(&parts, &ALL),
            any::<bool>(),
            any::<bool>(),
            option::of((direction(), slice())),
            any::<bool>(),
        )
            .prop_map(|(place, flag, distinct, ordered, stream)| {
                let (order, slice) = ordered.map_or_else(Default::default, |(to, slice)| (Some(to), slice));
                Ask::Columns { place, flag, distinct, order, slice, stream }
            });
        let keys: Vec<_> =
            parts[0].0.columns().iter().enumerate().filter(|(_, (.., null))| !null).map(|(i, _)| i).collect();
        let pages = (select(keys), any::<bool>(), any::<bool>(), 1..=3_u64).prop_map(
            |(column, descending, id_descending, size)| Ask::Pages {
                column,
                descending,
                id_descending,
                size,
            },
        );
        let mut asks = vec![
            (4, total.boxed()),
            (2, partial.boxed()),
            (3, columns.boxed()),
            (if shape.many() { 1 } else { 3 }, pages.boxed()),
        ];
        if !places(&parts, &[Kind::Text], false).is_empty() {
            asks.push((2, self.measures(&parts).prop_map(Ask::Aggregate).boxed()));
            asks.push((4, self.groups(&parts)));
        }
        (self.filters(&parts), proptest::strategy::Union::new_weighted(asks))
            .prop_map(move |(filters, ask)| Statement::Read { shape, filters, ask: Box::new(ask) })
            .boxed()
    }

    fn groups(&self, parts: &Parts) -> BoxedStrategy<Ask> {
        let order = prop_oneof![
            self.number(parts).prop_map(GroupOrder::Number),
            self.average(parts).prop_map(GroupOrder::Average),
        ];
        let order = option::of((order, direction()));
        let having = prop::collection::vec(self.having(parts), 0..=2);
        ((place(parts, &ALL), any::<bool>()), having, order, any::<bool>(), slice(), self.measures(parts))
            .prop_map(|((place, flag), having, order, descending, slice, measures)| Ask::Groups {
                place,
                flag,
                having,
                order,
                descending,
                slice,
                measures,
            })
            .boxed()
    }

    fn statement(&self) -> BoxedStrategy<Statement> {
        let reads: Vec<_> = SHAPES.iter().map(|shape| self.read(*shape)).collect();
        let mut others = Vec::new();
        for table in TABLES {
            let filters = self.filters(&vec![(table, false)]);
            others.push((
                1,
                filters.clone().prop_map(move |filters| Statement::Count { table, filters }).boxed(),
            ));
            others.push((1, filters.prop_map(move |filters| Statement::Exists { table, filters }).boxed()));
            others.push((1, (0..=9_i32).prop_map(move |id| Statement::ById { table, id }).boxed()));
            let insert =
                (new(), option::of(0..=3_i32), any::<bool>()).prop_map(move |(new, weight, returning)| {
                    Statement::Insert { table, new, weight, returning }
                });
            let many = (prop::collection::vec(new(), 0..=3), any::<bool>())
                .prop_map(move |(new, returning)| Statement::InsertMany { table, new, returning });
            let update =
                (prop::collection::vec(set(table), 1..=3), self.which(table), any::<bool>()).prop_map(
                    move |(sets, which, returning)| Statement::Update { table, sets, which, returning },
                );
            let delete = (self.which(table), any::<bool>())
                .prop_map(move |(which, returning)| Statement::Delete { table, which, returning });
            others.extend([(2, insert.boxed()), (1, many.boxed()), (4, update.boxed()), (1, delete.boxed())]);
        }
        for relation in RELATIONS {
            let filters = self.filters(&vec![(relation.child(), false)]);
            let each = (filters, prop::collection::vec(0..=9_i32, 0..=4))
                .prop_map(move |(filters, ids)| Statement::Each { relation, ids, filters });
            others.push((1, each.boxed()));
        }
        prop_oneof![
            3 => proptest::strategy::Union::new(reads),
            2 => proptest::strategy::Union::new_weighted(others),
        ]
        .boxed()
    }
}

/// A column to change, and its new value. Ids have no setter.
fn set(table: Table) -> BoxedStrategy<(usize, Option<Value>)> {
    let columns = table.columns();
    (1..columns.len())
        .prop_flat_map(move |column| {
            let (_, kind, nullable) = columns[column];
            let value = value(kind).prop_map(Some);
            let value =
                if nullable { prop_oneof![2 => value, 1 => Just(None)].boxed() } else { value.boxed() };
            value.prop_map(move |value| (column, value))
        })
        .boxed()
}

/// A row whose id may be taken, and whose references may lead to nothing.
fn new() -> impl Strategy<Value = New> + Clone {
    (
        1..=9_i32,
        prop::array::uniform3(1..=9_i32),
        any::<bool>(),
        select(&TEXTS[..]),
        0..=3_i32,
        option::of(0..=3_i32),
        any::<bool>(),
    )
        .prop_map(|(id, references, refers, text, number, maybe, flag)| New {
            id,
            references,
            refers,
            text,
            number,
            maybe,
            flag,
        })
}

/// Rows with these ids, whose references lead to some of those.
fn rows_of(ids: Vec<i32>, to: [Vec<i32>; 3]) -> BoxedStrategy<Vec<New>> {
    let to = if ids.is_empty() { [vec![0], vec![0], vec![0]] } else { to };
    let to = to.map(|ids| if ids.is_empty() { vec![0] } else { ids });
    let [a, b, c] = to.map(select);
    let new = (new(), a, b, c).prop_map(|(new, a, b, c)| New { references: [a, b, c], ..new });
    prop::collection::vec(new, ids.len())
        .prop_map(move |rows| rows.into_iter().zip(&ids).map(|(new, &id)| New { id, ..new }).collect())
        .boxed()
}

/// What a tenant has. Ids are few, so that tenants share them.
fn rows() -> impl Strategy<Value = Rows> + Clone {
    let ids = |range| subsequence((1..=8).collect::<Vec<i32>>(), range);
    (ids(1..=5), ids(0..=8), subsequence(vec![1, 2, 3, 4, 5, 6, 7], 1..=4), ids(0..=8)).prop_flat_map(
        |(teams, items, tags, mut links)| {
            if items.is_empty() {
                links.clear();
            }
            let none = || [vec![], vec![], vec![]];
            (
                rows_of(teams.clone(), none()),
                rows_of(items.clone(), [teams.clone(), items.clone(), vec![]]),
                // Their names tell them apart.
                rows_of(tags.clone(), none()).prop_map(|mut tags| {
                    tags.iter_mut().enumerate().for_each(|(i, tag)| tag.text = TEXTS[i]);
                    tags
                }),
                rows_of(links, [items, tags, teams]),
            )
                .prop_map(|(teams, items, tags, links)| Rows { teams, items, tags, links })
        },
    )
}

/// Scripts of up to so many statements.
pub fn script(longest: usize) -> BoxedStrategy<Script> {
    let statements = prop::collection::vec((0..TENANTS, Generator::default().statement()), 1..=longest);
    // What stands first is shrunk first.
    (statements, prop::array::uniform3(rows()), prop::bool::weighted(0.6))
        .prop_map(|(statements, rows, rls)| Script { rls, rows, statements })
        .boxed()
}
