//! Runs each statement of a script twice, by the library and on the tables of the tenant alone, and compares.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt as _;
use tenancy::Error;
use tenancy::entity::ColumnsOf;
use tenancy::prelude::*;
use tenancy::statement::{Delete, Filter, Filtered, Insert, InsertMany, Rows, Select, Update};

use super::columns::{Answer, Cells, Grouping, Page, Show, aggregate, by_aggregate, shown};
use super::describe::{
    Ask, Direction, Fetch, GroupOrder, New, Place, Script, Slice, Statement, Tree, Value, Which,
};
use super::shapes::{Aggregates, Parts, Shape, Visitor, filter};
use super::sql;
use super::tables::{Item, Link, NewItem, NewLink, NewTag, NewTeam, Relation, Table, Tag, Team, alone};
use super::world::World;

/// How often what happened: a run in which nothing is found would prove nothing.
#[derive(Debug, Default)]
pub struct Tally {
    pub statements: AtomicU64,
    pub rows: AtomicU64,
    pub changes: AtomicU64,
    pub refusals: AtomicU64,
}

/// What a statement came to.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Rows(Vec<Cells>),
    Affected(u64),
    /// By PostgreSQL, with this SQLSTATE.
    Refused(String),
    /// By the library, before anything is sent.
    AlwaysTrue,
    NotUnique,
}

pub async fn run(world: &World, script: &Script, tally: &Tally) -> Result<(), String> {
    world.fill(&script.rows, script.rls).await?;
    for (tenant, statement) in &script.statements {
        let by_library = match library(world, *tenant, statement).await {
            Ok(outcome) => outcome,
            Err(Error::RowNotFound) => Outcome::Rows(Vec::new()),
            Err(Error::FilterAlwaysTrue { .. }) => Outcome::AlwaysTrue,
            Err(Error::KeysetNotUnique { .. }) => Outcome::NotUnique,
            Err(error) => match error.as_server_error() {
                Some(refused) => Outcome::Refused(refused.code().to_owned()),
                None => return Err(format!("{statement:?}: {error}")),
            },
        };
        let text = sql::sql(&alone(*tenant), statement);
        let expected = expected(world, statement, &text).await.map_err(|error| format!("{text}: {error}"))?;
        tally.count(&expected);
        same(statement, by_library, expected)
            .map_err(|difference| format!("tenant {tenant}: {statement:?}\nalone: {text}\n{difference}"))?;
        if statement.writes() {
            world.compare().await.map_err(|difference| {
                format!("after tenant {tenant}: {statement:?}\nalone: {text}\n{difference}")
            })?;
        }
    }
    world.compare().await
}

impl Tally {
    fn count(&self, outcome: &Outcome) {
        let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        add(&self.statements);
        match outcome {
            Outcome::Rows(rows) if !rows.is_empty() => _ = add(&self.rows),
            Outcome::Affected(1..) => _ = add(&self.changes),
            Outcome::Refused(_) | Outcome::AlwaysTrue | Outcome::NotUnique => _ = add(&self.refusals),
            Outcome::Rows(_) | Outcome::Affected(0) => {}
        }
    }
}

/// What the statement comes to on the tables of the tenant alone.
async fn expected(world: &World, statement: &Statement, text: &str) -> Result<Outcome, sqlx::Error> {
    match statement {
        Statement::Update { which, .. } | Statement::Delete { which, .. } if which.refused() => {
            return Ok(Outcome::AlwaysTrue);
        }
        // One row of the first table stands in several rows, so that its id is no key.
        Statement::Read { shape, ask, .. } if shape.many() && matches!(**ask, Ask::Pages { .. }) => {
            return Ok(Outcome::NotUnique);
        }
        _ => {}
    }
    match world.ask(text).await {
        Ok((_, affected)) if statement.writes() && !returns(statement) => Ok(Outcome::Affected(affected)),
        Ok((rows, _)) => Ok(Outcome::Rows(rows)),
        Err(error) => match error.as_database_error().and_then(|error| error.code()) {
            Some(code) => Ok(Outcome::Refused(code.into_owned())),
            None => Err(error),
        },
    }
}

fn returns(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Insert { returning: true, .. }
            | Statement::InsertMany { returning: true, .. }
            | Statement::Update { returning: true, .. }
            | Statement::Delete { returning: true, .. }
    )
}

/// In which order rows must come.
enum Order {
    Whole,
    /// By these cells alone.
    Partly(Vec<usize>),
}

fn order(statement: &Statement) -> Order {
    let Statement::Read { shape, ask, .. } = statement else {
        return if statement.writes() { Order::Partly(Vec::new()) } else { Order::Whole };
    };
    match &**ask {
        Ask::Rows { order, total: false, .. } => {
            let cell = |place: &Place| {
                let before: usize =
                    shape.parts()[..place.part].iter().map(|(table, _)| table.columns().len()).sum();
                before + place.column
            };
            Order::Partly(order.iter().map(|(place, _)| cell(place)).collect())
        }
        Ask::Columns { order: None, .. } => Order::Partly(Vec::new()),
        _ => Order::Whole,
    }
}

fn same(statement: &Statement, found: Outcome, expected: Outcome) -> Result<(), String> {
    let differs = |what: &str| format!("{what}\nlibrary: {found:?}\nalone:   {expected:?}");
    let (Outcome::Rows(rows), Outcome::Rows(alone)) = (&found, &expected) else {
        return if found == expected { Ok(()) } else { Err(differs("another outcome")) };
    };
    match order(statement) {
        Order::Whole => {
            if rows != alone {
                return Err(differs("other rows, or in another order"));
            }
        }
        Order::Partly(cells) => {
            let keys = |rows: &[Cells]| -> Vec<Cells> {
                rows.iter().map(|row| cells.iter().map(|cell| row[*cell].clone()).collect()).collect()
            };
            if keys(rows) != keys(alone) {
                return Err(differs("in another order"));
            }
            let sorted = |rows: &[Cells]| {
                let mut rows = rows.to_vec();
                rows.sort();
                rows
            };
            if sorted(rows) != sorted(alone) {
                return Err(differs("other rows"));
            }
        }
    }
    Ok(())
}

async fn library(world: &World, tenant: usize, statement: &Statement) -> Result<Outcome, Error> {
    let (db, token) = (&world.db, &world.token(tenant));
    let table = match statement {
        Statement::Read { shape, filters, ask } if matches!(**ask, Ask::Pages { .. }) => {
            return pages(db, token, *shape, filters, ask).await.map(Outcome::Rows);
        }
        Statement::Read { shape, filters, ask } => {
            return shape.read(token, Asked { filters, ask, after: None, db }).await.map(Outcome::Rows);
        }
        Statement::Each { relation, ids, filters } => {
            return each(db, token, *relation, ids, filters).await.map(Outcome::Rows);
        }
        Statement::Count { table, .. }
        | Statement::Exists { table, .. }
        | Statement::ById { table, .. }
        | Statement::Insert { table, .. }
        | Statement::InsertMany { table, .. }
        | Statement::Update { table, .. }
        | Statement::Delete { table, .. } => *table,
    };
    match table {
        Table::Teams => of_entity::<Team>(db, token, statement).await,
        Table::Items => of_entity::<Item>(db, token, statement).await,
        Table::Tags => of_entity::<Tag>(db, token, statement).await,
        Table::Links => of_entity::<Link>(db, token, statement).await,
    }
}

/// A read of any shape.
struct Asked<'a> {
    filters: &'a [Tree],
    ask: &'a Ask,
    /// Where a page begins.
    after: Option<(String, i32)>,
    db: &'a TenantDb,
}

fn condition<S: Rows>(columns: impl Parts<S>, tree: &Tree) -> Filter<S> {
    filter::<S, _, S>(columns, tree, &[])
}

impl Visitor for Asked<'_> {
    type Output = Answer;

    fn visit<S>(self, mut read: Select<S>) -> Answer
    where
        S: Rows + Show,
        S::Columns: Parts<S>,
    {
        for tree in self.filters {
            read = read.filter(|columns| condition(columns, tree));
        }
        let (db, columns) = (self.db.clone(), S::__columns());
        let parts = columns.parts();
        match self.ask {
            Ask::Rows { order, total, slice, fetch } => {
                for (place, direction) in order {
                    read = parts[place.part][place.column].order(read, *direction);
                }
                if *total {
                    for part in &parts {
                        read = part[0].order(read, Direction { descending: false, nulls_first: None });
                    }
                }
                fetched(sliced(read, *slice), *fetch, db)
            }
            Ask::Columns { place, flag, distinct, order, slice, stream } => {
                let column = &parts[place.part][place.column];
                let flag = flag.then(|| columns.flag());
                if let Some(direction) = order {
                    read = column.order(read, *direction);
                    if let Some(flag) = flag {
                        read = read.order_by(|_| flag.asc());
                    }
                }
                let fetch = if *stream { Fetch::Stream } else { Fetch::All };
                column.select(sliced(read, *slice), flag, *distinct, fetch, db)
            }
            Ask::Pages { column, descending, id_descending, size } => {
                let (descending, id_descending) = (*descending, *id_descending);
                let page = Page { id: columns.id(), descending, id_descending, after: self.after };
                fetched(parts[0][*column].page(read, page).limit(*size), Fetch::All, db)
            }
            Ask::Aggregate(measures) => aggregate(read, Aggregates::of(columns).selected(measures), db),
            Ask::Groups { place, flag, having, order, descending, slice, measures } => {
                // The order of rows says nothing of groups, and is left out.
                read = parts[0][0].order(read, Direction { descending: *descending, nulls_first: None });
                let aggregates = Aggregates::of(columns);
                let grouping = Grouping {
                    flag: flag.then(|| columns.flag()),
                    having: having.iter().map(|having| aggregates.having(having)).collect(),
                    order: order.as_ref().map(|(order, direction)| match order {
                        GroupOrder::Number(measure) => by_aggregate(aggregates.number(measure), *direction),
                        GroupOrder::Average(measure) => by_aggregate(aggregates.average(measure), *direction),
                    }),
                    descending: *descending,
                    slice: *slice,
                    selected: aggregates.selected(measures),
                };
                parts[place.part][place.column].group(read, grouping, db)
            }
        }
    }
}

fn sliced<S: Rows>(mut read: Select<S>, slice: Slice) -> Select<S> {
    if let Some(rows) = slice.limit {
        read = read.limit(rows);
    }
    if let Some(rows) = slice.offset {
        read = read.offset(rows);
    }
    read
}

fn fetched<S: Rows + Show>(read: Select<S>, fetch: Fetch, db: TenantDb) -> Answer {
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

/// More rows than such a query can find: pages that go on after them do not end.
const ENDLESS: usize = 200;

/// All pages, one after the other.
async fn pages(
    db: &TenantDb,
    token: &TenantToken,
    shape: Shape,
    filters: &[Tree],
    ask: &Ask,
) -> Result<Vec<Cells>, Error> {
    let Ask::Pages { column, .. } = ask else { unreachable!("these are pages") };
    let (mut rows, mut after) = (Vec::<Cells>::new(), None);
    while rows.len() < ENDLESS {
        let page = shape.read(token, Asked { filters, ask, after, db }).await?;
        let Some(last) = page.last() else { break };
        let cell = |column: usize| last[column].clone().expect("a column of a key is never NULL");
        after = Some((cell(*column), cell(0).parse().expect("an id")));
        rows.extend(page);
    }
    Ok(rows)
}

async fn each(
    db: &TenantDb,
    token: &TenantToken,
    relation: Relation,
    ids: &[i32],
    filters: &[Tree],
) -> Result<Vec<Cells>, Error> {
    fn read<E>(token: &TenantToken, filters: &[Tree]) -> Select<E>
    where
        E: TenantScoped,
        ColumnsOf<E>: Parts<E>,
    {
        let read = filters.iter().fold(E::find(token), |read, tree| read.filter(|e| condition(e, tree)));
        read.order_by(|e| e.id().asc())
    }
    fn flat<E: Show>(children: HashMap<i32, Vec<E>>) -> Vec<Cells> {
        let mut children: Vec<_> = children.into_iter().collect();
        children.sort_by_key(|(parent, _)| *parent);
        let of_parent = |(parent, children): (i32, Vec<E>)| {
            let mut rows = shown(&children);
            rows.iter_mut().for_each(|row| row.insert(0, Some(parent.to_string())));
            rows
        };
        children.into_iter().flat_map(of_parent).collect()
    }
    let ids = ids.iter().copied();
    Ok(match relation {
        Relation::ItemTeam => {
            flat(read::<Item>(token, filters).of_each(|i| i.team_id, ids).fetch_all(db).await?)
        }
        Relation::ItemParent => {
            flat(read::<Item>(token, filters).of_each(|i| i.parent_id, ids).fetch_all(db).await?)
        }
        Relation::LinkItem => {
            flat(read::<Link>(token, filters).of_each(|l| l.item_id, ids).fetch_all(db).await?)
        }
        Relation::LinkTag => {
            flat(read::<Link>(token, filters).of_each(|l| l.tag_id, ids).fetch_all(db).await?)
        }
        Relation::LinkBy => flat(read::<Link>(token, filters).of_each(|l| l.by_id, ids).fetch_all(db).await?),
    })
}

/// An entity of this suite: what its type alone can say.
trait Written: TenantScoped<Id = i32> + Show {
    fn new(new: New) -> Self::New;
    fn set<F>(update: Update<Self, F>, column: usize, value: Option<Value>) -> Update<Self, F>;

    /// What the database would fill in otherwise.
    fn weigh(insert: Insert<Self>, _: Option<i32>) -> Insert<Self> {
        insert
    }
}

pub fn new_team(new: New) -> NewTeam {
    NewTeam {
        id: new.id,
        name: new.text.into(),
        size: new.number,
        score: new.maybe.map(i64::from),
        flag: new.flag,
    }
}

pub fn new_item(new: New) -> NewItem {
    NewItem {
        id: new.id,
        team_id: new.references[0],
        parent_id: new.refers.then_some(new.references[1]),
        label: new.text.into(),
        points: new.number.into(),
        note: (new.number > 1).then(|| new.text.into()),
        rank: new.maybe,
        flag: new.flag,
    }
}

pub fn new_tag(new: New) -> NewTag {
    NewTag { id: new.id, name: new.text.into(), heat: new.maybe, flag: new.flag }
}

pub fn new_link(new: New) -> NewLink {
    let [item_id, tag_id, by] = new.references;
    NewLink { id: new.id, item_id, tag_id, by_id: new.refers.then_some(by), flag: new.flag }
}

fn int(value: Option<Value>) -> Option<i32> {
    value.map(|value| if let Value::Int(number) = value { number } else { panic!("{value:?} is no i32") })
}

fn big(value: Option<Value>) -> Option<i64> {
    value.map(|value| if let Value::Big(number) = value { number } else { panic!("{value:?} is no i64") })
}

fn text(value: Option<Value>) -> Option<String> {
    value.map(
        |value| if let Value::Text(text) = value { text.to_owned() } else { panic!("{value:?} is not text") },
    )
}

fn truth(value: Option<Value>) -> Option<bool> {
    value.map(|value| if let Value::Bool(value) = value { value } else { panic!("{value:?} is no bool") })
}

macro_rules! written {
    ($($entity:ident by $new:ident: $($column:literal $field:ident = $value:ident $($never_null:ident)?;)* $({ $weigh:item })?)*) => { $(
        impl Written for $entity {
            fn new(new: New) -> Self::New {
                $new(new)
            }

            fn set<F>(update: Update<Self, F>, column: usize, value: Option<Value>) -> Update<Self, F> {
                match column {
                    $($column => update.set(|e| e.$field, $value(value)$(.$never_null())?),)*
                    _ => panic!("column {column} cannot be set"),
                }
            }

            $($weigh)?
        }
    )* };
}

written! {
    Team by new_team: 1 name = text unwrap; 2 size = int unwrap; 3 score = big; 4 flag = truth unwrap;
    Item by new_item: 1 team_id = int unwrap; 2 parent_id = int; 3 label = text unwrap; 4 points = big unwrap;
        5 note = text; 6 rank = int; 7 flag = truth unwrap;
    Tag by new_tag: 1 name = text unwrap; 2 heat = int; 3 flag = truth unwrap;
    Link by new_link: 1 item_id = int unwrap; 2 tag_id = int unwrap; 3 by_id = int; 4 weight = int unwrap;
        5 flag = truth unwrap;
        { fn weigh(insert: Insert<Self>, weight: Option<i32>) -> Insert<Self> {
            match weight {
                Some(weight) => insert.set(|l| l.weight, weight),
                None => insert,
            }
        } }
}

/// The statements that speak of one entity.
async fn of_entity<E>(db: &TenantDb, token: &TenantToken, statement: &Statement) -> Result<Outcome, Error>
where
    E: Written,
    ColumnsOf<E>: Parts<E>,
{
    let rows = |rows: &[E]| Outcome::Rows(shown(rows));
    let one = |cell: String| Outcome::Rows(vec![vec![Some(cell)]]);
    Ok(match statement {
        Statement::Count { filters, .. } => {
            let count =
                filters.iter().fold(E::count(token), |count, tree| count.filter(|e| condition(e, tree)));
            one(count.fetch_one(db).await?.to_string())
        }
        Statement::Exists { filters, .. } => {
            let exists =
                filters.iter().fold(E::exists(token), |ask, tree| ask.filter(|e| condition(e, tree)));
            one(if exists.fetch_one(db).await? { "t".into() } else { "f".into() })
        }
        Statement::ById { id, .. } => {
            rows(&E::find_by_id(token, *id).fetch_optional(db).await?.into_iter().collect::<Vec<_>>())
        }
        Statement::Insert { new, weight, returning, .. } => {
            let insert = E::weigh(E::insert(token, E::new(new.clone())), *weight);
            if *returning {
                rows(&[insert.fetch_one(db).await?])
            } else {
                insert.execute(db).await?;
                Outcome::Affected(1)
            }
        }
        Statement::InsertMany { new, returning, .. } => {
            let insert: InsertMany<E> = E::insert_many(token, new.iter().cloned().map(E::new));
            if *returning {
                rows(&insert.fetch_all(db).await?)
            } else {
                Outcome::Affected(insert.execute(db).await?)
            }
        }
        Statement::Update { sets, which, returning, .. } => {
            let update =
                sets.iter().fold(E::update(token), |update, (column, value)| E::set(update, *column, *value));
            let update: Update<E, Filtered> = match which {
                Which::All => update.all_rows(),
                Which::Of(trees) => {
                    let (first, rest) = trees.split_first().expect("a filter");
                    let update = update.filter(|e| condition(e, first));
                    rest.iter().fold(update, |update, tree| update.filter(|e| condition(e, tree)))
                }
            };
            if *returning {
                rows(&update.fetch_all(db).await?)
            } else {
                Outcome::Affected(update.execute(db).await?)
            }
        }
        Statement::Delete { which, returning, .. } => {
            let delete: Delete<E, Filtered> = match which {
                Which::All => E::delete(token).all_rows(),
                Which::Of(trees) => {
                    let (first, rest) = trees.split_first().expect("a filter");
                    let delete = E::delete(token).filter(|e| condition(e, first));
                    rest.iter().fold(delete, |delete, tree| delete.filter(|e| condition(e, tree)))
                }
            };
            if *returning {
                rows(&delete.fetch_all(db).await?)
            } else {
                Outcome::Affected(delete.execute(db).await?)
            }
        }
        Statement::Read { .. } | Statement::Each { .. } => unreachable!("they are not of one entity"),
    })
}
