//! Names in PostgreSQL: what may be one, how one is quoted, and which known word a misspelled one was meant to be.

use syn::LitStr;

use crate::errors::Errors;

/// NAMEDATALEN - 1. PostgreSQL cuts longer names off, and two of them could become one.
const MAX_BYTES: usize = 63;

/// Quotes an identifier, whatever it contains: this is why `order`, `Mixed Case` and `say "hi"` all work.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Why a text is not a name that PostgreSQL would keep as it is.
pub(crate) fn defect(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("a name in PostgreSQL is not empty".to_owned())
    } else if name.contains('\0') {
        Some("a name in PostgreSQL contains no NUL".to_owned())
    } else if name.len() > MAX_BYTES {
        Some(format!(
            "a name in PostgreSQL has at most {MAX_BYTES} bytes, and this one has {}: PostgreSQL would cut it off",
            name.len()
        ))
    } else {
        None
    }
}

/// `table`, or `schema.table`.
pub(crate) struct TableName {
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
}

impl TableName {
    pub(crate) fn parse(literal: &LitStr, errors: &Errors) -> Self {
        let text = literal.value();
        let name = match text.split_once('.') {
            None => Self { schema: None, table: text },
            Some((schema, table)) => Self { schema: Some(schema.to_owned()), table: table.to_owned() },
        };
        if name.table.contains('.') {
            errors.at(
                literal,
                "a table is named `\"table\"` or `\"schema.table\"`: neither part contains a dot",
            );
        } else if name.schema.as_deref() == Some("") || name.table.is_empty() {
            errors.at(literal, "a table is named `\"table\"` or `\"schema.table\"`: no part is empty");
        } else {
            for defect in name.schema.as_deref().into_iter().chain([name.table.as_str()]).filter_map(defect) {
                errors.at(literal, defect);
            }
        }
        name
    }
}

/// The word that was probably meant: the nearest one, when it is at most two slips away (one, for a short word).
pub(crate) fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    words
        .into_iter()
        .map(|word| (distance(written, word), word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).min(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many characters must be added, removed, replaced or swapped with their neighbour (the optimal string alignment
/// distance).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    // `table[i][j]` is the distance from the first `i` characters of `a` to the first `j` of `b`.
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let best = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best.min(table[i - 2][j - 2] + 1)
                } else {
                    best
                }
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quote_identifier("order"), r#""order""#);
        assert_eq!(quote_identifier(r#"say "hi""#), r#""say ""hi""""#);
    }

    #[test]
    fn names_are_measured_in_bytes() {
        assert_eq!(defect(&"n".repeat(63)), None);
        assert!(defect(&"n".repeat(64)).is_some());
        assert!(defect(&"ü".repeat(32)).is_some());
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "id", 2),
            ("tenent", "tenant", 1),
            ("kitten", "sitting", 3),
            ("abc", "ab", 1),
            ("nmae", "name", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("tenent", ["tenant", "id"]), Some("tenant"));
        assert_eq!(nearest("xy", ["tenant", "id"]), None);
        assert_eq!(nearest("is", ["tenant", "id"]), None);
    }
}
