//! What the verifiers of this crate accept and refuse, through the public API, with tokens that are really signed.
//!
//! Every refusal stands beside the token that it differs from by one defect, and that one is accepted first: a test
//! that refuses for the wrong reason proves nothing.

#![cfg(feature = "jwt")]

mod builder;
mod claims;
mod common;
mod dates;
mod duplicates;
mod header;
#[cfg(all(feature = "axum", feature = "jwks"))]
mod hostile;
mod jwk;
#[cfg(feature = "jwks")]
mod jwks;
mod keys;
#[cfg(feature = "identity")]
mod memberships;
mod secrecy;
mod service;
mod shape;
mod signature;
#[cfg(feature = "jwks")]
mod storm;
