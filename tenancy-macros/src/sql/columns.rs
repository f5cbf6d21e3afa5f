//! Which columns of which entities a statement speaks of, as far as names tell: so that a column that is not there is an
//! error of the build, and `t.name` never calls a function (`name(t)`, which is what PostgreSQL takes it for when there is
//! no such column: manual, 4.2.6).

use std::collections::HashMap;
use std::ops::Range;

/// The names of tables in a statement, and the columns that it takes from them.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Of each name the place of its entity; `None` when it is none, or when the name is given twice.
    tables: HashMap<String, Option<usize>>,
    used: Vec<Used>,
}

/// `t.name`.
#[derive(Debug)]
pub(super) struct Used {
    table: String,
    pub(super) column: String,
    pub(super) at: Range<usize>,
}

impl Columns {
    /// A table has this name; `place` is its entity's, if it is one and its columns keep their names.
    pub(super) fn entity(&mut self, name: String, place: Option<usize>) {
        self.tables.entry(name).and_modify(|known| *known = None).or_insert(place);
    }

    pub(super) fn used(&mut self, table: String, column: String, at: Range<usize>) {
        self.used.push(Used { table, column, at });
    }

    /// The columns that an entity must have, each once, with its place.
    pub(super) fn of_entities(&self) -> impl Iterator<Item = (usize, &Used)> {
        self.used.iter().enumerate().filter_map(|(i, used)| {
            let place = (*self.tables.get(&used.table)?)?;
            let earlier = &self.used[..i];
            let again = earlier.iter().any(|other| other.table == used.table && other.column == used.column);
            (!again).then_some((place, used))
        })
    }
}
