//! [`Verifier`]: what decides whether a credential is genuine.

use std::future::Future;

use crate::auth::{AuthError, Verified};

/// Decides whether a credential is genuine and which tenant it speaks for.
///
/// **Isolation trusts every implementation.** Whatever a verifier accepts becomes a token: one that reads the tenant
/// from an unsigned header gives every caller every tenant. The verifiers of this crate enter an
/// [`Authority`](crate::Authority) through [`Authority::new`](crate::Authority::new); yours enters through
/// [`danger::authority`](crate::danger::authority), with a reason, so that a review finds it.
///
/// An implementation must
/// - check a signature, a MAC or a secret's hash before it believes anything that the credential says,
/// - take the tenant from what was signed or from its own store, never from what the caller merely claims,
/// - give the real expiry, as short as can be borne: a token is believed until then,
/// - keep credentials and what they hold out of errors and logs.
pub trait Verifier: Send + Sync + 'static {
    /// Accepts a credential, saying what it proves, or refuses it.
    fn verify(&self, credential: &str) -> impl Future<Output = Result<Verified, AuthError>> + Send;

    /// Whether a first poll is the last one as a rule, and dropping the future after it loses nothing: then an answer costs
    /// no allocation for waiting. False unless said otherwise.
    #[doc(hidden)]
    const ANSWERS_AT_ONCE: bool = false;
}

/// A verifier of this crate. Sealed: see [`danger::authority`](crate::danger::authority) for one of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a verifier of this crate",
    label = "isolation would trust whatever this accepts",
    note = "use `JwtVerifier`, `ServiceVerifier` or `OpaqueVerifier`, or say why it can be trusted: `danger::authority(verifier, Reason::new(\"…\"))`"
)]
pub trait BuiltIn: Verifier + sealed::Sealed {}

pub(super) mod sealed {
    pub trait Sealed {}
}
