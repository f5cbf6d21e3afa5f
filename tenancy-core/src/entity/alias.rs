//! [`Alias`]: what a table is called within one statement.

use std::fmt;

/// The name of a table within a statement, so that one table can stand in it several times. For the derive.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alias {
    /// The statement's own tables: `"t"` the first, `"t1"` the one that is joined to it.
    Joined(u8),
    /// The table of a subquery, by how deep it stands: `"n1"` in the statement itself.
    Nested(u8),
}

impl Alias {
    /// The statement's own table.
    pub const ROOT: Self = Self::Joined(0);

    /// Of a subquery that stands where this table is known. It may speak of every table around it, so that no name is given
    /// twice on the way down.
    pub(crate) fn nested(self) -> Self {
        match self {
            Self::Joined(_) => Self::Nested(1),
            Self::Nested(depth) => {
                Self::Nested(depth.checked_add(1).expect("fewer than 255 nested subqueries"))
            }
        }
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(0) => f.write_str("\"t\""),
            Self::Joined(n) => write!(f, "\"t{n}\""),
            Self::Nested(depth) => write!(f, "\"n{depth}\""),
        }
    }
}
