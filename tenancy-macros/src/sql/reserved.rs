//! Words that PostgreSQL never reads as a name
//! ([manual, appendix C](https://www.postgresql.org/docs/current/sql-keywords-appendix.html)).
//!
//! The parser takes some of them for names where PostgreSQL reads a clause: of `SELECT INTO copies FROM …` it makes a column
//! `INTO` that is called `copies`. So a name that is one of them is refused; in quotes it is a name for both.

/// Whether the word, in small letters, is reserved.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// In the order of the alphabet. `array`, `current_date` and the like are functions for the parser, and not here.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_role",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
#[test]
fn the_list_is_in_order() {
    assert!(RESERVED.is_sorted(), "a search by halves finds nothing in a list that is not in order");
}
