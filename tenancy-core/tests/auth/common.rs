//! Signing by hand, so that a token can be wrong in any way, and asking an authority about it.

use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::FutureExt as _;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tenancy_core::auth::{JwtAlgorithm, JwtKey, JwtVerifier, JwtVerifierBuilder};
use tenancy_core::{AuthError, Authority, TenantToken};

/// Long enough for HS512.
pub(crate) const SECRET: &[u8] = b"sixty-four bytes of a secret that is known to everybody who reads";
pub(crate) const TENANT: &str = "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55";
pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "api";
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// What a JWT is signed with.
pub(crate) struct Signer {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: EncodingKey,
}

impl Signer {
    pub(crate) fn hs256() -> Self {
        Self::secret(Algorithm::HS256, SECRET)
    }

    pub(crate) fn secret(algorithm: Algorithm, secret: &[u8]) -> Self {
        Self { algorithm, key: EncodingKey::from_secret(secret) }
    }

    /// Signs whatever stands in header and claims, JSON or not.
    pub(crate) fn sign(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{message}.{}", self.signature(&message))
    }

    pub(crate) fn signature(&self, message: &str) -> String {
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm, &self.key).expect("a signer");
        URL_SAFE_NO_PAD.encode(signer.try_sign(message.as_bytes()).expect("a signature"))
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A header that is accepted.
pub(crate) fn good_header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// Claims that are accepted.
pub(crate) fn good_claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "tenant_id": TENANT, "exp": now() + 300 })
}

pub(crate) fn builder() -> JwtVerifierBuilder {
    JwtVerifier::builder().issuer(ISSUER).audience(AUDIENCE)
}

pub(crate) fn hs256_key() -> JwtKey {
    JwtKey::from_secret(JwtAlgorithm::HS256, SECRET).expect("a key")
}

/// An authority for what [`Signer::hs256`] signs.
pub(crate) fn authority() -> Authority {
    Authority::new(builder().key(hs256_key()).build().expect("a verifier"))
}

pub(crate) fn authenticate(authority: &Authority, token: &str) -> Result<TenantToken, AuthError> {
    distrust_the_process_default();
    authority.authenticate(token).now_or_never().expect("nothing to wait for")
}

/// The token that [`authority`] makes of header and claims.
pub(crate) fn outcome(header: &Value, claims: &Value) -> Result<TenantToken, AuthError> {
    authenticate(&authority(), &Signer::hs256().sign(header.to_string(), claims.to_string()))
}

/// Asserts that a change to claims that are accepted makes them refused.
#[track_caller]
pub(crate) fn claims_refused(change: impl FnOnce(&mut Value), error: AuthError) {
    let mut claims = good_claims();
    outcome(&good_header(), &claims).expect("accepted before the change");
    change(&mut claims);
    assert_eq!(outcome(&good_header(), &claims).err(), Some(error), "{claims}");
}

/// Asserts that a change to a header that is accepted makes it refused.
#[track_caller]
pub(crate) fn header_refused(change: impl FnOnce(&mut Value), error: AuthError) {
    let mut header = good_header();
    outcome(&header, &good_claims()).expect("accepted before the change");
    change(&mut header);
    assert_eq!(outcome(&header, &good_claims()).err(), Some(error), "{header}");
}

pub(crate) fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().expect("an object").remove(name).expect("there");
}

/// The contents of the first block of a PEM file.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).expect("base64")
}

/// When another crate of a build enables jsonwebtoken's second provider, its process-wide default panics in use. All
/// tests of this program run under such a default, so that a verifier which comes to rely on it fails them.
fn distrust_the_process_default() {
    static PANICS: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| panic!("the process-wide provider was asked"),
        verifier_factory: |_, _| panic!("the process-wide provider was asked"),
        key_utils: KeyUtils::new_unimplemented(),
    };
    static ONCE: Once = Once::new();
    ONCE.call_once(|| PANICS.install_default().expect("nothing else installs one"));
}

#[test]
#[should_panic(expected = "the process-wide provider was asked")]
fn the_process_default_does_panic() {
    distrust_the_process_default();
    let _ = jsonwebtoken::crypto::sign(b"", &EncodingKey::from_secret(SECRET), Algorithm::HS256);
}
