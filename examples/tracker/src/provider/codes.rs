//! Codes: what a browser carries from the provider to the service. Each is good once, and for a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use getrandom::Error;

use crate::random;

const LIFETIME: Duration = Duration::from_secs(60);

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) subject: String,
    pub(super) redirect_uri: String,
    /// The hash of the verifier that only the one who began the login has (RFC 7636).
    pub(super) challenge: String,
    pub(super) nonce: String,
}

#[derive(Default)]
pub(super) struct Codes(Mutex<HashMap<String, (Grant, Instant)>>);

impl Codes {
    pub(super) fn issue(&self, grant: Grant) -> Result<String, Error> {
        self.issue_at(grant, Instant::now())
    }

    fn issue_at(&self, grant: Grant, now: Instant) -> Result<String, Error> {
        let code = random::text()?;
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, (_, issued)| now.duration_since(*issued) < LIFETIME);
        codes.insert(code.clone(), (grant, now));
        Ok(code)
    }

    /// What a code stands for. Asking uses it up, whatever becomes of it.
    pub(super) fn redeem(&self, code: &str) -> Option<Grant> {
        self.redeem_at(code, Instant::now())
    }

    fn redeem_at(&self, code: &str, now: Instant) -> Option<Grant> {
        let (grant, issued) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(code)?;
        (now.duration_since(issued) < LIFETIME).then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let (codes, now) = (Codes::default(), Instant::now());
        let grant = || Grant {
            subject: "ada".into(),
            redirect_uri: "http://acme.localhost:1/callback".into(),
            challenge: "c".into(),
            nonce: "n".into(),
        };
        let code = codes.issue_at(grant(), now).unwrap();
        assert_eq!(codes.redeem_at(&code, now + Duration::from_secs(59)), Some(grant()));
        assert_eq!(codes.redeem_at(&code, now), None);
        let code = codes.issue_at(grant(), now).unwrap();
        assert_eq!(codes.redeem_at(&code, now + LIFETIME), None);
    }
}
