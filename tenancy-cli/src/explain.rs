//! `--explain`: what a code means, how it is attacked and how it is mended. The texts stand in `explain/codes.md`.

use std::fmt::Write as _;

use tenancy_core::schema::{Code, Severity};

use crate::failure::{Failure, Outcome};
use crate::style;

const TEXTS: &str = include_str!("explain/codes.md");

/// The text of a code, as Markdown without its heading.
pub(crate) fn text(code: &str) -> Option<&'static str> {
    sections().find(|(name, _)| *name == code).map(|(_, text)| text)
}

/// Each code and its text.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEXTS.split("\n## ").skip(1).filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        Some((name.trim(), text.trim()))
    })
}

/// `--explain CODE`, and `--explain` of all.
pub(crate) fn run(code: &str) -> Result<Outcome, Failure> {
    if code.is_empty() {
        crate::output::write(format_args!("{}", list()));
        return Ok(Outcome::Clean);
    }
    let wanted = code.to_ascii_uppercase();
    // A code's number is enough where one code has it: `T01`.
    let named: Vec<&Code> = Code::all()
        .iter()
        .filter(|known| known.code == wanted || known.code.split('-').next() == Some(&wanted))
        .collect();
    match named[..] {
        [known] => {
            let text = text(known.code).unwrap_or(known.meaning);
            crate::output::line!(
                "{} ({})\n\n{}\n\n{text}",
                style::bold(known.code),
                severity(known),
                known.meaning
            );
            Ok(Outcome::Clean)
        }
        _ => Err(Failure::usage(format!("{code:?} is no code of the doctor's{}", alike(&wanted)))
            .mend("list them: cargo tenancy doctor --explain")),
    }
}

/// Every code with its meaning.
fn list() -> String {
    let mut text = String::new();
    for code in Code::all() {
        let _ = writeln!(text, "{:<24} {:<8} {}", code.code, code.severity.to_string(), code.meaning);
    }
    text
}

fn severity(code: &Code) -> String {
    let decides = if code.decides { "; `TenantDb::connect` refuses it" } else { "" };
    format!("{}{decides}", code.severity)
}

/// The codes that begin as the word does.
fn alike(wanted: &str) -> String {
    let head: String = wanted.chars().take(3).collect();
    let alike: Vec<_> =
        Code::all().iter().map(|code| code.code).filter(|code| code.starts_with(&head)).collect();
    if head.is_empty() || alike.is_empty() { String::new() } else { format!(": is it {}?", alike.join(", ")) }
}

/// The word for a severity, in its colour.
pub(crate) fn painted(severity: Severity) -> String {
    match severity {
        Severity::Error => style::error(severity).to_string(),
        Severity::Warning => style::warning(severity).to_string(),
        _ => style::note(severity).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_with_its_attack_and_its_mend() {
        let explained: Vec<_> = sections().map(|(name, _)| name).collect();
        let known: Vec<_> = Code::all().iter().map(|code| code.code).collect();
        assert_eq!(explained, known, "codes.md has a section for each code, in the order of the codes");
        for (name, text) in sections() {
            assert!(text.contains("**Attack.**") && text.contains("**Mend.**"), "{name} lacks a part");
            assert!(!text.starts_with("**"), "{name} begins with what is found");
        }
    }
}
