//! Colours: a few words in a few of them, on a terminal that shows them, unless `NO_COLOR` or `--color` says otherwise.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use clap::builder::Styles;

/// When there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// For everything that is printed from here on.
pub(crate) fn choose(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const BLUE: Style = AnsiColor::Cyan.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// The help's own.
pub(crate) const HELP: Styles = Styles::styled().header(BOLD).usage(BOLD).literal(BLUE).placeholder(FAINT);

/// A text in a style. `anstream` takes the style out again where there are no colours.
pub(crate) struct Styled<T>(Style, T);

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0.render(), self.1, self.0.render_reset())
    }
}

pub(crate) fn error<T>(text: T) -> Styled<T> {
    Styled(RED, text)
}

pub(crate) fn warning<T>(text: T) -> Styled<T> {
    Styled(YELLOW, text)
}

pub(crate) fn good<T>(text: T) -> Styled<T> {
    Styled(GREEN, text)
}

pub(crate) fn note<T>(text: T) -> Styled<T> {
    Styled(BLUE, text)
}

pub(crate) fn faint<T>(text: T) -> Styled<T> {
    Styled(FAINT, text)
}

pub(crate) fn bold<T>(text: T) -> Styled<T> {
    Styled(BOLD, text)
}
