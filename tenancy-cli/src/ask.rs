//! A question before something is changed. Where nobody can answer, nothing is changed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;
use crate::style;

/// Whether to go on. `yes`: it was said already.
pub(crate) fn whether(question: &str, yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(
            Failure::usage(format!("{question} Nobody is here to answer")).mend("say --yes when it is meant")
        );
    }
    anstream::eprint!("{} [y/N] ", style::bold(question));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| Failure::new(format!("the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
