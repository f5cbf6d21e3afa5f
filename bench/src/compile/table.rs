//! [`Table`]: what every contender's entity holds. One table each, alike but for its name.
//!
//! Ten columns: the id, the tenant, and eight of the types that tables are made of.

/// A table of the program that is compiled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) number: usize,
    /// Whether the column that changes its name has its second name.
    pub(super) revised: bool,
}

impl Table {
    /// The table's name, and the name of the module that describes it.
    pub(super) fn name(self) -> String {
        format!("entity_{:03}", self.number)
    }

    /// The name of its struct.
    pub(super) fn entity(self) -> String {
        format!("Entity{:03}", self.number)
    }

    /// The eight columns beside the id and the tenant, in the words of Rust.
    pub(super) fn data(self) -> [(&'static str, &'static str); 8] {
        [
            ("slug", "String"),
            ("name", "String"),
            ("status", "String"),
            (if self.revised { "comment" } else { "note" }, "Option<String>"),
            ("position", "i32"),
            ("amount", "i64"),
            ("active", "bool"),
            ("created_at", "DateTime<Utc>"),
        ]
    }

    /// The fields of these columns, a line each.
    pub(super) fn fields(self) -> String {
        self.data().map(|(column, ty)| format!("    pub {column}: {ty},\n")).concat()
    }
}
