//! [`Credential`]: an opaque secret, a session id or an API key.
//!
//! It is random and says nothing: what it stands for is in the store, and can be taken away there at once. Its first part is
//! an id, by which it is found; its second the secret, of which the store has the hash. So looking it up compares nothing
//! secret, and what is compared, is compared in constant time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::AuthError;

/// In bytes.
const SECRET: usize = 32;

/// What a credential is for. Each has a prefix of its own, by which scanners find secrets that leaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// Of a person's browser, in a cookie: `tns_…`.
    Session,
    /// Of a program: `tnk_…`.
    ApiKey,
}

impl CredentialKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "tns_",
            Self::ApiKey => "tnk_",
        }
    }

    /// As the store has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::ApiKey => "api key",
        }
    }
}

/// A session id or an API key that was just issued. It is shown to its owner once; the store has no more than its hash.
pub struct Credential {
    kind: CredentialKind,
    id: Uuid,
    secret: [u8; SECRET],
}

impl Credential {
    /// Of 256 random bits of the operating system's.
    pub(super) fn random(kind: CredentialKind) -> Result<Self, getrandom::Error> {
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret)?;
        Ok(Self { kind, id: Uuid::new_v4(), secret })
    }

    /// The text for its owner: a cookie's value, a header's.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        format!("{}{}", self.kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// By which it is listed and [revoked](super::PgIdentity::revoke). It is no secret.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn parse(kind: CredentialKind, text: &str) -> Result<Self, AuthError> {
        let encoded = text.strip_prefix(kind.prefix()).ok_or(AuthError::NotACredential)?;
        // Decoded into a buffer that fits nothing longer.
        let mut bytes = [0; 16 + SECRET + 3];
        let length =
            URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).map_err(|_| AuthError::NotACredential)?;
        let (id, secret) = bytes[..length].split_at_checked(16).ok_or(AuthError::NotACredential)?;
        let id = Uuid::from_slice(id).map_err(|_| AuthError::NotACredential)?;
        let secret = secret.try_into().map_err(|_| AuthError::NotACredential)?;
        Ok(Self { kind, id, secret })
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

/// Without the secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("kind", &self.kind).field("id", &self.id).finish_non_exhaustive()
    }
}
