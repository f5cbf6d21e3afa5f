//! Names in SQL: quoted always, so that `order`, `Mixed Case` and `say "hi"` all work, inside literals and `DO` blocks
//! too.

use crate::schema::lock::Lock;
use crate::schema::model::{Model, Table};

/// A name as an identifier.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names as a list of identifiers.
pub(crate) fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A text as a literal, whether `standard_conforming_strings` is on or not.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// Texts as a list of literals.
pub(crate) fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// A table, qualified.
pub(crate) fn table(table: &Table) -> String {
    format!("{}.{}", ident(&table.schema), ident(&table.name))
}

/// Whether PostgreSQL's `%I.%I` prints a table so: it quotes each name only where it must be, which depends on its keywords.
#[cfg(feature = "doctor")]
pub(crate) fn prints(table: &Table, text: &str) -> bool {
    let either = |name: &str| [name.to_owned(), ident(name)];
    either(&table.schema).iter().any(|schema| {
        text.strip_prefix(schema.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| either(&table.name).iter().any(|name| name == rest))
    })
}

/// A table as what casts to `regclass`.
pub(crate) fn table_literal(name: &Table) -> String {
    literal(&table(name))
}

/// A name within a comment, which a line break would end.
pub(crate) fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// The tag of dollar quotes: one that no name holds, or a table named `$tenancy$` would end the `DO` block that
/// mentions it.
pub(crate) fn tag(before: Option<&Lock>, now: &Model) -> String {
    let mut names = vec![now.runtime_role.as_str()];
    names.extend(before.map(|before| before.runtime_role.as_str()));
    for entity in now.entities.iter().chain(before.into_iter().flat_map(|before| &before.entities)) {
        names.extend([entity.table.schema.as_str(), &entity.table.name]);
        names.extend(entity.columns.iter().map(|column| column.name.as_str()));
    }
    for retired in &now.retired {
        names.extend([retired.schema.as_str(), &retired.name]);
    }
    (0_usize..)
        .map(|n| if n == 0 { "$tenancy$".to_owned() } else { format!("$tenancy_{n}$") })
        .find(|tag| !names.iter().any(|name| name.contains(tag.as_str())))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_contains_it_stays_a_name() {
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
        assert_eq!(comment("a\nDROP\r\n"), "a DROP  ");
        let schema = Table { schema: "a.b".into(), name: "c\"d'e".into() };
        assert_eq!(table_literal(&schema), r#"'"a.b"."c""d''e"'"#);
        #[cfg(feature = "doctor")]
        {
            assert!(prints(&schema, r#""a.b"."c""d'e""#) && !prints(&schema, "a.b.c"));
            let group = Table { schema: "public".into(), name: "group".into() };
            assert!(prints(&group, "public.\"group\"") && prints(&group, "public.group"));
            assert!(!prints(&group, "public.groups") && !prints(&group, "other.group"));
        }
    }
}
