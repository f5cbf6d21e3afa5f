//! Reading a JSON Web Key (RFC 7517): one public key, with what it may be used for.
//!
//! A JWK says of itself what it is for (`use`, `key_ops`, `alg`), and libraries read that and go on. Here it is kept: a key
//! for encryption verifies nothing, nor does a key of another algorithm, and a symmetric key (`oct`) in a public document
//! is no secret. The key itself is written as DER and read like every other one, so that there is one set of rules for
//! what a key may be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::JwtKeyError;
use super::parse::Object;
use super::public_key::{self, Curve};

/// What a JWK says.
pub(super) struct Jwk {
    pub(super) der: Vec<u8>,
    pub(super) kid: Option<Box<str>>,
    /// The algorithm that it is for, where it says so.
    pub(super) alg: Option<Box<str>>,
}

impl Jwk {
    pub(super) fn read(json: &[u8]) -> Result<Self, JwtKeyError> {
        let jwk = Object::from_json(json).ok_or(JwtKeyError::NotAJwk)?;
        let kty = text(&jwk, "kty")?.ok_or(JwtKeyError::NotAJwk)?;
        if kty == "oct" {
            return Err(JwtKeyError::KeyAsSecret);
        }
        // The private part of each kind of key (RFC 7518, sections 6.2.2.1 and 6.3.2.1, RFC 8037, section 2).
        if jwk.contains("d") {
            return Err(JwtKeyError::PrivateKey);
        }
        check_use(&jwk)?;
        let der = match kty {
            "RSA" => public_key::rsa_der(&bytes(&jwk, "n")?, &bytes(&jwk, "e")?),
            "EC" => {
                let (curve, octets) = match text(&jwk, "crv")? {
                    Some("P-256") => (Curve::P256, 32),
                    Some("P-384") => (Curve::P384, 48),
                    _ => return Err(JwtKeyError::WrongKind),
                };
                let (x, y) = (bytes(&jwk, "x")?, bytes(&jwk, "y")?);
                // RFC 7518, section 6.2.1.2: the full size of a coordinate.
                if x.len() != octets || y.len() != octets {
                    return Err(JwtKeyError::Unreadable);
                }
                public_key::ec_der(curve, &x, &y)
            }
            "OKP" if text(&jwk, "crv")? == Some("Ed25519") => public_key::ed25519_der(&bytes(&jwk, "x")?),
            _ => return Err(JwtKeyError::WrongKind),
        };
        let owned = |name| Ok(text(&jwk, name)?.map(Into::into));
        Ok(Self { der, kid: owned("kid")?, alg: owned("alg")? })
    }
}

/// RFC 7517, sections 4.2 and 4.3: for signatures, and to verify them.
fn check_use(jwk: &Object) -> Result<(), JwtKeyError> {
    if text(jwk, "use")?.is_some_and(|usage| usage != "sig") {
        return Err(JwtKeyError::WrongUse);
    }
    let operations = match jwk.get("key_ops") {
        None => return Ok(()),
        Some(Value::Array(operations)) => operations,
        Some(_) => return Err(JwtKeyError::NotAJwk),
    };
    if operations.iter().any(|operation| operation == "verify") { Ok(()) } else { Err(JwtKeyError::WrongUse) }
}

fn text<'j>(jwk: &'j Object, name: &str) -> Result<Option<&'j str>, JwtKeyError> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwtKeyError::NotAJwk),
    }
}

fn bytes(jwk: &Object, name: &str) -> Result<Vec<u8>, JwtKeyError> {
    let text = text(jwk, name)?.ok_or(JwtKeyError::NotAJwk)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtKeyError::Unreadable)
}
