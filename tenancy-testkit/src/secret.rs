//! [`Secret`]: a random password or key that no `Debug` shows.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Sixty-four hexadecimal digits, safe in URLs, SQL literals and shell words.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// Unguessable: three random UUIDs carry 366 bits of the operating system's randomness.
    pub(crate) fn random() -> Self {
        let mut hash = Sha256::new();
        for _ in 0..3 {
            hash.update(Uuid::new_v4());
        }
        Self(hex(&hash.finalize()))
    }

    /// The same secret wherever `from` is known, and as hard to guess as `from` is.
    pub(crate) fn derived(from: &str, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [purpose, from] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hex(&hash.finalize()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
