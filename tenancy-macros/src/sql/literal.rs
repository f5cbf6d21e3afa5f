//! The literal of `sql!`: which `{…}` stand in it, and what is left for the parser.
//!
//! A `{…}` is a place only where SQL reads code: within a string, a quoted name or a comment it is text. So the literal is
//! read once by PostgreSQL's lexical rules ([manual, 4.1](https://www.postgresql.org/docs/current/sql-syntax-lexical.html)),
//! and what those rules and the parser might read in two ways is refused or blanked: comments, dollar quotes, `U&'…'`, and
//! spaces that are none for PostgreSQL.
//!
//! The parser gets an identifier in place of each `{…}`, which reads as a table, a function or a value alike. PostgreSQL
//! gets the same text, with what the macro puts there instead.

use std::ops::Range;

use crate::sql::refusal::Refusal;

/// The longest literal, in bytes: the parser and the checks go down into what is nested, on the compiler's stack.
pub(super) const LONGEST: usize = 16 * 1024;

/// A literal, taken apart.
pub(super) struct Literal {
    /// The text between the places: one more than there are places.
    pub(super) segments: Vec<String>,
    pub(super) places: Vec<Place>,
}

/// One `{…}`.
pub(super) struct Place {
    /// What stands between the braces.
    pub(super) rust: String,
    /// With the braces, in bytes of the literal.
    pub(super) at: Range<usize>,
}

impl Literal {
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::new(
                0..0,
                format!("this statement is longer than {LONGEST} bytes"),
                "split it, or run it by `TenantTx::raw`",
            ));
        }
        Reader { text, at: 0, literal: Self { segments: vec![String::new()], places: Vec::new() } }.read()
    }

    /// What the parser reads: each place is a quoted identifier that no user can write.
    pub(super) fn for_parser(&self) -> String {
        let mut text = self.segments[0].clone();
        for (i, segment) in self.segments[1..].iter().enumerate() {
            text.push_str(&format!("\"{{{i}}}\""));
            text.push_str(segment);
        }
        text
    }

    /// Which place an identifier of [`for_parser`](Self::for_parser) stands for.
    pub(super) fn place_of(ident: &sqlparser::ast::Ident) -> Option<usize> {
        ident.quote_style?;
        ident.value.strip_prefix('{')?.strip_suffix('}')?.parse().ok()
    }

    /// Where something of the parser's text stands in the literal.
    pub(super) fn origin(&self, in_parser: usize) -> usize {
        let (mut parsed, mut origin) = (0, 0);
        for (i, segment) in self.segments.iter().enumerate() {
            if in_parser <= parsed + segment.len() {
                return origin + in_parser.saturating_sub(parsed);
            }
            let Some(place) = self.places.get(i) else { break };
            parsed += segment.len() + format!("\"{{{i}}}\"").len();
            origin = place.at.end;
            if in_parser < parsed {
                return place.at.start;
            }
        }
        origin + self.segments.last().map_or(0, String::len)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    literal: Literal,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Literal, Refusal> {
        while let Some(next) = self.peek() {
            let start = self.at;
            match next {
                '{' => {
                    self.place()?;
                    continue;
                }
                '}' => return Err(self.refuse(1, "a `}` without a `{`", "remove it")),
                '\'' => self.string()?,
                '"' => self.quoted_name()?,
                '-' if self.rest().starts_with("--") => {
                    let end = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
                    self.blank(end);
                    continue;
                }
                '/' if self.rest().starts_with("/*") => {
                    let end = self.end_of_comment()?;
                    self.blank(end);
                    continue;
                }
                '$' => return Err(self.dollar()),
                '\0' => {
                    return Err(self.refuse(1, "a NUL byte, which PostgreSQL does not read", "remove it"));
                }
                c if c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n' | '\r') => {
                    return Err(self.refuse(
                        c.len_utf8(),
                        "a space that is none for PostgreSQL",
                        "write an ordinary space",
                    ));
                }
                c if is_name(c) => self.word()?,
                c => self.at += c.len_utf8(),
            }
            self.keep(start);
        }
        Ok(self.literal)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes what was read since `start` over as it is.
    fn keep(&mut self, start: usize) {
        let read = &self.text[start..self.at];
        self.literal.segments.last_mut().expect("there is always one").push_str(read);
    }

    /// Takes over spaces and line ends alone, so that every other byte stays where it was.
    fn blank(&mut self, length: usize) {
        let segment = self.literal.segments.last_mut().expect("there is always one");
        let comment = self.text[self.at..self.at + length].bytes();
        segment.extend(comment.map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        self.at += length;
    }

    fn refuse(&self, length: usize, what: &str, mend: &str) -> Refusal {
        Refusal::new(self.at..self.at + length, what, mend)
    }

    /// A word, and the string that its letter may prefix: `E'…'`.
    fn word(&mut self) -> Result<(), Refusal> {
        let length = self.rest().find(|c| !is_name(c) && c != '$').unwrap_or(self.rest().len());
        let (word, rest) = self.rest().split_at(length);
        let prefix = word.to_ascii_lowercase();
        if rest.starts_with("&'") || rest.starts_with("&\"") {
            if prefix == "u" {
                return Err(self.refuse(
                    length + 2,
                    "`U&` hides what stands there",
                    "write the characters themselves",
                ));
            }
        } else if rest.starts_with('\'') && !matches!(&*prefix, "e" | "b" | "x" | "n") && length == 1 {
            // Another letter before a string is read in many ways by many servers.
            return Err(self.refuse(length, "a letter before a string", "leave a space between them"));
        }
        self.at += length;
        if prefix == "e" && self.peek() == Some('\'') { self.escape_string() } else { Ok(()) }
    }

    /// `'…'`, with `''` for a quote.
    fn string(&mut self) -> Result<(), Refusal> {
        self.until_quote('\'', false, "this string does not end")
    }

    /// `E'…'`, with `\'` for a quote as well.
    fn escape_string(&mut self) -> Result<(), Refusal> {
        self.until_quote('\'', true, "this string does not end")
    }

    fn quoted_name(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.until_quote('"', false, "this name does not end")?;
        if self.text[start..self.at].contains(['{', '}']) {
            return Err(Refusal::new(
                start..self.at,
                "a name with a brace in it",
                "names come from entities: write `{Entity}`",
            ));
        }
        Ok(())
    }

    fn until_quote(&mut self, quote: char, escapes: bool, open: &str) -> Result<(), Refusal> {
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((i, c)) = chars.next() {
            if c == '\\' && escapes {
                chars.next();
            } else if c == quote {
                if chars.next_if(|(_, next)| *next == quote).is_none() {
                    self.at += i + 1;
                    return Ok(());
                }
            } else if c == '\0' {
                break;
            }
        }
        Err(self.refuse(1, open, "end it with another quote"))
    }

    /// The length of a comment, in which others may be nested.
    fn end_of_comment(&self) -> Result<usize, Refusal> {
        let (bytes, mut depth, mut i) = (self.rest().as_bytes(), 0, 0);
        while i < bytes.len() {
            match &bytes[i..] {
                [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
                [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
                _ => i += 1,
            }
            if depth == 0 {
                return Ok(i);
            }
        }
        Err(self.refuse(2, "this comment does not end", "end it with `*/`"))
    }

    fn dollar(&self) -> Refusal {
        let digits = self.rest()[1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            self.refuse(
                1 + digits,
                "parameters are numbered by `sql!`",
                "write the value in braces: `{value}`",
            )
        } else {
            self.refuse(1, "a dollar quote", "write the string as `'…'`")
        }
    }

    /// `{…}`: to the brace that closes it for Rust.
    fn place(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        let length = self.end_of_place()?;
        let rust = self.rest()[1..length - 1].to_owned();
        self.at += length;
        if rust.trim().is_empty() {
            return Err(Refusal::new(
                start..self.at,
                "nothing stands between these braces",
                "name an entity, `{Project}`, or a value, `{status}`",
            ));
        }
        self.literal.places.push(Place { rust, at: start..self.at });
        self.literal.segments.push(String::new());
        Ok(())
    }

    fn end_of_place(&self) -> Result<usize, Refusal> {
        let mut depth = 0_usize;
        let mut chars = self.rest().char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(i + 1);
                    }
                }
                '"' => {
                    while let Some((_, inside)) = chars.next() {
                        match inside {
                            '\\' => drop(chars.next()),
                            '"' => break,
                            _ => {}
                        }
                    }
                }
                // A character, and no lifetime.
                '\'' => {
                    let mut ahead = chars.clone().map(|(_, c)| c);
                    match (ahead.next(), ahead.next()) {
                        (Some('\\'), Some(_)) => {
                            chars.next();
                            chars.next();
                            chars.by_ref().find(|(_, c)| *c == '\'');
                        }
                        (Some(_), Some('\'')) => {
                            chars.next();
                            chars.next();
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        Err(self.refuse(1, "this brace is not closed", "close it with `}`"))
    }
}

/// What names and keywords are made of; digits too, so that a number is skipped as a whole.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace())
}
