//! [`Errors`]: everything that is wrong with an entity, reported in one build.

use std::cell::RefCell;
use std::fmt::Display;
use std::thread;

use quote::ToTokens;

/// Collects errors, each with the token that it is about.
///
/// It must be read by [`finish`](Self::finish): an error that was found and then forgotten would let a wrong entity
/// through, so dropping it unread is a bug of this crate, and panics.
pub(crate) struct Errors {
    /// `None` once read.
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())) }
    }

    /// Adds an error about some tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error.
    pub(crate) fn push(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }

    /// All errors as one.
    pub(crate) fn finish(self) -> syn::Result<()> {
        let found = self.found.borrow_mut().take().unwrap_or_default();
        found
            .into_iter()
            .reduce(|mut all, error| {
                all.combine(error);
                all
            })
            .map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if self.found.get_mut().is_some() && !thread::panicking() {
            panic!("errors were collected and never read");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "never read")]
    fn errors_are_not_forgotten() {
        let _errors = Errors::new();
    }

    #[test]
    fn no_error_is_success() {
        assert!(Errors::new().finish().is_ok());
    }
}
