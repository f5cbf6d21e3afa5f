//! Standard output. Whoever reads it may leave early (`| head`), which is no failure of ours, and no panic.

use std::fmt;
use std::io::{ErrorKind, Write as _};

/// What shells say of a program that wrote where nobody reads: 128 and the number of SIGPIPE.
const NOBODY_READS: i32 = 141;

/// Writes to standard output, with colours where there are any.
pub(crate) fn write(text: fmt::Arguments<'_>) {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_fmt(text).and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(NOBODY_READS),
        Err(error) => {
            anstream::eprintln!("{}: standard output: {error}", crate::style::error("error"));
            std::process::exit(3);
        }
    }
}

/// A line on standard output.
macro_rules! line {
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use line;
