//! The keys of the provider's tokens, which change while it runs.
//!
//! Three generations are published: the next one before it signs anything, so that whoever keeps a copy of the set has it in
//! time; the one that signs; and those before it, until what they signed has expired.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use crate::{Result, random};

/// How long a key is published after it signed for the last time: longer than any token lives.
const KEPT: Duration = Duration::from_secs(10 * 60);

pub(super) struct Keys(Mutex<Ring>);

struct Ring {
    next: Key,
    current: Key,
    /// The newest first, with when they signed last.
    before: VecDeque<(Key, Instant)>,
}

/// An ECDSA key on P-256, with the name by which it is found.
struct Key {
    kid: String,
    key: SigningKey,
}

impl Keys {
    pub(super) fn new() -> Result<Self> {
        let ring = Ring { next: Key::random()?, current: Key::random()?, before: VecDeque::new() };
        Ok(Self(Mutex::new(ring)))
    }

    pub(super) fn rotate(&self) -> Result<()> {
        self.rotate_at(Instant::now())
    }

    fn rotate_at(&self, now: Instant) -> Result<()> {
        let new = Key::random()?;
        let mut ring = self.ring();
        let current = std::mem::replace(&mut ring.next, new);
        let old = std::mem::replace(&mut ring.current, current);
        ring.before.push_front((old, now));
        ring.before.retain(|(_, signed)| now.duration_since(*signed) < KEPT);
        Ok(())
    }

    /// A JSON Web Key Set (RFC 7517).
    pub(super) fn published(&self) -> Value {
        let ring = self.ring();
        let keys = [&ring.next, &ring.current].into_iter().chain(ring.before.iter().map(|(key, _)| key));
        json!({ "keys": keys.map(Key::public).collect::<Vec<_>>() })
    }

    /// A signed JWT (RFC 7519).
    pub(super) fn sign(&self, claims: &Value) -> String {
        let ring = self.ring();
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": ring.current.kid });
        let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature: Signature = ring.current.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn random() -> Result<Self> {
        // One in 2^32 numbers is too large to be a key.
        let key = loop {
            if let Ok(key) = SigningKey::from_slice(&random::bytes()?) {
                break key;
            }
        };
        Ok(Self { kid: random::text()?, key })
    }

    fn public(&self) -> Value {
        let point = self.key.verifying_key().to_encoded_point(false);
        let encode =
            |coordinate: Option<&_>| coordinate.map(|bytes: &p256::FieldBytes| URL_SAFE_NO_PAD.encode(bytes));
        json!({
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self.kid,
            "x": encode(point.x()),
            "y": encode(point.y()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(keys: &Keys) -> Vec<String> {
        let set = keys.published();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    fn signing(keys: &Keys) -> String {
        keys.ring().current.kid.clone()
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_for_a_while_afterwards() {
        let (keys, now) = (Keys::new().unwrap(), Instant::now());
        let (first, before) = (signing(&keys), published(&keys));
        keys.rotate_at(now).unwrap();
        assert_ne!(signing(&keys), first);
        assert!(before.contains(&signing(&keys)), "the new one was published before");
        assert!(published(&keys).contains(&first), "the old one still is");
        keys.rotate_at(now + KEPT).unwrap();
        assert!(!published(&keys).contains(&first));
        assert_eq!(published(&keys).len(), 3);
        assert!(!keys.published().to_string().contains("\"d\""), "a private key stays here");
    }
}
