//! Running programs: each is shown before it runs, and its exit code is passed on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why a chore ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The root of this repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A program that runs at the root of this repository.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    // What cargo tells this program of itself: build scripts that ask for it would run again, and their crates be
    // compiled again, each time that somebody runs cargo without this.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Says what is about to happen.
pub(crate) fn announce(what: impl fmt::Display) {
    // To the same stream as cargo's and rustc's own words, so that the order is right.
    eprintln!("\n==> {what}");
}

/// Shows and runs a command, and waits for it.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = show(command);
    announce(&shown);
    let status = command.status().map_err(|error| Failure::new(format!("cannot run `{shown}`: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure { message: format!("`{shown}` failed ({status})"), code })
}

/// Runs a command in silence. `None`: it cannot be run, or it failed.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(std::process::Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is on the `PATH`.
pub(crate) fn is_installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// A command as one would type it, with the variables that it sets.
pub(crate) fn show(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    let variables = variables.map(|(name, value)| format!("{name}={}", quote(value)));
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let words = std::iter::once(program).chain(command.get_args().map(|word| word.to_string_lossy()));
    variables.chain(words.map(|word| quote(&word))).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_one_would_type_them() {
        let mut command = Command::new("/home/me/.cargo/bin/cargo");
        command.args(["doc", "--no-deps", "it's", ""]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(show(&command), r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s' ''");
    }

    #[test]
    fn the_exit_code_is_passed_on() {
        let failure = run(Command::new("sh").args(["-c", "exit 101"])).unwrap_err();
        assert_eq!(failure.code(), 101);
        let failure = run(Command::new("/nowhere/at-all").arg("x")).unwrap_err();
        assert_eq!(failure.code(), 1);
        assert!(failure.to_string().starts_with("cannot run `at-all x`"), "{failure}");
    }
}
