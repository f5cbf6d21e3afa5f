//! [`Refusal`]: what is wrong at a place of the literal, and how the user is shown the place.
//!
//! A macro of stable Rust can point at a literal, and not into it. So the message itself shows the line.

use std::fmt;
use std::ops::Range;

/// Why a statement is not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Bytes of the literal; an empty range is the whole of it.
    pub(super) at: Range<usize>,
    what: String,
    mend: String,
}

impl Refusal {
    pub(super) fn new(at: Range<usize>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { at, what: what.into(), mend: mend.into() }
    }

    /// The message, with the line of `text` that it is about.
    pub(super) fn shown_in<'a>(&'a self, text: &'a str) -> impl fmt::Display + 'a {
        Shown { refusal: self, text }
    }
}

struct Shown<'a> {
    refusal: &'a Refusal,
    text: &'a str,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { at, what, mend } = self.refusal;
        writeln!(f, "{what}")?;
        if let Some(before) = self.text.get(..at.start).filter(|_| !at.is_empty()) {
            let number = before.matches('\n').count() + 1;
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = self.text[start..].lines().next().unwrap_or_default();
            let marked = self.text.get(at.clone()).unwrap_or_default().lines().next().unwrap_or_default();
            // Tabs are as wide as a space here, so that the marks stand below what they mark.
            let shown = line.replace('\t', " ");
            let margin = number.to_string();
            writeln!(f, "{margin} | {shown}")?;
            writeln!(
                f,
                "{} | {}{}",
                " ".repeat(margin.len()),
                " ".repeat(before[start..].chars().count()),
                "^".repeat(marked.chars().count().max(1)),
            )?;
        }
        write!(f, "{mend}")
    }
}
