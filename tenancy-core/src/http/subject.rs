//! A subject in a line of a log: it was verified, and it is still whatever somebody once registered as.

use std::fmt::{self, Write as _};

/// In characters.
const LONGEST: usize = 128;

/// Shows a subject without anything that ends a line, moves a cursor or turns the direction of writing.
pub(super) struct Sanitized<'s>(pub(super) &'s str);

impl fmt::Display for Sanitized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(LONGEST) {
            for shown in character.escape_debug() {
                f.write_char(shown)?;
            }
        }
        if characters.next().is_some() { f.write_char('…') } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_of_plain_text() {
        let hostile = "alice\r\nINFO forged\u{1b}[2J\u{202e}\u{2028}\0\u{85}";
        let shown = Sanitized(hostile).to_string();
        assert!(shown.starts_with("alice\\r\\nINFO forged"), "{shown}");
        assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown:?}");
        assert_eq!(Sanitized(&"x".repeat(1000)).to_string().chars().count(), LONGEST + 1);
        assert_eq!(Sanitized("zoë").to_string(), "zoë");
    }
}
