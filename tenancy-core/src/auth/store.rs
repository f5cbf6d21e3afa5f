//! [`StoreError`]: a store of identities did not answer.

use std::error::Error;
use std::fmt;

/// A store did not answer. What it said goes to the log, and never to a client.
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what went wrong. Its text is logged: it must hold no secrets.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store did not answer: {}", self.0)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreError").field(&self.0).finish()
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Says nothing of values: of the database's own errors the code alone.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(crate::Error::from_driver(error, "identity"))
    }
}
