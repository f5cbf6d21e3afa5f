//! Authentication: from a credential to a [`TenantToken`](crate::TenantToken).
//!
//! A [`Verifier`] decides whether a credential is genuine and which tenant it speaks for. An [`Authority`] owns one
//! verifier and is the only thing that mints tokens. `JwtVerifier` is for users' requests, `ServiceVerifier` for work
//! that starts without a user; a verifier of one's own enters through [`danger`](crate::danger).

mod authority;
mod error;
#[cfg(feature = "jwks")]
mod jwks;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "jwt")]
mod service;
mod verifier;

pub use self::authority::{Authority, AuthorityId};
pub use self::error::{AuthError, Claim};
#[cfg(feature = "jwks")]
pub use self::jwks::{Jwks, JwksBuilder, JwksError};
#[cfg(feature = "jwt")]
pub use self::jwt::{JwtAlgorithm, JwtConfigError, JwtKey, JwtKeyError, JwtVerifier, JwtVerifierBuilder};
#[cfg(feature = "jwt")]
pub use self::service::{ServiceError, ServiceKey, ServiceVerifier};
pub use self::verifier::{BuiltIn, Verified, Verifier};
