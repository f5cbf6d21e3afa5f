//! [`Verified`]: what an accepted credential proves.

use std::time::SystemTime;

use crate::TenantId;
use crate::auth::AuthError;
#[cfg(feature = "identity")]
use crate::auth::Presented;

/// What an accepted credential proves. Plain data: only an [`Authority`](crate::Authority) makes a token of it.
#[derive(Debug)]
pub struct Verified {
    tenants: Tenants,
    subject: Box<str>,
    expires_at: SystemTime,
    issued_at: Option<SystemTime>,
    id: Option<Box<str>>,
}

/// The tenants that a credential says its subject may act for.
#[derive(Debug)]
enum Tenants {
    One(TenantId),
    /// One of these: the request says which.
    Several(Vec<TenantId>),
    /// It says who, and not for whom: the request says that, and memberships decide.
    Unsaid,
}

impl Verified {
    /// `subject` is who presented the credential; `expires_at` is when to stop believing it, leeway included.
    #[must_use]
    pub fn new(tenant: TenantId, subject: impl Into<Box<str>>, expires_at: SystemTime) -> Self {
        Self::with(Tenants::One(tenant), subject.into(), expires_at)
    }

    /// As [`new`](Self::new), of a credential that speaks for several tenants: each request says for which of them it is.
    #[must_use]
    pub fn of_several(tenants: Vec<TenantId>, subject: impl Into<Box<str>>, expires_at: SystemTime) -> Self {
        Self::with(Tenants::Several(tenants), subject.into(), expires_at)
    }

    /// As [`new`](Self::new), of a credential that says who, and not for which tenant. Each request says that, and an
    /// authority without [memberships](crate::Authority::with_memberships) mints nothing for it.
    #[must_use]
    pub fn of_user(subject: impl Into<Box<str>>, expires_at: SystemTime) -> Self {
        Self::with(Tenants::Unsaid, subject.into(), expires_at)
    }

    fn with(tenants: Tenants, subject: Box<str>, expires_at: SystemTime) -> Self {
        Self { tenants, subject, expires_at, issued_at: None, id: None }
    }

    /// When the credential was issued, for cut-offs.
    #[must_use]
    pub fn issued_at(mut self, issued_at: Option<SystemTime>) -> Self {
        self.issued_at = issued_at;
        self
    }

    /// The credential's own id, by which it can be revoked.
    #[must_use]
    pub fn id(mut self, id: Option<Box<str>>) -> Self {
        self.id = id;
        self
    }

    /// The tenant that is acted for. `members`: whether memberships are asked afterwards.
    pub(crate) fn choose(&self, asked: Option<TenantId>, members: bool) -> Result<TenantId, AuthError> {
        match (&self.tenants, asked) {
            (Tenants::One(tenant), None) => Ok(*tenant),
            (Tenants::One(tenant), Some(asked)) if asked == *tenant => Ok(asked),
            (Tenants::Several(tenants), None) => match tenants.as_slice() {
                [tenant] => Ok(*tenant),
                _ => Err(AuthError::NoTenantChosen),
            },
            (Tenants::Several(tenants), Some(asked)) if tenants.contains(&asked) => Ok(asked),
            (Tenants::One(_) | Tenants::Several(_), Some(_)) => Err(AuthError::NotItsTenant),
            (Tenants::Unsaid, _) if !members => Err(AuthError::NoMemberships),
            (Tenants::Unsaid, None) => Err(AuthError::NoTenantChosen),
            (Tenants::Unsaid, Some(asked)) => Ok(asked),
        }
    }

    #[cfg(feature = "identity")]
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    pub(crate) fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    pub(crate) fn into_subject(self) -> Box<str> {
        self.subject
    }

    #[cfg(feature = "identity")]
    pub(crate) fn presented(&self, tenant: TenantId) -> Presented {
        Presented { tenant, subject: self.subject.clone(), id: self.id.clone(), issued_at: self.issued_at }
    }
}
