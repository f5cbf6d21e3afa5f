//! The parser: sqlparser with PostgreSQL's grammar, and where in the text what it found stands.

use std::ops::Range;

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token};

use crate::sql::literal::Literal;
use crate::sql::refusal::Refusal;

/// Where the lines of a text begin, in bytes.
pub(super) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect();
        Self { text, starts }
    }

    /// Which bytes these are, unless the parser does not know itself.
    pub(super) fn range(&self, span: Span) -> Option<Range<usize>> {
        let start = self.offset(span.start)?;
        Some(start..self.offset(span.end)?.max(start))
    }

    /// Lines and columns are counted from one, and columns in characters.
    fn offset(&self, at: Location) -> Option<usize> {
        let line = usize::try_from(at.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(at.column).ok()?.saturating_sub(1);
        let start = *self.starts.get(line)?;
        let rest = &self.text[start..];
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i))
    }
}

/// How deep what is in parentheses may be nested.
const DEEPEST: usize = 50;

pub(super) fn parse(literal: &Literal, lines: &Lines) -> Result<Vec<Statement>, Refusal> {
    let parsed = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(DEEPEST)
        .try_with_sql(&lines.text)
        .and_then(|mut parser| {
            let statements = parser.parse_statements()?;
            // It stops at `END`, which ends a block of statements elsewhere, and leaves what follows unread.
            match parser.peek_token() {
                rest if rest.token == Token::EOF => Ok(statements),
                rest => parser.expected("end of statement", rest),
            }
        });
    parsed.map_err(|error| refusal(literal, lines, &error))
}

fn refusal(literal: &Literal, lines: &Lines, error: &ParserError) -> Refusal {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return Refusal::new(0..0, "this statement is nested too deep", "take parts of it out into CTEs");
        }
    };
    let (said, at) = place(message);
    let at = at.and_then(|at| lines.range(Span::new(at, at))).map_or(0..0, |range| {
        let start = literal.origin(range.start);
        let place = literal.places.iter().find(|place| place.at.start == start);
        place.map_or(start..start + 1, |place| place.at.clone())
    });
    let mut said = said.to_owned();
    for (i, place) in literal.places.iter().enumerate() {
        said = said.replace(&format!("\"{{{i}}}\""), &format!("{{{}}}", place.rust));
    }
    Refusal::new(
        at,
        format!("this is no SELECT: {said}"),
        "what is meant must be read before it can be checked",
    )
}

/// The parser says where it stopped at the end of its message: `… at Line: 1, Column: 8`.
fn place(message: &str) -> (&str, Option<Location>) {
    let read = || {
        let (said, at) = message.rsplit_once(" at Line: ")?;
        let (line, column) = at.split_once(", Column: ")?;
        Some((said, Location::new(line.parse().ok()?, column.trim_end_matches('.').parse().ok()?)))
    };
    read().map_or((message, None), |(said, at)| (said, Some(at)))
}
