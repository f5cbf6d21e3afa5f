//! A random statement as SQL on the tables that hold one tenant's rows alone: no tenant, no row-level security, and
//! values written into the text. It is written the way one would write it by hand, not the way the library renders.

use super::describe::{
    Ask, Direction, Fetch, Function, GroupOrder, Having, Measure, Measures, New, Op, Place, Slice, Statement,
    Tree, Value, Which,
};
use super::shapes::Shape;
use super::tables::{Relation, Table};

/// The tables that a condition can speak of.
struct Scope<'a> {
    schema: &'a str,
    parts: Vec<(Table, String)>,
    /// The row around a subquery.
    around: Option<&'a str>,
    depth: usize,
}

impl Scope<'_> {
    fn place(&self, place: Place) -> String {
        let (table, alias) = &self.parts[place.part];
        format!("{alias}.{}", table.columns()[place.column].0)
    }

    fn condition(&self, tree: &Tree) -> String {
        let all = |trees: &[Tree], word: &str, none: &str| match trees {
            [] => none.to_owned(),
            trees => {
                format!("({})", trees.iter().map(|tree| self.condition(tree)).collect::<Vec<_>>().join(word))
            }
        };
        match tree {
            Tree::Compare(place, op, value) => {
                format!("{} {} {}", self.place(*place), op.sql(), value.sql())
            }
            Tree::Columns(left, op, right) => {
                format!("{} {} {}", self.place(*left), op.sql(), self.place(*right))
            }
            Tree::Around(left, op, right) => {
                let (table, alias) = &self.parts[0];
                let column = |alias: &str, column: usize| format!("{alias}.{}", table.columns()[column].0);
                let around = self.around.expect("there is a row around it");
                format!("{} {} {}", column(alias, *left), op.sql(), column(around, *right))
            }
            Tree::Between(place, low, high) => {
                let column = self.place(*place);
                format!("({column} >= {} AND {column} <= {})", low.sql(), high.sql())
            }
            Tree::List { place, negated, values } => match (values.as_slice(), negated) {
                ([], false) => "FALSE".into(),
                ([], true) => "TRUE".into(),
                (values, negated) => {
                    let values: Vec<_> = values.iter().map(|value| value.sql()).collect();
                    let not = if *negated { "NOT " } else { "" };
                    format!("{} {not}IN ({})", self.place(*place), values.join(", "))
                }
            },
            Tree::Like { place, pattern, any_case } => {
                let word = if *any_case { "ILIKE" } else { "LIKE" };
                format!("{} {word} {}", self.place(*place), Value::Text(pattern).sql())
            }
            Tree::Null { place, negated } => {
                format!("{} IS {}NULL", self.place(*place), if *negated { "NOT " } else { "" })
            }
            Tree::Related { part, relation, up, negated, filter } => {
                self.related(*part, *relation, *up, *negated, filter)
            }
            Tree::And(a, b) => format!("({} AND {})", self.condition(a), self.condition(b)),
            Tree::Or(a, b) => format!("({} OR {})", self.condition(a), self.condition(b)),
            Tree::All(trees) => all(trees, " AND ", "TRUE"),
            Tree::Any(trees) => all(trees, " OR ", "FALSE"),
            Tree::Not(tree) => format!("(NOT {})", self.condition(tree)),
        }
    }

    fn related(&self, part: usize, relation: Relation, up: bool, negated: bool, filter: &Tree) -> String {
        let alias = &self.parts[part].1;
        let other = format!("s{}", self.depth);
        let table = if up { relation.parent() } else { relation.child() };
        let on = if up {
            format!("{other}.id = {alias}.{}", relation.column())
        } else {
            format!("{other}.{} = {alias}.id", relation.column())
        };
        let inner = Scope {
            schema: self.schema,
            parts: vec![(table, other.clone())],
            around: Some(alias),
            depth: self.depth + 1,
        };
        format!(
            "{}EXISTS (SELECT 1 FROM {}.{} AS {other} WHERE {on} AND {})",
            if negated { "NOT " } else { "" },
            self.schema,
            table.name(),
            inner.condition(filter)
        )
    }

    fn where_(&self, trees: &[Tree]) -> String {
        match trees {
            [] => String::new(),
            trees => {
                let each: Vec<_> = trees.iter().map(|tree| self.condition(tree)).collect();
                format!(" WHERE {}", each.join(" AND "))
            }
        }
    }

    fn measure(&self, measure: &Measure) -> String {
        let column = self.place(measure.place);
        let call = match measure.function {
            Function::Rows => "count(*)".to_owned(),
            Function::Count => format!("count({column})"),
            Function::CountDistinct => format!("count(DISTINCT {column})"),
            Function::Sum => format!("sum({column})"),
            Function::Average => format!("avg({column})"),
            Function::Min => format!("min({column})"),
            Function::Max => format!("max({column})"),
        };
        let call = match &measure.filter {
            Some(filter) => format!("{call} FILTER (WHERE {})", self.condition(filter)),
            None => call,
        };
        let call = if measure.function == Function::Average { format!("({call})::float8") } else { call };
        match measure.or {
            Some(or) => format!("coalesce({call}, {or})"),
            None => call,
        }
    }

    fn measures(&self, measures: &Measures) -> String {
        let Measures { number, sum, average, extreme, word } = measures;
        [number, sum, average, extreme, word].map(|measure| self.measure(measure)).join(", ")
    }

    fn having(&self, having: &Having) -> String {
        match having {
            Having::Number(measure, op, value) | Having::Sum(measure, op, value) => {
                format!("{} {} {value}", self.measure(measure), op.sql())
            }
            Having::And(a, b) => format!("({} AND {})", self.having(a), self.having(b)),
            Having::Or(a, b) => format!("({} OR {})", self.having(a), self.having(b)),
            Having::Not(having) => format!("(NOT {})", self.having(having)),
        }
    }
}

impl Op {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

impl Value {
    pub fn sql(self) -> String {
        match self {
            Self::Int(number) => format!("({number})"),
            Self::Big(number) => format!("({number})"),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Bool(value) => value.to_string(),
        }
    }
}

fn direction(direction: Direction) -> String {
    let nulls = match direction.nulls_first {
        None => "",
        Some(true) => " NULLS FIRST",
        Some(false) => " NULLS LAST",
    };
    format!("{}{nulls}", if direction.descending { "DESC" } else { "ASC" })
}

fn ordered(terms: &[String]) -> String {
    if terms.is_empty() { String::new() } else { format!(" ORDER BY {}", terms.join(", ")) }
}

fn sliced(slice: Slice) -> String {
    let limit = slice.limit.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
    let offset = slice.offset.map(|rows| format!(" OFFSET {rows}")).unwrap_or_default();
    limit + &offset
}

/// The tables of a shape, joined.
fn from(shape: Shape, schema: &str) -> String {
    let parts = shape.parts();
    let mut from = format!("{schema}.{} AS p0", parts[0].0.name());
    for (i, hop) in shape.hops().iter().enumerate() {
        let (this, that) = (format!("p{}", i + 1), format!("p{}", hop.from));
        let (child, parent) = if hop.up { (&that, &this) } else { (&this, &that) };
        let join = if hop.left { "LEFT JOIN" } else { "INNER JOIN" };
        let table = parts[i + 1].0.name();
        let column = hop.relation.column();
        from += &format!(" {join} {schema}.{table} AS {this} ON {child}.{column} = {parent}.id");
    }
    from
}

/// The values of a new row, as its columns stand.
pub fn values(table: Table, new: &New) -> Vec<Option<Value>> {
    let refers = |i: usize| new.refers.then_some(Value::Int(new.references[i]));
    let (id, text, flag) =
        (Some(Value::Int(new.id)), Some(Value::Text(new.text)), Some(Value::Bool(new.flag)));
    let maybe = new.maybe.map(Value::Int);
    match table {
        Table::Teams => {
            let score = new.maybe.map(|score| Value::Big(score.into()));
            vec![id, text, Some(Value::Int(new.number)), score, flag]
        }
        Table::Items => {
            let note = (new.number > 1).then_some(Value::Text(new.text));
            let points = Some(Value::Big(new.number.into()));
            vec![id, Some(Value::Int(new.references[0])), refers(1), text, points, note, maybe, flag]
        }
        Table::Tags => vec![id, text, maybe, flag],
        Table::Links => {
            let [item, tag, _] = new.references.map(|id| Some(Value::Int(id)));
            vec![id, item, tag, refers(2), Some(Value::Int(1)), flag]
        }
    }
}

fn tuple(values: &[Option<Value>]) -> String {
    let each: Vec<_> = values.iter().map(|value| value.map_or("NULL".into(), |value| value.sql())).collect();
    format!("({})", each.join(", "))
}

pub fn insert(schema: &str, table: Table, rows: &[Vec<Option<Value>>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = rows.iter().map(|row| tuple(row)).collect();
    format!("INSERT INTO {schema}.{} VALUES {}", table.name(), rows.join(", "))
}

/// The statement, on the tables of `schema`; empty when nothing is to be done.
pub fn sql(schema: &str, statement: &Statement) -> String {
    let single = |table: Table, alias: &str| Scope {
        schema,
        parts: vec![(table, alias.to_owned())],
        around: None,
        depth: 1,
    };
    let returning = |returning: bool, table: Table, alias: &str| {
        if returning { format!(" RETURNING {}", table.list(alias)) } else { String::new() }
    };
    match statement {
        Statement::Read { shape, filters, ask } => read(schema, *shape, filters, ask),
        Statement::Count { table, filters } => {
            format!(
                "SELECT count(*) FROM {schema}.{} AS p0{}",
                table.name(),
                single(*table, "p0").where_(filters)
            )
        }
        Statement::Exists { table, filters } => {
            let where_ = single(*table, "p0").where_(filters);
            format!("SELECT count(*) > 0 FROM {schema}.{} AS p0{where_}", table.name())
        }
        Statement::ById { table, id } => {
            format!("SELECT {} FROM {schema}.{} AS p0 WHERE id = {id}", table.list("p0"), table.name())
        }
        Statement::Each { relation, ids, filters } => {
            let (table, column) = (relation.child(), relation.column());
            let mut ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            ids.push("NULL".into());
            let scope = single(table, "p0");
            let mut conditions: Vec<_> = filters.iter().map(|tree| scope.condition(tree)).collect();
            conditions.push(format!("p0.{column} IN ({})", ids.join(", ")));
            format!(
                "SELECT p0.{column}, {} FROM {schema}.{} AS p0 WHERE {} ORDER BY p0.{column}, p0.id",
                table.list("p0"),
                table.name(),
                conditions.join(" AND ")
            )
        }
        Statement::Insert { table, new, weight, returning: wanted } => {
            let mut row = values(*table, new);
            if let (Table::Links, Some(weight)) = (table, weight) {
                row[4] = Some(Value::Int(*weight));
            }
            insert(schema, *table, &[row]) + &returning(*wanted, *table, table.name())
        }
        Statement::InsertMany { table, new, .. } if new.is_empty() => {
            format!("SELECT 1 FROM {schema}.{} LIMIT 0", table.name())
        }
        Statement::InsertMany { table, new, returning: wanted } => {
            let rows: Vec<_> = new.iter().map(|new| values(*table, new)).collect();
            insert(schema, *table, &rows) + &returning(*wanted, *table, table.name())
        }
        Statement::Update { table, sets, which, returning: wanted } => {
            // The last of several for one column counts.
            let counts = |i: usize| sets[i + 1..].iter().all(|(column, _)| *column != sets[i].0);
            let sets: Vec<_> = (0..sets.len())
                .filter(|i| counts(*i))
                .map(|i| {
                    let (column, value) = &sets[i];
                    let value = value.map_or("NULL".into(), |value| value.sql());
                    format!("{} = {value}", table.columns()[*column].0)
                })
                .collect();
            let filter = match which {
                Which::All => String::new(),
                Which::Of(trees) => single(*table, "p0").where_(trees),
            };
            format!("UPDATE {schema}.{} AS p0 SET {}{filter}", table.name(), sets.join(", "))
                + &returning(*wanted, *table, "p0")
        }
        Statement::Delete { table, which, returning: wanted } => {
            let filter = match which {
                Which::All => String::new(),
                Which::Of(trees) => single(*table, "p0").where_(trees),
            };
            format!("DELETE FROM {schema}.{} AS p0{filter}", table.name()) + &returning(*wanted, *table, "p0")
        }
    }
}

fn read(schema: &str, shape: Shape, filters: &[Tree], ask: &Ask) -> String {
    let parts: Vec<_> =
        shape.parts().iter().enumerate().map(|(i, (table, _))| (*table, format!("p{i}"))).collect();
    let every = parts.iter().map(|(table, alias)| table.list(alias)).collect::<Vec<_>>().join(", ");
    let ids: Vec<_> = parts.iter().map(|(_, alias)| format!("{alias}.id")).collect();
    let scope = Scope { schema, parts, around: None, depth: 1 };
    let found = format!("FROM {}{}", from(shape, schema), scope.where_(filters));
    match ask {
        Ask::Rows { order, total, slice, fetch } => {
            let mut terms: Vec<_> = order
                .iter()
                .map(|(place, to)| format!("{} {}", scope.place(*place), direction(*to)))
                .collect();
            if *total {
                terms.extend(ids);
            }
            let mut slice = *slice;
            if matches!(fetch, Fetch::Optional | Fetch::One) {
                slice.limit = Some(slice.limit.map_or(1, |limit| limit.min(1)));
            }
            format!("SELECT {every} {found}{}{}", ordered(&terms), sliced(slice))
        }
        Ask::Columns { place, flag, distinct, order, slice, .. } => {
            let column = scope.place(*place);
            let list = if *flag { format!("{column}, p0.flag") } else { column.clone() };
            let mut terms: Vec<_> = order.iter().map(|to| format!("{column} {}", direction(*to))).collect();
            if *flag && order.is_some() {
                terms.push("p0.flag".into());
            }
            let distinct = if *distinct { "DISTINCT " } else { "" };
            format!("SELECT {distinct}{list} {found}{}{}", ordered(&terms), sliced(*slice))
        }
        Ask::Pages { column, descending, id_descending, .. } => {
            let word = |descending: bool| if descending { "DESC" } else { "ASC" };
            let column = scope.place(Place { part: 0, column: *column });
            format!(
                "SELECT {every} {found} ORDER BY {column} {}, p0.id {}",
                word(*descending),
                word(*id_descending)
            )
        }
        Ask::Aggregate(measures) => format!("SELECT {} {found}", scope.measures(measures)),
        Ask::Groups { place, flag, having, order, descending, slice, measures } => {
            let column = scope.place(*place);
            let keys = if *flag { format!("{column}, p0.flag") } else { column.clone() };
            let having = match having.as_slice() {
                [] => String::new(),
                each => {
                    let each: Vec<_> = each.iter().map(|having| scope.having(having)).collect();
                    format!(" HAVING {}", each.join(" AND "))
                }
            };
            let mut terms = Vec::new();
            if let Some((GroupOrder::Number(measure) | GroupOrder::Average(measure), to)) = order {
                terms.push(format!("{} {}", scope.measure(measure), direction(*to)));
            }
            terms.push(format!("{column} {}", if *descending { "DESC" } else { "ASC" }));
            if *flag {
                terms.push("p0.flag".into());
            }
            format!(
                "SELECT {keys}, {} {found} GROUP BY {keys}{having}{}{}",
                scope.measures(measures),
                ordered(&terms),
                sliced(*slice)
            )
        }
    }
}

/// Every row of a table, whole.
pub fn dump(schema: &str, table: Table) -> String {
    format!("SELECT {} FROM {schema}.{} AS p0 ORDER BY p0.id", table.list("p0"), table.name())
}
