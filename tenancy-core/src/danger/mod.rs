//! The ways around the guarantees. Each takes a [`Reason`], so that a review finds it with `grep danger`.
//!
//! # What is lost
//!
//! [`authority`] lets a verifier that is not ours mint tokens. From then on isolation is as good as that verifier:
//! whatever it accepts reads and writes the tenant that it names.
//!
//! [`CrossTenant`] reads the rows of every tenant, on a login that row-level security does not hold. Whoever has its
//! credentials has everybody's rows; what is left is that it writes nothing, and that each use is written down.

mod cross_tenant;

pub use self::cross_tenant::{
    CrossCount, CrossSelect, CrossTenant, CrossTenantBuilder, CrossTenantSql, CrossTenantTx,
};
#[cfg(feature = "jwt")]
pub use self::cross_tenant::{Outcome, Sweep, Swept, SweptError};

use crate::auth::{Authority, Verifier};

/// Why a guarantee is given up. It is for the reader of the code.
#[derive(Debug, Clone, Copy)]
pub struct Reason(&'static str);

impl Reason {
    /// States the reason: what makes this safe, or who has accepted the risk.
    ///
    /// # Panics
    ///
    /// When the reason is empty; in a `const` that is a compile error.
    #[must_use]
    pub const fn new(reason: &'static str) -> Self {
        assert!(!reason.is_empty(), "a reason must say something");
        Self(reason)
    }

    /// The reason, as it was stated.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

/// An authority that believes a verifier of your own. See [`Verifier`] for what it must do.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tenancy_core::TenantId;
/// use tenancy_core::auth::{AuthError, Verified, Verifier};
/// use tenancy_core::danger::{self, Reason};
///
/// /// Asks the company's session service, over mutual TLS.
/// struct Sessions;
/// # async fn ask_the_session_service(_: &str) -> Option<(TenantId, String)> { None }
///
/// impl Verifier for Sessions {
///     async fn verify(&self, session: &str) -> Result<Verified, AuthError> {
///         let (tenant, user) = ask_the_session_service(session).await.ok_or(AuthError::Refused)?;
///         Ok(Verified::new(tenant, user, SystemTime::now() + Duration::from_secs(60)))
///     }
/// }
///
/// let authority = danger::authority(Sessions, Reason::new("the session service verifies; reviewed in SEC-12"));
/// # let _ = authority;
/// ```
#[must_use]
pub fn authority<V: Verifier>(verifier: V, reason: Reason) -> Authority {
    let authority = Authority::from_any(verifier);
    tracing::info!(?authority, reason = reason.as_str(), "an authority of one's own was created");
    authority
}
