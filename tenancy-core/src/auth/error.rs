//! [`AuthError`]: why a credential was refused.

use std::fmt;

/// Why a credential was refused. No variant carries any part of the credential.
///
/// The variants are for logs and metrics. To a client all of them are one answer, 401: telling a stranger which check
/// failed helps only the stranger.
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
    /// A verifier of one's own refused the credential.
    #[error("the credential was refused")]
    Refused,
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
            Self::Tenant => "tenant claim",
        })
    }
}
