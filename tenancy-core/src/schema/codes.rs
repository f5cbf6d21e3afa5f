//! [`Code`]: what each finding means for isolation.
//!
//! The SQL of verification and of the doctor says what was found, in this database; here stands what is behind it. A test
//! holds that the two know the same codes.

use std::fmt;

use serde::Serialize;

/// How bad a finding is. Ordered: the worst one is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Isolation can be lost.
    Error,
    /// Something leaks that is no row, a defence is missing, or the program will fail.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Code {
    /// Its name, such as `T01-RLS-OFF`, which stays the same over versions.
    pub code: &'static str,
    /// How bad it is when it is found.
    pub severity: Severity,
    /// Whether [`TenantDb::connect`](crate::db::TenantDbBuilder::connect) asks it too, of its own login, and refuses.
    pub decides: bool,
    /// What it means for isolation.
    pub meaning: &'static str,
}

impl Code {
    /// Every check, in the order of their names.
    #[must_use]
    pub fn all() -> &'static [Self] {
        CODES
    }

    /// A check by its name.
    #[must_use]
    pub fn find(code: &str) -> Option<&'static Self> {
        CODES.iter().find(|known| known.code == code)
    }
}

/// What `connect` refuses.
const fn decides(code: &'static str, meaning: &'static str) -> Code {
    Code { code, severity: Severity::Error, decides: true, meaning }
}

const fn error(code: &'static str, meaning: &'static str) -> Code {
    Code { code, severity: Severity::Error, decides: false, meaning }
}

const fn warning(code: &'static str, meaning: &'static str) -> Code {
    Code { code, severity: Severity::Warning, decides: false, meaning }
}

const fn info(code: &'static str, meaning: &'static str) -> Code {
    Code { code, severity: Severity::Info, decides: false, meaning }
}

const CODES: &[Code] = &[
    error("A00-CROSS-ROLE", "Nobody holds the grants to read across tenants."),
    error("A01-CROSS-LOGIN", "What reads across tenants must be able to do that, and nothing else."),
    error("A02-CROSS-WRITES", "A login that no policy holds writes rows of every tenant."),
    error("A03-CROSS-READS", "A report would fail in its middle."),
    error("A04-AUDIT", "A use would leave no trace, or one that its user can change."),
    decides(
        "B01-NO-FOUNDATION",
        "Without the schema tenancy nothing can be bound, and no policy can ask who is.",
    ),
    decides("B02-DOMAIN", "A parameter of another domain binds nothing, or binds what it should refuse."),
    decides(
        "B03-FUNCTION",
        "Every policy believes these functions. Whoever replaces them decides what policies see.",
    ),
    decides("B04-PRIVILEGE", "Policies cannot ask who is bound, and every statement fails."),
    decides(
        "B05-BEHAVIOUR",
        "The definitions look right, and binding does something else: a pooler in between, or an operator in front of \
         PostgreSQL's own.",
    ),
    warning(
        "B06-DOMAIN-USED",
        "Reading or restoring such a value binds its tenant to the transaction, or fails.",
    ),
    warning("B07-DOMAIN-USAGE", "Whoever may use the domain can make a column of it: see B06-DOMAIN-USED."),
    error(
        "B08-SETTING-FUNCTION",
        "The CHECK of the domain runs as the role that binds: without the right it raises an error.",
    ),
    warning(
        "B09-MAINTENANCE",
        "An owner without a way in lifts row-level security by hand, and one day forgets to put it back.",
    ),
    error("B10-INTERNAL", "What emission and maintenance believe could be written by the application."),
    warning(
        "B11-STRANGER",
        "Whatever stands beside what every policy believes can be taken for it, and goes with the schema.",
    ),
    decides(
        "C00-VERSION",
        "PostgreSQL before 15 has no views with the rights of the invoker, and cannot keep foreign keys apart.",
    ),
    decides(
        "C01-DEFAULT-TENANT",
        "Sessions of the role begin with a tenant bound, a role taken on, or row-level security off.",
    ),
    decides("C02-LEAKED-GUC", "Every statement that binds nothing reads the rows of this tenant."),
    decides(
        "C03-SETTING",
        "With row_security off or session_replication_role changed, statements fail or checks are silent.",
    ),
    error("C04-VERSION-RLS", "Known bugs of this release show rows that policies hide."),
    warning(
        "C05-NO-GUARD",
        "A table or view that somebody adds tomorrow is open until the doctor is asked again.",
    ),
    warning(
        "C06-VERSION-CVE",
        "INSERT .. ON CONFLICT DO UPDATE .. WHERE evaluates functions on rows that a policy hides.",
    ),
    warning(
        "C07-SERVER-SETTING",
        "What tenants do outlives them: in a log, in a prepared transaction, in large objects.",
    ),
    decides(
        "C08-SESSION",
        "This session is another login's, or another configuration's, than the one that was verified.",
    ),
    error(
        "F01-FK-CROSS",
        "Rows attach to another tenant's row, learn that it exists, and cascades cross tenants.",
    ),
    error("F02-FK-SETNULL", "A deletion makes rows that belong to nobody, or fails."),
    warning("F03-FK-UPDATE", "A row that changes its tenant would take the rows that refer to it along."),
    warning("F04-FK-FROM-GLOBAL", "Whoever writes the other table learns which rows of tenants exist."),
    error("F05-FK-NOT-CHECKED", "Rows that cross tenants may stand there, and PostgreSQL does not look."),
    decides("G01-TRUNCATE", "TRUNCATE deletes the rows of every tenant."),
    decides("G02-TRIGGER", "A trigger of the application's making sees every row that anybody writes."),
    warning("G03-REFERENCES", "A foreign key to the table tells whether a row of another tenant exists."),
    warning("G04-PUBLIC", "Row-level security still holds, and it is the only thing that does."),
    error("G05-CREATE", "An object in front of another on the search_path is called in its place."),
    warning(
        "G06-TEMP",
        "Temporary objects shadow others on the search_path, and a pool hands them to the next tenant.",
    ),
    warning("G07-SEQUENCE", "Business numbers of all tenants."),
    warning("G08-SERIAL-ID", "A tenant that makes two rows learns how many all the others made in between."),
    warning("G09-FUNCTION", "A way around the tenant's own rows that needs no table."),
    warning(
        "G10-DEFAULT-ACL",
        "A new table is open to the runtime role from its creation until its policies exist.",
    ),
    warning("G11-STATS", "Statements of all tenants, with the constants of utility statements."),
    info(
        "G12-ACTIVITY",
        "Tenants share a login, and a login sees its own sessions' statements, literals included.",
    ),
    warning("G13-MAINTAIN", "One tenant can lock a table for all the others."),
    warning("G14-GRANT-MISSING", "A program of these entities fails on this database."),
    warning("G15-GRANT-MORE", "The program could write what its structs say it never does."),
    warning("G16-GRANT-OPTION", "SQL that is injected can hand the table on to any role of the server."),
    warning("K01-KEY", "Two rows of a tenant could be alike, and a reference has nothing to refer to."),
    warning("K02-INDEX", "Statements of one tenant read the rows of all of them."),
    error("K03-FOREIGN-KEY", "Rows may refer to rows that do not exist, or that are another tenant's."),
    warning("K04-INVALID-INDEX", "It costs each write, serves no read, and a unique one may not hold."),
    decides("P01-NO-RESTRICTIVE", "Any permissive policy that somebody adds shows rows of other tenants."),
    error("P02-WIDENING", "It shows rows of other tenants today."),
    warning("P03-EXTRA", "The restrictive policy bounds it. It may hide rows of the tenant's own."),
    decides("P05-NO-PERMISSIVE", "The runtime role sees nothing, or what another policy says."),
    error(
        "P06-FN-VOLATILITY",
        "IMMUTABLE is folded into cached plans, which serve one tenant's answer to others; VOLATILE uses no index.",
    ),
    warning("P11-OWNER", "A data migration that forgets tenancy.maintenance touches no rows, in silence."),
    warning("P12-ADOPTING", "A program that knows no tenants is held by nothing but its own WHERE."),
    decides("P13-NO-PUBLIC", "Visitors see nothing, or what another policy says."),
    decides("R00-NO-ROLE", "Nobody holds the grants that were emitted."),
    decides("R01-SUPER", "Row-level security does not hold a superuser."),
    decides("R02-BYPASSRLS", "Row-level security does not hold the role."),
    decides("R03-ROLE-ATTR", "The role can make itself another one, or stream rows past row-level security."),
    warning("R04-CREATEDB", "It can copy nothing by itself, and owns what it makes."),
    decides("R05-PREDEFINED", "The role reads files, runs programs, or reads all tables."),
    warning("R06-MEMBER", "Whatever that role may do, SQL that is injected into the application may do."),
    decides("R07-OWNS", "An owner switches row-level security off with one statement."),
    decides("R08-OWNS-SCHEMA", "The owner of a schema drops and replaces what is in it."),
    decides("R09-OWNS-DB", "The owner of a database grants itself what it lacks."),
    warning("R10-OWNER-LOGIN", "A password stands between the internet and every tenant's rows."),
    warning("R11-OTHER-BYPASS", "Backups and reports need such a login. An application must never have it."),
    decides("R12-NOT-RUNTIME", "The login has none of the grants that were emitted."),
    error("S01-SECDEF-SUPER", "Whoever calls it reads what its author wrote, of every tenant."),
    warning("S02-SECDEF", "It runs as its owner, and what it is given may decide what it does."),
    error("S03-SECDEF-PATH", "The caller puts a function of his own in front of one that it calls."),
    error("S04-LEAKPROOF", "PostgreSQL trusts the mark, and calls it on rows that a policy would hide."),
    warning("S05-UNTRUSTED-LANG", "It can open files and connections as the server."),
    warning("S06-TRIGGER-SECDEF", "What it writes is its owner's, and not the tenant's."),
    error("S07-BINDS", "Statements inside of it, and rows that it returns, are of the tenant that it names."),
    warning(
        "S08-SETS",
        "Inside of it another role, or no policy and no trigger, is in force: or it fails for whoever may not.",
    ),
    decides(
        "S09-SQL-FUNCTION",
        "A statement that calls it fails, or reads what its owner may, past every policy.",
    ),
    decides("T00-NO-TABLE", "There is nothing to isolate where the entity points."),
    decides("T01-RLS-OFF", "Every tenant sees every row."),
    warning("T01b-RLS-OFF-CHILD", "A grant on it, some day, opens its rows to everybody."),
    decides("T02-NOT-FORCED", "Views, functions and migrations of the owner see every tenant's rows."),
    decides("T03-NO-TENANT-COL", "Rows belong to nobody."),
    decides("T04-NULLABLE", "A row without a tenant is nobody's, and its foreign keys are not checked."),
    decides("T05-TYPE", "Tenants that differ can be equal: by case, by padding, by truncation."),
    decides("T06-INHERIT", "Whoever reads the parent reads its children's rows past their policies."),
    error("T07-FOREIGN", "Policies do not reach what stands on the other server."),
    warning("T09-NO-INDEX", "Each statement of a tenant reads the rows of all of them."),
    error("T10-RULE", "A rule rewrites statements to run with its owner's rights."),
    decides(
        "T11-PRIMARY-KEY",
        "An id that is unique over all tenants tells which ids exist, and cannot be paired by foreign keys.",
    ),
    decides("T12-PARTITION", "Named directly, it shows its rows to everybody."),
    error("T13-UNKNOWN", "Rows of tenants that neither the compiler nor a policy guards."),
    error("T14-RETIRED", "The struct is gone, and raw SQL still reaches the rows."),
    warning("T15-GLOBAL", "What one tenant writes there, the others read."),
    decides(
        "T19-GLOBAL-WRITES",
        "No policy holds a global table: with one right too many, a tenant changes what all of them read.",
    ),
    warning("T20-GLOBAL-RLS", "Its policies hide rows from tenants that are meant to read all of them."),
    warning("T16-COLUMN", "Every statement on the entity fails."),
    warning("T17-NULLABLE", "Reading the row fails for its tenant."),
    warning("T18-TYPE", "Reading or writing the column fails for every tenant."),
    error("T08-UPDATABLE-TENANT", "The policy still refuses to move a row. It is the only thing that does."),
    warning(
        "U01-GLOBAL-UNIQUE",
        "INSERT tells whether another tenant has the value, and on servers without a fix what else is in that row.",
    ),
    warning("U02-GLOBAL-UNIQUE-EXPR", "As U01-GLOBAL-UNIQUE."),
    error(
        "V01-VIEW",
        "A view with its owner's rights reads what its owner may: with a superuser as owner, everything.",
    ),
    error("V02-MATVIEW", "It was filled by its owner, and no policy filters it."),
    warning("V03-MATVIEW", "One grant away from V02-MATVIEW."),
    error("V04-OUTSIDE-VIEW", "As V01-VIEW, from a schema that nobody looks into."),
    warning("X01-PUBLICATION", "Subscribers get the rows of every tenant."),
    warning("X02-SLOT", "Whoever reads the slot gets the rows of every tenant."),
    warning(
        "X03-FDW",
        "A session on the other server has no tenant bound, or one that somebody else has bound.",
    ),
    warning("X04-LARGE-OBJECT", "Whoever knows the number reads it."),
    warning(
        "X05-PREPARED-XACT",
        "It holds locks and rows of a tenant, and any session of the login can end it.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once() {
        let mut codes: Vec<_> = CODES.iter().map(|code| code.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
        assert_eq!(Code::find("T01-RLS-OFF").map(|code| code.severity), Some(Severity::Error));
        assert_eq!(Code::find("nothing"), None);
    }
}
