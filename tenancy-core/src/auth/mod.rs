//! Authentication: from a credential to a [`TenantToken`](crate::TenantToken).
//!
//! A [`Verifier`] decides whether a credential is genuine and which tenant it speaks for. An [`Authority`] owns one
//! verifier and is the only thing that mints tokens. `JwtVerifier` is for users' requests, `ServiceVerifier` for work
//! that starts without a user, `OpaqueVerifier` for sessions and API keys; a verifier of one's own enters through [`danger`](crate::danger).

mod authority;
#[cfg(feature = "identity")]
mod directory;
mod error;
mod host;
#[cfg(feature = "identity")]
mod identity;
#[cfg(feature = "jwks")]
mod jwks;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "identity")]
mod membership;
#[cfg(feature = "identity")]
mod memo;
#[cfg(feature = "identity")]
mod revocation;
#[cfg(feature = "jwt")]
mod service;
#[cfg(feature = "identity")]
mod store;
mod verified;
mod verifier;

pub use self::authority::{Authority, AuthorityId};
#[cfg(feature = "identity")]
pub use self::directory::{Directory, DirectoryStore, Listing};
pub use self::error::{AuthError, Claim};
pub use self::host::{HostError, Hosts};
#[cfg(feature = "identity")]
pub use self::identity::{Credential, CredentialKind, IssueError, OpaqueVerifier, PgIdentity};
#[cfg(feature = "jwks")]
pub use self::jwks::{Jwks, JwksBuilder, JwksError};
#[cfg(feature = "jwt")]
pub use self::jwt::{JwtAlgorithm, JwtConfigError, JwtKey, JwtKeyError, JwtVerifier, JwtVerifierBuilder};
#[cfg(feature = "identity")]
pub use self::membership::{MembershipStore, Memberships, Standing};
#[cfg(feature = "identity")]
pub use self::revocation::{Presented, RevocationStore, Revocations};
#[cfg(feature = "jwt")]
pub use self::service::{ServiceError, ServiceKey, ServiceVerifier};
#[cfg(feature = "identity")]
pub use self::store::StoreError;
pub use self::verified::Verified;
pub use self::verifier::{BuiltIn, Verifier};
