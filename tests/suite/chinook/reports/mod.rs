//! [`Report`]: a question about one shop, as plain SQL for a database that holds that shop alone.
//!
//! No report knows of tenants. Each has an order that no two rows share, so that results compare row for row; and each has
//! rows for every tenant, different ones, which `checks` holds: a report that all tenants answer alike would prove nothing.

mod builder;
mod handwritten;

/// What a report is expected to be written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Joins, filters, EXISTS, groups by columns, aggregates, HAVING, orders and limits.
    Builder,
    /// Whatever else SQL has.
    Sql,
}

#[derive(Debug, Clone, Copy)]
pub struct Report {
    pub name: &'static str,
    pub kind: Kind,
    pub sql: &'static str,
}

impl Report {
    pub fn every() -> impl Iterator<Item = Self> {
        let builder = builder::REPORTS.iter().map(|&(name, sql)| Self { name, kind: Kind::Builder, sql });
        let sql = handwritten::REPORTS.iter().map(|&(name, sql)| Self { name, kind: Kind::Sql, sql });
        builder.chain(sql)
    }

    /// # Panics
    ///
    /// When there is none of that name.
    #[track_caller]
    pub fn named(name: &str) -> Self {
        Self::every()
            .find(|report| report.name == name)
            .unwrap_or_else(|| panic!("there is no report {name}"))
    }
}
