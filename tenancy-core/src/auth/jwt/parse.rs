//! Reading a JWT: its three parts, and JSON objects in which no name stands twice.
//!
//! Readers differ in what they make of a name that stands twice: the first value, the last, an error. A signer and a
//! verifier that differ are a hole, so it is an error here, in the header as well as in the claims.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::auth::{AuthError, Claim};

/// Longer credentials are refused unread.
const LONGEST: usize = 16 * 1024;

/// A JWT whose signature nobody has checked yet.
pub(crate) struct Unverified<'t> {
    pub(crate) header: Object,
    /// What was signed: header and claims, as they were sent.
    pub(crate) message: &'t [u8],
    pub(crate) signature: Vec<u8>,
    claims: &'t str,
}

impl<'t> Unverified<'t> {
    pub(crate) fn parse(token: &'t str) -> Result<Self, AuthError> {
        if token.len() > LONGEST {
            return Err(AuthError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(AuthError::NotAJwt)?;
        let (header, claims) = message.split_once('.').ok_or(AuthError::NotAJwt)?;
        if claims.contains('.') {
            return Err(AuthError::NotAJwt);
        }
        Ok(Self {
            header: Object::parse(header)?,
            message: message.as_bytes(),
            signature: base64url(signature)?,
            claims,
        })
    }

    /// The claims. To be called when the signature has been checked.
    pub(crate) fn claims(&self) -> Result<Object, AuthError> {
        Object::parse(self.claims)
    }
}

fn base64url(part: &str) -> Result<Vec<u8>, AuthError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthError::NotAJwt)
}

/// A JSON object in which no name stands twice.
pub(crate) struct Object(BTreeMap<String, Value>);

impl Object {
    fn parse(part: &str) -> Result<Self, AuthError> {
        let json = base64url(part)?;
        // serde_json's own error quotes the text, so it is dropped.
        let Unique(object) = serde_json::from_slice(&json).map_err(|_| AuthError::NotAJwt)?;
        object.ok_or(AuthError::DuplicateName)
    }

    /// An object that is no part of a JWT. `None` also when a name stands twice.
    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Unique>(json).ok()?.0
    }

    /// The value of a name. `null` is as good as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A claim that must be there.
    pub(crate) fn required(&self, name: &str, claim: Claim) -> Result<&Value, AuthError> {
        self.get(name).ok_or(AuthError::MissingClaim(claim))
    }

    /// A text that must be there and not be empty.
    pub(crate) fn text(&self, name: &str, claim: Claim) -> Result<&str, AuthError> {
        let text = self.required(name, claim)?.as_str().ok_or(AuthError::MalformedClaim(claim))?;
        if text.is_empty() { Err(AuthError::MalformedClaim(claim)) } else { Ok(text) }
    }

    /// A NumericDate (RFC 7519, section 2): seconds since 1970, fractions dropped.
    pub(crate) fn date(&self, name: &str, claim: Claim) -> Result<Option<u64>, AuthError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if let Some(seconds) = value.as_u64() {
            return Ok(Some(seconds));
        }
        match value.as_f64() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates, and is not negative"
            )]
            Some(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(Some(seconds as u64)),
            _ => Err(AuthError::MalformedClaim(claim)),
        }
    }
}

/// An object, or none when a name stands twice in it. Objects inside of it are not looked at: nobody reads them.
struct Unique(Option<Object>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut object = BTreeMap::new();
                let mut unique = true;
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    unique &= object.insert(name, value).is_none();
                }
                Ok(Unique(unique.then_some(Object(object))))
            }
        }

        deserializer.deserialize_map(Names)
    }
}
