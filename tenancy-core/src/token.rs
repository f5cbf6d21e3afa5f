//! [`TenantToken`]: proof that a tenant was verified.
//!
//! **This is the file to audit.** The fields of a token are private to this module, and a token is built in exactly
//! one place: `Authority::mint`, at the end of this file, after the authority's verifier has accepted a
//! credential. What is absent is the point: there is no constructor, `Default`, `From`, `FromStr`, `Deserialize` or
//! `Serialize`, and no test back door. `tests/one_mint.rs` walks the sources and holds this.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::TenantId;
use crate::auth::{AuthError, Authority, AuthorityId};

/// Proof that a credential was verified and that it speaks for one tenant, until it expires.
///
/// It comes out of [`Authority::authenticate`] and out of nowhere else. Every statement on a tenant-scoped entity
/// asks for one. Cloning it is a reference count.
///
/// A token knows which authority minted it. A [`TenantDb`](crate::TenantDb) names the authorities that it trusts and
/// refuses the tokens of all others, so that an authority made with a key of one's own opens nothing.
///
/// A token never leaves the process: it cannot be serialized. What travels (a job, a webhook) carries a credential
/// that is verified again.
#[derive(Clone)]
pub struct TenantToken {
    proven: Arc<Proven>,
}

struct Proven {
    authority: AuthorityId,
    tenant: TenantId,
    subject: Box<str>,
    expires_at: SystemTime,
}

impl TenantToken {
    /// The tenant that this token speaks for.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.proven.tenant
    }

    /// Who presented the credential: the `sub` claim of a JWT, the purpose of a service grant.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.proven.subject
    }

    /// When statements with this token begin to be refused: the credential's expiry plus the verifier's leeway.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.proven.expires_at
    }

    /// Whether [`expires_at`](Self::expires_at) has come.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        SystemTime::now() >= self.proven.expires_at
    }

    /// The authority that minted this token.
    #[must_use]
    pub fn authority(&self) -> AuthorityId {
        self.proven.authority
    }
}

/// Shows tenant, authority and expiry. The subject is personal data and stays out of logs.
impl fmt::Debug for TenantToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantToken")
            .field("tenant", &self.proven.tenant)
            .field("authority", &self.proven.authority)
            .field("expires_at", &self.proven.expires_at)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Verifies a credential and mints the token of the tenant that it speaks for.
    ///
    /// For a [`JwtVerifier`](crate::auth::JwtVerifier) the credential is the compact JWT, without `Bearer `.
    ///
    /// # Errors
    ///
    /// [`AuthError`] says why the credential was refused, and never repeats any part of it.
    pub async fn authenticate(&self, credential: &str) -> Result<TenantToken, AuthError> {
        self.mint(credential, None).await
    }

    /// As [`authenticate`](Self::authenticate), for a tenant that the request asks for. Asking proves nothing: the credential
    /// must speak for that tenant, or the [memberships](Self::with_memberships) must know its subject as a member.
    ///
    /// # Errors
    ///
    /// As [`authenticate`](Self::authenticate); [`AuthError::NotItsTenant`], [`AuthError::NotAMember`],
    /// [`AuthError::UnknownTenant`] and [`AuthError::Suspended`] are one answer to a client.
    pub async fn authenticate_for(
        &self,
        credential: &str,
        tenant: TenantId,
    ) -> Result<TenantToken, AuthError> {
        self.mint(credential, Some(tenant)).await
    }

    /// **The one mint.**
    async fn mint(&self, credential: &str, asked: Option<TenantId>) -> Result<TenantToken, AuthError> {
        let verified = self.verify(credential).await?;
        if SystemTime::now() >= verified.expires_at() {
            return Err(AuthError::Expired);
        }
        let tenant = self.admit(&verified, asked).await?;
        Ok(TenantToken {
            proven: Arc::new(Proven {
                authority: self.id(),
                tenant,
                expires_at: verified.expires_at(),
                subject: verified.into_subject(),
            }),
        })
    }
}
