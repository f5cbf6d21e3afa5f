//! [`JwtVerifier`]: JSON Web Tokens (RFC 7519), with the advice of RFC 8725 as rules.
//!
//! A verifier is strict where libraries are lenient by default: issuer, audience, expiry, subject and tenant must be
//! there and be well-formed, dates in the future are refused, and so are lifetimes without end, unknown extensions,
//! names that stand twice and tokens of another type. The signature is checked before any claim is read.

mod jwk;
mod key;
mod parse;
mod public_key;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

pub use self::key::{JwtAlgorithm, JwtKey, JwtKeyError};
pub(super) use self::parse::{Object, Unverified};
#[cfg(feature = "jwks")]
use crate::auth::Jwks;
use crate::auth::verifier::sealed::Sealed;
use crate::auth::{AuthError, BuiltIn, Claim, Verified, Verifier};
use crate::{InvalidTenantId, TenantId};

/// More leeway than this is not a clock's inaccuracy.
const MOST_LEEWAY: Duration = Duration::from_secs(5 * 60);

/// Verifies JWTs that a user presents.
///
/// Keys are configured here; none is ever taken from a token, nor from an address that a token names.
///
/// A JWT is accepted when all of this holds; [`AuthError`] has a variant for each. `null` is as good as absent.
///
/// - It has at most 16 KiB, and no name stands twice in its header or among its claims.
/// - `kid` names a key, or there is no `kid` and one key has no name. `alg` is that key's algorithm.
/// - `typ` is `JWT` or `at+jwt` (RFC 9068), in any case, with `application/` or without; it may be left out, since many
///   providers do. Any other type was made for something else (RFC 8725, section 3.11). There is no `crit`.
/// - The signature verifies. Only then are the claims read.
/// - `iss` is the issuer, and `aud` names one of the audiences.
/// - `exp` is there, has not passed, and is not further away than `max_lifetime`. `nbf` and `iat`, where they are
///   there, have come. All of them within leeway.
/// - `jti`, where it is there, is a text: by it a token can be revoked.
/// - The tenant claim is a hyphenated UUID that is not nil, and `sub` is a text that is not empty: a token says who
///   acts. A machine has a name as well; work without a user has a [`ServiceVerifier`](crate::auth::ServiceVerifier).
///
/// ```
/// use tenancy_core::Authority;
/// use tenancy_core::auth::{JwtAlgorithm, JwtKey, JwtVerifier};
///
/// let key = JwtKey::from_secret(JwtAlgorithm::HS256, b"at least as long as the hash, 32 bytes")?;
/// let verifier = JwtVerifier::builder()
///     .issuer("https://id.example.com")
///     .audience("api")
///     .tenant_claim("org_id")
///     .key(key)
///     .build()?;
/// let authority = Authority::new(verifier);
/// # let _ = authority;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JwtVerifier {
    keys: Keys,
    rules: Rules,
    tenant: TenantClaim,
}

/// Where a token names its tenant.
#[derive(Debug)]
enum TenantClaim {
    One(Box<str>),
    Several(Box<str>),
    Nowhere,
}

/// Where the keys are.
#[derive(Debug)]
enum Keys {
    Fixed(Vec<JwtKey>),
    #[cfg(feature = "jwks")]
    Published(Jwks),
}

/// Builds a [`JwtVerifier`].
#[must_use = "a builder does nothing until `build`"]
#[derive(Debug)]
pub struct JwtVerifierBuilder {
    keys: Vec<JwtKey>,
    published: Option<Keys>,
    issuer: Option<Box<str>>,
    audiences: Vec<Box<str>>,
    tenant: TenantClaim,
    leeway: Duration,
    max_lifetime: Duration,
}

/// Why a verifier could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtConfigError {
    /// No issuer, or an empty one.
    #[error("no issuer was given: call `issuer`")]
    NoIssuer,
    /// No audience, or an empty one. Without it a token for any other service of the issuer would do.
    #[error("no audience was given: call `audience`")]
    NoAudience,
    /// No key.
    #[error("no key was given: call `key` or `jwks`")]
    NoKey,
    /// Keys of one's own beside published ones: it would be a matter of chance which of two with one name counts.
    #[error("keys were given and published ones as well: call `key` or `jwks`")]
    KeysTwice,
    /// Two keys have one `kid`, or none: it would be a matter of chance which of them counts.
    #[error("two keys have the same kid, or none: give each its own")]
    AmbiguousKeys,
    /// The tenant claim has no name, or that of a claim which says something else.
    #[error("the tenant claim cannot be called that")]
    TenantClaim,
    /// More leeway than five minutes.
    #[error("leeway is for clocks that differ: five minutes at the most")]
    TooMuchLeeway,
    /// A lifetime of nothing refuses everything.
    #[error("max_lifetime must be more than zero")]
    NoLifetime,
}

impl JwtVerifier {
    /// Begins to describe a verifier. Issuer, audience and a key are required.
    pub fn builder() -> JwtVerifierBuilder {
        JwtVerifierBuilder {
            keys: Vec::new(),
            published: None,
            issuer: None,
            audiences: Vec::new(),
            tenant: TenantClaim::One("tenant_id".into()),
            leeway: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Checks with the key that the header names, or the one that has no name. Never with a key that merely fits.
    async fn check(&self, token: &Unverified<'_>) -> Result<Object, AuthError> {
        let kid = match token.header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(AuthError::UnknownKey),
        };
        let check = |keys: &[JwtKey]| {
            let key = keys.iter().find(|key| key.name() == kid).ok_or(AuthError::UnknownKey)?;
            self.rules.check(token, key)
        };
        match &self.keys {
            Keys::Fixed(keys) => check(keys),
            #[cfg(feature = "jwks")]
            Keys::Published(jwks) => check(&jwks.with_key(kid).await?),
        }
    }
}

impl Sealed for JwtVerifier {}
impl BuiltIn for JwtVerifier {}

impl Verifier for JwtVerifier {
    async fn verify(&self, credential: &str) -> Result<Verified, AuthError> {
        let token = Unverified::parse(credential)?;
        let claims = self.check(&token).await?;
        let subject = claims.text("sub", Claim::Subject)?;
        let expires_at = self.rules.expires_at(&claims)?;
        let verified = match &self.tenant {
            TenantClaim::One(name) => Verified::new(tenant(&claims, name)?, subject, expires_at),
            TenantClaim::Several(name) => Verified::of_several(tenants(&claims, name)?, subject, expires_at),
            TenantClaim::Nowhere => Verified::of_user(subject, expires_at),
        };
        let issued_at = claims.date("iat", Claim::IssuedAt)?;
        let issued_at = issued_at.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        // What is no text is no id by which anything could be revoked.
        let id = claims.get("jti").map(|id| id.as_str().ok_or(AuthError::MalformedClaim(Claim::Id)));
        Ok(verified.issued_at(issued_at).id(id.transpose()?.map(Into::into)))
    }

    /// Keys that are known are looked up and used without waiting; a fetch goes on without whoever waits for it.
    const ANSWERS_AT_ONCE: bool = true;
}

/// The tenant that a claim names.
pub(super) fn tenant(claims: &Object, name: &str) -> Result<TenantId, AuthError> {
    claims.text(name, Claim::Tenant)?.parse().map_err(|error| match error {
        InvalidTenantId::Nil => AuthError::NilTenant,
        InvalidTenantId::Malformed => AuthError::MalformedClaim(Claim::Tenant),
    })
}

/// The tenants that a claim lists, an array of them.
fn tenants(claims: &Object, name: &str) -> Result<Vec<TenantId>, AuthError> {
    let malformed = AuthError::MalformedClaim(Claim::Tenant);
    let listed = claims.required(name, Claim::Tenant)?.as_array().ok_or(malformed)?;
    listed
        .iter()
        .map(|tenant| {
            tenant.as_str().ok_or(malformed)?.parse().map_err(|error| match error {
                InvalidTenantId::Nil => AuthError::NilTenant,
                InvalidTenantId::Malformed => malformed,
            })
        })
        .collect()
}

impl JwtVerifierBuilder {
    /// Whose tokens these are: the one value that `iss` may have.
    pub fn issuer(mut self, issuer: impl Into<Box<str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// For whom the tokens must be: `aud` must name it. Of several, one.
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// The claim that names the tenant, a top-level string. `tenant_id` unless said otherwise.
    pub fn tenant_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.tenant = TenantClaim::One(name.into());
        self
    }

    /// The claim that lists the tenants of a user, a top-level array of strings: each request says for which of them it is.
    /// In place of [`tenant_claim`](Self::tenant_claim).
    pub fn tenants_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.tenant = TenantClaim::Several(name.into());
        self
    }

    /// Tokens say who, and not for which tenant: each request says that, and the
    /// [memberships](crate::Authority::with_memberships) of the authority decide. In place of
    /// [`tenant_claim`](Self::tenant_claim).
    pub fn without_tenant_claim(mut self) -> Self {
        self.tenant = TenantClaim::Nowhere;
        self
    }

    /// By how much clocks may differ. 30 seconds unless said otherwise, five minutes at the most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How far away `exp` may be. 24 hours unless said otherwise.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// A key that tokens may be signed with. Of several, all but one must have a [`kid`](JwtKey::kid).
    pub fn key(mut self, key: JwtKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Keys that an identity provider publishes, in place of [`key`](Self::key).
    #[cfg(feature = "jwks")]
    pub fn jwks(mut self, jwks: Jwks) -> Self {
        self.published = Some(Keys::Published(jwks));
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// [`JwtConfigError`] says what is missing or wrong.
    pub fn build(self) -> Result<JwtVerifier, JwtConfigError> {
        let issuer = self.issuer.filter(|issuer| !issuer.is_empty()).ok_or(JwtConfigError::NoIssuer)?;
        if self.audiences.is_empty() || self.audiences.iter().any(|audience| audience.is_empty()) {
            return Err(JwtConfigError::NoAudience);
        }
        let keys = match (self.published, self.keys.is_empty()) {
            (None, true) => return Err(JwtConfigError::NoKey),
            (Some(_), false) => return Err(JwtConfigError::KeysTwice),
            (Some(published), true) => published,
            (None, false) if JwtKey::share_a_name(&self.keys) => return Err(JwtConfigError::AmbiguousKeys),
            (None, false) => Keys::Fixed(self.keys),
        };
        if let TenantClaim::One(name) | TenantClaim::Several(name) = &self.tenant
            && ["", "iss", "aud", "exp", "nbf", "iat", "jti"].contains(&&**name)
        {
            return Err(JwtConfigError::TenantClaim);
        }
        if self.leeway > MOST_LEEWAY {
            return Err(JwtConfigError::TooMuchLeeway);
        }
        if self.max_lifetime.is_zero() {
            return Err(JwtConfigError::NoLifetime);
        }
        let rules = Rules {
            types: &["jwt", "at+jwt"],
            type_required: false,
            issuer,
            audiences: self.audiences,
            leeway: self.leeway.as_secs(),
            max_lifetime: self.max_lifetime.as_secs().max(1),
        };
        Ok(JwtVerifier { keys, rules, tenant: self.tenant })
    }
}

/// What every JWT of ours must satisfy, a user's or a service's. Times are in seconds.
#[derive(Debug)]
pub(super) struct Rules {
    /// What `typ` may say, in lower case and without `application/`.
    pub(super) types: &'static [&'static str],
    pub(super) type_required: bool,
    pub(super) issuer: Box<str>,
    pub(super) audiences: Vec<Box<str>>,
    pub(super) leeway: u64,
    pub(super) max_lifetime: u64,
}

impl Rules {
    /// Checks header, signature and registered claims, in this order.
    pub(super) fn check(&self, token: &Unverified<'_>, key: &JwtKey) -> Result<Object, AuthError> {
        if token.header.get("alg").and_then(Value::as_str) != Some(key.algorithm().name()) {
            return Err(AuthError::WrongAlgorithm);
        }
        self.check_type(&token.header)?;
        if token.header.contains("crit") {
            return Err(AuthError::CriticalExtension);
        }
        if !key.verifies(token.message, &token.signature) {
            return Err(AuthError::BadSignature);
        }
        let claims = token.claims()?;
        if claims.text("iss", Claim::Issuer)? != &*self.issuer {
            return Err(AuthError::WrongIssuer);
        }
        self.check_audience(&claims)?;
        self.check_dates(&claims)?;
        Ok(claims)
    }

    /// RFC 7515, section 4.1.9: media types compare without case, and `application/` may be left out.
    fn check_type(&self, header: &Object) -> Result<(), AuthError> {
        let Some(value) = header.get("typ") else {
            return if self.type_required { Err(AuthError::WrongType) } else { Ok(()) };
        };
        let name = value.as_str().ok_or(AuthError::WrongType)?.to_ascii_lowercase();
        let name = name.strip_prefix("application/").unwrap_or(&name);
        if self.types.contains(&name) { Ok(()) } else { Err(AuthError::WrongType) }
    }

    /// RFC 7519, section 4.1.3: a string, or an array of strings.
    fn check_audience(&self, claims: &Object) -> Result<(), AuthError> {
        let malformed = AuthError::MalformedClaim(Claim::Audience);
        let named: Vec<&str> = match claims.required("aud", Claim::Audience)? {
            Value::String(audience) => vec![audience],
            Value::Array(audiences) => audiences
                .iter()
                .map(|audience| audience.as_str().ok_or(malformed))
                .collect::<Result<_, _>>()?,
            _ => return Err(malformed),
        };
        if self.audiences.iter().any(|audience| named.contains(&&**audience)) {
            Ok(())
        } else {
            Err(AuthError::WrongAudience)
        }
    }

    fn check_dates(&self, claims: &Object) -> Result<(), AuthError> {
        let now = now();
        let expiry = self.expiry(claims)?;
        if now >= expiry.saturating_add(self.leeway) {
            return Err(AuthError::Expired);
        }
        if expiry > now.saturating_add(self.max_lifetime).saturating_add(self.leeway) {
            return Err(AuthError::LivesTooLong);
        }
        let latest = now.saturating_add(self.leeway);
        if claims.date("nbf", Claim::NotBefore)?.is_some_and(|date| date > latest) {
            return Err(AuthError::NotYetValid);
        }
        if claims.date("iat", Claim::IssuedAt)?.is_some_and(|date| date > latest) {
            return Err(AuthError::IssuedInTheFuture);
        }
        Ok(())
    }

    fn expiry(&self, claims: &Object) -> Result<u64, AuthError> {
        claims.date("exp", Claim::Expiry)?.ok_or(AuthError::MissingClaim(Claim::Expiry))
    }

    /// When to stop believing: expiry and leeway, or leeway would end with authentication.
    pub(super) fn expires_at(&self, claims: &Object) -> Result<SystemTime, AuthError> {
        let seconds = self.expiry(claims)?.saturating_add(self.leeway);
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or(AuthError::LivesTooLong)
    }
}

/// Seconds since 1970. Before that, nothing is valid.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
