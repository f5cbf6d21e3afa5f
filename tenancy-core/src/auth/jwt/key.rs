//! [`JwtKey`]: a key that knows the one algorithm that it is for.
//!
//! The algorithm of a JWT is never read from its header. A verifier that does so can be made to check an HMAC with the
//! RSA public key as its secret, which everybody knows (RFC 8725, section 2.1).

use std::fmt;

use ed25519_dalek::VerifyingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::jwk::Jwk;
use super::public_key::{Curve, PublicKey, der_of};

/// RSA keys shorter than this are refused (RFC 7518, section 3.3).
const LEAST_RSA_BITS: usize = 2048;
/// Longer ones are refused by the provider, and then at every request.
const MOST_RSA_BITS: usize = 4096;

/// A signature algorithm (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256
    HS256,
    /// HMAC with SHA-384
    HS384,
    /// HMAC with SHA-512
    HS512,
    /// RSASSA-PKCS1-v1_5 with SHA-256
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512
    RS512,
    /// RSASSA-PSS with SHA-256
    PS256,
    /// RSASSA-PSS with SHA-384
    PS384,
    /// RSASSA-PSS with SHA-512
    PS512,
    /// ECDSA with P-256 and SHA-256
    ES256,
    /// ECDSA with P-384 and SHA-384
    ES384,
    /// EdDSA with Ed25519 (RFC 8037)
    EdDSA,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// With the length of the hash, in bytes.
    Hmac(usize),
    Rsa,
    Ec(Curve),
    Ed,
}

impl JwtAlgorithm {
    /// As the `alg` of a header writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    const fn family(self) -> Family {
        match self {
            Self::HS256 => Family::Hmac(32),
            Self::HS384 => Family::Hmac(48),
            Self::HS512 => Family::Hmac(64),
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Family::Rsa,
            Self::ES256 => Family::Ec(Curve::P256),
            Self::ES384 => Family::Ec(Curve::P384),
            Self::EdDSA => Family::Ed,
        }
    }

    pub(in crate::auth) const fn library(self) -> Algorithm {
        match self {
            Self::HS256 => Algorithm::HS256,
            Self::HS384 => Algorithm::HS384,
            Self::HS512 => Algorithm::HS512,
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
        }
    }
}

/// Why a key was refused. The key itself stays out of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtKeyError {
    /// An HMAC secret is shorter than the hash (RFC 7518, section 3.2).
    #[error("an HMAC secret has at least as many bytes as the hash: {least}")]
    SecretTooShort {
        /// The least number of bytes.
        least: usize,
    },
    /// An RSA key has fewer than 2048 bits (RFC 7518, section 3.3).
    #[error("an RSA key has at least 2048 bits")]
    RsaTooShort,
    /// An RSA key has more than 4096 bits, which is more than the provider checks signatures with.
    #[error("an RSA key has at most 4096 bits")]
    RsaTooLong,
    /// A PEM file or the DER of a public key was given as an HMAC secret: a public key is no secret. Or a JWK holds one
    /// (`oct`): what is published is none either.
    #[error(
        "a public key is no secret, nor is a secret that is published: use `from_pem`, `from_der` or `from_jwk` with an asymmetric algorithm"
    )]
    KeyAsSecret,
    /// The algorithm takes another kind of key: a secret for HS…, an RSA key for RS… and PS…, an EC key on the
    /// algorithm's curve for ES…, an Ed25519 key for EdDSA.
    #[error("the algorithm takes another kind of key")]
    WrongKind,
    /// A private key was given. Verifying takes the public one, and this process should not know the other.
    #[error("this is a private key: verifying takes the public one")]
    PrivateKey,
    /// The key could not be read: PEM and DER hold a `SubjectPublicKeyInfo` (`PUBLIC KEY`, RFC 5280) or, for RSA, a
    /// PKCS#1 `RSAPublicKey` (`RSA PUBLIC KEY`, RFC 8017), and nothing else. Certificates are not read, since nobody
    /// would check when they expire: `openssl x509 -pubkey -noout` takes the key out of one.
    #[error("the key could not be read: expected a SubjectPublicKeyInfo or a PKCS#1 RSAPublicKey")]
    Unreadable,
    /// A point of small order: signatures that nobody made verify with it (RFC 8032, section 8.9).
    #[error("the key is a point of small order, with which anybody can sign")]
    Weak,
    /// No JSON object with the members of a public key (RFC 7517, section 4), each of them once.
    #[error("this is not a JSON Web Key of a public key")]
    NotAJwk,
    /// `use` or `key_ops` of a JWK say that the key is for something else (RFC 7517, sections 4.2 and 4.3).
    #[error("the JSON Web Key is not for verifying signatures")]
    WrongUse,
    /// `alg` of a JWK names another algorithm (RFC 7517, section 4.4).
    #[error("the JSON Web Key is for another algorithm")]
    OtherAlgorithm,
}

/// With what a PEM block begins.
const PEM: &[u8] = b"-----BEGIN ";

/// A key, bound to one algorithm.
#[derive(Clone)]
pub struct JwtKey {
    algorithm: JwtAlgorithm,
    key: DecodingKey,
    kid: Option<Box<str>>,
}

impl JwtKey {
    /// An HMAC secret, for HS256, HS384 and HS512. It has at least as many bytes as the hash: 32, 48 or 64.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError`] says what is wrong with it.
    pub fn from_secret(algorithm: JwtAlgorithm, secret: &[u8]) -> Result<Self, JwtKeyError> {
        let Family::Hmac(least) = algorithm.family() else { return Err(JwtKeyError::WrongKind) };
        let is_pem = secret.windows(PEM.len()).any(|window| window == PEM);
        if is_pem || PublicKey::read(secret) != Err(JwtKeyError::Unreadable) {
            return Err(JwtKeyError::KeyAsSecret);
        }
        if secret.len() < least {
            return Err(JwtKeyError::SecretTooShort { least });
        }
        Ok(Self { algorithm, key: DecodingKey::from_secret(secret), kid: None })
    }

    /// A public key in PEM, for RS…, PS…, ES… and EdDSA: one block, `PUBLIC KEY` or `RSA PUBLIC KEY`, and nothing around it.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError`] says what is wrong with it.
    pub fn from_pem(algorithm: JwtAlgorithm, pem: &[u8]) -> Result<Self, JwtKeyError> {
        Self::from_der(algorithm, &der_of(pem)?)
    }

    /// A public key in DER, for RS…, PS…, ES… and EdDSA: a `SubjectPublicKeyInfo` (as `openssl pkey -pubout -outform DER`
    /// writes it) or a PKCS#1 `RSAPublicKey`. A bare EC point is not DER.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError`] says what is wrong with it.
    pub fn from_der(algorithm: JwtAlgorithm, der: &[u8]) -> Result<Self, JwtKeyError> {
        let key = match (algorithm.family(), PublicKey::read(der)?) {
            (Family::Rsa, PublicKey::Rsa { modulus_bits, .. }) if modulus_bits < LEAST_RSA_BITS => {
                return Err(JwtKeyError::RsaTooShort);
            }
            (Family::Rsa, PublicKey::Rsa { modulus_bits, .. }) if modulus_bits > MOST_RSA_BITS => {
                return Err(JwtKeyError::RsaTooLong);
            }
            (Family::Rsa, PublicKey::Rsa { pkcs1, .. }) => DecodingKey::from_rsa_der(pkcs1),
            (Family::Ec(wanted), PublicKey::Ec { curve, point }) if curve == wanted => {
                DecodingKey::from_ec_der(point)
            }
            (Family::Ed, PublicKey::Ed25519(point)) => {
                if VerifyingKey::from_bytes(point).is_ok_and(|key| key.is_weak()) {
                    return Err(JwtKeyError::Weak);
                }
                DecodingKey::from_ed_der(point)
            }
            _ => return Err(JwtKeyError::WrongKind),
        };
        if !usable(algorithm, &key) {
            return Err(JwtKeyError::Unreadable);
        }
        Ok(Self { algorithm, key, kid: None })
    }

    /// A public key as a JSON Web Key (RFC 7517), for RS…, PS…, ES… and EdDSA. Its `kid` names the key.
    ///
    /// What it says of itself is kept: `use` is `sig` where it stands, `key_ops` has `verify`, `alg` is the algorithm.
    /// Certificates in it (`x5c`, `x5u`) are not looked at.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError`] says what is wrong with it.
    pub fn from_jwk(algorithm: JwtAlgorithm, jwk: &str) -> Result<Self, JwtKeyError> {
        let Jwk { der, kid, alg } = Jwk::read(jwk.as_bytes())?;
        if alg.is_some_and(|alg| &*alg != algorithm.name()) {
            return Err(JwtKeyError::OtherAlgorithm);
        }
        Ok(Self { kid, ..Self::from_der(algorithm, &der)? })
    }

    /// Names the key, as the `kid` of a header does (RFC 7515, section 4.1.4).
    ///
    /// A token whose header has a `kid` is checked with the key of that name and no other, and one without is checked
    /// with the key that has no name. Most identity providers set it: then every key needs its name.
    #[must_use]
    pub fn kid(mut self, kid: impl Into<Box<str>>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    pub(super) fn algorithm(&self) -> JwtAlgorithm {
        self.algorithm
    }

    pub(in crate::auth) fn name(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether two of the keys have one name, or none.
    pub(in crate::auth) fn share_a_name(keys: &[Self]) -> bool {
        let mut names: Vec<_> = keys.iter().map(Self::name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether `signature` is this key's for `message`.
    ///
    /// The provider is named, since the process-wide default panics when another crate of the build enables a second
    /// one.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.library(), &self.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Whether the provider can use a key, so that an impossible exponent, or a point that is not on the curve, is found
/// out now and not at every request.
fn usable(algorithm: JwtAlgorithm, key: &DecodingKey) -> bool {
    // The provider's verifier looks at an EC key when it is made, but at an RSA key only when it is used.
    let well_formed = match (algorithm.family(), key.try_get_as_bytes()) {
        (Family::Rsa, Ok(pkcs1)) => {
            (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(pkcs1).is_ok()
        }
        (_, bytes) => bytes.is_ok(),
    };
    well_formed && (DEFAULT_PROVIDER.verifier_factory)(&algorithm.library(), key).is_ok()
}
