//! [`Finding`]: one reason why a database would not isolate.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::schema::codes::{Code, Severity};

/// One reason why a database would not isolate tenants, with what mends it.
///
/// It names objects of the database, and never holds a row's values or a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// A short name of the check, such as `T01-RLS-OFF`, that stays the same over versions.
    pub code: Cow<'static, str>,
    /// What it concerns: a role, a table, a function, a setting.
    pub object: String,
    /// What is wrong.
    pub problem: String,
    /// What mends it, mostly SQL.
    pub mend: String,
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        Code::find(&self.code).map_or(Severity::Error, |code| code.severity)
    }

    /// The mend, where it is SQL that can be run. `None` when it is words: what has to be done outside of this database, or
    /// by somebody who knows what was meant.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        let mut lines = self.mend.lines().map(str::trim_start);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with("--"));
        let is_sql = first.is_some_and(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
        // Of a setting of this session, running it mends nothing.
        let of_this_session = matches!(&*self.code, "C02-LEAKED-GUC" | "C03-SETTING");
        (is_sql && !of_this_session).then_some(self.mend.as_str())
    }

    /// What it means for isolation.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        Code::find(&self.code).map_or("", |code| code.meaning)
    }

    fn new(code: &'static str, object: impl Into<String>, problem: impl Into<String>, mend: &str) -> Self {
        Self { code: code.into(), object: object.into(), problem: problem.into(), mend: mend.to_owned() }
    }

    pub(crate) fn old_server(version: u32) -> Self {
        let problem = format!("PostgreSQL {} is too old", version / 10_000);
        Self::new("C00-VERSION", "server", problem, "update to PostgreSQL 15 or later")
    }

    /// What a new connection found about itself after `connect` had verified.
    pub(crate) fn session(problem: &str) -> Self {
        let mend =
            "connect as a restricted login, and take settings of tenancy out of its defaults and the pooler";
        Self::new("C08-SESSION", "session", problem, mend)
    }

    pub(crate) fn no_foundation(object: &str) -> Self {
        Self::new("B01-NO-FOUNDATION", object, "it does not exist", "apply the emitted migrations")
    }

    /// The definitions are as emitted, and yet a statement did not bind its tenant.
    pub(crate) fn does_not_bind() -> Self {
        let problem = "a statement did not bind its tenant, and no other, for its own transaction";
        let mend = "look for a pooler that rewrites statements, and apply the emitted migrations";
        Self::new("B05-BEHAVIOUR", "tenancy.bound", problem, mend)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, object, problem, mend } = self;
        write!(f, "{object}: {problem}. To mend it: {mend} [{code}]")
    }
}
