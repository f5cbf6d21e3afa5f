//! [`AuthError`]: why a credential was refused.

use std::fmt;

/// Why a credential was refused. No variant carries any part of the credential.
///
/// The variants are for logs and metrics. To a client they are few: telling a stranger which check failed helps only the
/// stranger. What is wrong with a credential is 401, whatever it is; what its subject may not do is 403, whether the tenant
/// exists or not; and what this server could not find out is 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The credential is longer than 16 KiB. It was not read.
    #[error("the credential is longer than 16 KiB")]
    TooLong,
    /// The credential is not a JWT: not three parts of base64url, or not JSON objects in them.
    #[error("the credential is not a JWT")]
    NotAJwt,
    /// A name stands twice in the header or among the claims. Readers differ in which of the two they believe.
    #[error("a name stands twice in the JWT")]
    DuplicateName,
    /// The header's `alg` is not the algorithm that the key is for. `none` is no algorithm.
    #[error("the JWT is not signed by the algorithm of its key")]
    WrongAlgorithm,
    /// The header's `kid` names no key of the verifier, or there is none and every key has a name.
    #[error("the JWT names no key of this verifier")]
    UnknownKey,
    /// The identity provider's keys are too old to be believed, and could not be fetched. The credential may be good: this
    /// is the server's failure (503), and no proof against the client.
    #[error("the identity provider's keys could not be fetched")]
    NoKeys,
    /// The header's `typ` says that this is something other than what the verifier reads (RFC 8725, section 3.11).
    #[error("the JWT is of another type")]
    WrongType,
    /// The header has `crit`: extensions that must be understood, and none is (RFC 7515, section 4.1.11).
    #[error("the JWT demands an extension")]
    CriticalExtension,
    /// The signature does not verify.
    #[error("the signature of the JWT does not verify")]
    BadSignature,
    /// A claim that must be there is not.
    #[error("the JWT has no {0}")]
    MissingClaim(Claim),
    /// A claim is not of the type that it must be of: a text that is not empty, a date that is a number and not
    /// negative, an audience that is a text or an array of texts, a tenant that is a hyphenated UUID.
    #[error("the {0} of the JWT is malformed")]
    MalformedClaim(Claim),
    /// The tenant claim is the nil UUID, which names nobody.
    #[error("the JWT names the nil tenant")]
    NilTenant,
    /// `iss` is another issuer.
    #[error("the JWT is of another issuer")]
    WrongIssuer,
    /// `aud` does not name this audience.
    #[error("the JWT is for another audience")]
    WrongAudience,
    /// The credential's expiry, with leeway, has passed.
    #[error("the credential has expired")]
    Expired,
    /// `exp` is further away than the verifier's `max_lifetime`.
    #[error("the JWT lives for too long")]
    LivesTooLong,
    /// `nbf`, with leeway, has not come yet.
    #[error("the JWT is not valid yet")]
    NotYetValid,
    /// `iat`, with leeway, has not come yet.
    #[error("the JWT was issued in the future")]
    IssuedInTheFuture,
    /// The credential is no session id or API key of ours.
    #[error("the credential is not of the form of a session id or an API key")]
    NotACredential,
    /// No such session or API key, or another secret.
    #[error("there is no such session or API key")]
    UnknownCredential,
    /// The credential was revoked, or it was issued before a cut-off.
    #[error("the credential was revoked")]
    Revoked,
    /// The credential speaks for several tenants or for none, and the request does not say for which one it is.
    #[error("the request does not say for which tenant it is")]
    NoTenantChosen,
    /// The request asks for another tenant than the credential speaks for.
    #[error("the credential does not speak for the tenant that the request asks for")]
    NotItsTenant,
    /// The credential says who, and not for which tenant, and the authority has no memberships to ask.
    #[error("the credential names no tenant, and this authority knows no memberships")]
    NoMemberships,
    /// The subject is no member of the tenant.
    #[error("the subject is no member of the tenant")]
    NotAMember,
    /// There is no such tenant.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// The tenant is suspended.
    #[error("the tenant is suspended")]
    Suspended,
    /// A store of memberships, revocations, credentials or labels did not answer. This is the server's failure (503), and no
    /// proof against the client.
    #[error("a store of identities did not answer")]
    NoStore,
    /// A verifier of one's own refused the credential.
    #[error("the credential was refused")]
    Refused,
}

impl AuthError {
    /// What the store said is logged here, since the error carries nothing.
    #[cfg(feature = "identity")]
    pub(super) fn store(error: &crate::auth::StoreError) -> Self {
        tracing::error!(target: "tenancy::auth", %error, "a store of identities did not answer");
        Self::NoStore
    }
}

/// A claim that a verifier reads (RFC 7519, section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// `iss`
    Issuer,
    /// `aud`
    Audience,
    /// `exp`
    Expiry,
    /// `nbf`
    NotBefore,
    /// `iat`
    IssuedAt,
    /// `sub`
    Subject,
    /// `jti`
    Id,
    /// The tenant claim, whatever its name.
    Tenant,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "issuer (`iss`)",
            Self::Audience => "audience (`aud`)",
            Self::Expiry => "expiry (`exp`)",
            Self::NotBefore => "`nbf`",
            Self::IssuedAt => "`iat`",
            Self::Subject => "subject (`sub`)",
            Self::Id => "`jti`",
            Self::Tenant => "tenant claim",
        })
    }
}
