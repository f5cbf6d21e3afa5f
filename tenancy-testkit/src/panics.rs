//! Panics that a test's author can read.

use std::error::Error;
use std::fmt::Write as _;
use std::future::Future;
use std::panic::Location;

/// A panic that names the test's line: `#[track_caller]` does not reach into an `async fn`.
#[track_caller]
pub(crate) fn or_panic<T, E: Error + Send>(
    result: impl Future<Output = Result<T, E>> + Send,
) -> impl Future<Output = T> + Send {
    let caller = Location::caller();
    async move {
        match result.await {
            Ok(value) => value,
            Err(error) => panic!("{caller}: {}", chain(&error)),
        }
    }
}

/// An error and its causes, on a line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
