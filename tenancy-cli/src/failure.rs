//! How a command ends: [`Outcome`] when it did what it was asked for, [`Failure`] when it could not.
//!
//! Exit codes, which scripts may rely on:
//!
//! | code | |
//! |---|---|
//! | 0 | nothing to do: nothing found, no drift, or what was asked for is done |
//! | 1 | something was found: findings, drift, rows that do not fit |
//! | 2 | the command line cannot be read |
//! | 3 | it could not be done: no server, no file, or a refusal of either |
//! | 130 | interrupted by Ctrl-C |

use std::fmt;
use std::process::ExitCode;

use crate::style;

/// A command did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is nothing left to do.
    Clean,
    /// There is, and it was said.
    Found,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::SUCCESS,
            Outcome::Found => Self::from(1),
        }
    }
}

/// A command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// What to do.
    mend: Option<String>,
    code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), mend: None, code: 3 }
    }

    /// What the command line says cannot be meant.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(message) }
    }

    /// Ctrl-C: as shells have it, 128 and the number of the signal.
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self { code: 130, ..Self::new(message) }
    }

    /// With what to do about it.
    pub(crate) fn mend(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    pub(crate) fn print(&self) {
        anstream::eprintln!("{}: {}", style::error("error"), self.message);
        if let Some(mend) = &self.mend {
            anstream::eprintln!("  {} {mend}", style::note("mend:"));
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure.code)
    }
}

/// Of a file.
pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("{path}: {error}"))
}
