//! A JSON Web Key Set (RFC 7517, section 5): the keys in it that verify signatures of ours.
//!
//! A provider publishes keys for several purposes in one document, and keys of tomorrow's kinds. What is for something
//! else, or of no algorithm that is allowed, is left out, as the RFC asks. What is for us and broken makes the whole set
//! unusable: the last good one is better than half of one.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::auth::jwks::JwksError;
use crate::auth::{JwtAlgorithm, JwtKey, JwtKeyError};

/// More keys than this are no key set of a provider.
const MOST_KEYS: usize = 100;

#[derive(serde::Deserialize)]
struct Set<'j> {
    #[serde(borrow)]
    keys: Vec<&'j RawValue>,
}

/// The keys of a set, each with an algorithm that is allowed.
pub(super) fn read(json: &[u8], algorithms: &[JwtAlgorithm]) -> Result<Vec<JwtKey>, JwksError> {
    let Set { keys } = serde_json::from_slice(json).map_err(|_| JwksError::NotAKeySet)?;
    if keys.len() > MOST_KEYS {
        return Err(JwksError::TooManyKeys);
    }
    let mut read: Vec<JwtKey> = Vec::new();
    for jwk in keys {
        if let Some(key) = read_one(jwk.get(), algorithms)? {
            read.push(key);
        }
    }
    if JwtKey::share_a_name(&read) {
        return Err(JwksError::AmbiguousKeys);
    }
    if read.is_empty() { Err(JwksError::NoKeys) } else { Ok(read) }
}

/// `None` for a key that is none of ours.
fn read_one(jwk: &str, algorithms: &[JwtAlgorithm]) -> Result<Option<JwtKey>, JwksError> {
    // Looked at only to find the algorithm: the key is read by `JwtKey::from_jwk`, strictly.
    let said: Value = serde_json::from_str(jwk).unwrap_or_default();
    let alg = said.get("alg").and_then(Value::as_str);
    let wanted = |algorithm: &&JwtAlgorithm| alg.is_none_or(|alg| algorithm.name() == alg);
    for algorithm in algorithms.iter().filter(wanted) {
        match JwtKey::from_jwk(*algorithm, jwk) {
            Ok(key) => return Ok(Some(key)),
            Err(JwtKeyError::WrongKind) => {}
            // For encryption, or a secret that should not stand there: never used, and nothing that breaks the others.
            Err(JwtKeyError::WrongUse | JwtKeyError::KeyAsSecret | JwtKeyError::OtherAlgorithm) => {
                return Ok(None);
            }
            Err(error) => return Err(JwksError::BrokenKey(error)),
        }
    }
    Ok(None)
}
