//! [`ProviderClient`]: what the service asks of the identity provider, and what it asks from server to server.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{Result, random};

const CLIENT: &str = "tracker";

pub(super) struct ProviderClient {
    issuer: String,
    http: Client,
}

/// What a browser keeps while its user is at the provider: only who began a login can end it.
pub(super) struct Attempt {
    /// Comes back in the address, so that nobody can be sent here with a code of somebody else's.
    pub(super) state: String,
    /// Whose hash the provider was told: without it the code is worth nothing (PKCE, RFC 7636).
    verifier: String,
    /// Comes back in the token, so that it is the token of this login.
    nonce: String,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

/// Of the token: what the library does not look at.
#[derive(Deserialize)]
struct Claims {
    nonce: Option<String>,
}

impl Attempt {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { state: random::text()?, verifier: random::text()?, nonce: random::text()? })
    }

    /// For a cookie.
    pub(super) fn to_cookie(&self) -> String {
        format!("{}.{}.{}", self.state, self.verifier, self.nonce)
    }

    pub(super) fn from_cookie(value: &str) -> Option<Self> {
        let parts: Vec<&str> = value.split('.').collect();
        let [state, verifier, nonce] = parts[..] else { return None };
        let whole = parts.iter().all(|part| part.len() == 43);
        whole.then(|| Self { state: state.into(), verifier: verifier.into(), nonce: nonce.into() })
    }

    /// Whether a token was made for this login. To be asked of tokens whose signature was verified.
    pub(super) fn is_of(&self, id_token: &str) -> bool {
        let payload = id_token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims = payload.and_then(|json| serde_json::from_slice::<Claims>(&json).ok());
        claims.is_some_and(|claims| claims.nonce.as_deref() == Some(&self.nonce))
    }
}

impl ProviderClient {
    pub(super) fn new(issuer: &str) -> Result<Self> {
        // The address of the endpoint is configured: nothing leads away from it.
        let http =
            Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(10)).build()?;
        Ok(Self { issuer: issuer.into(), http })
    }

    /// Where the user logs in.
    pub(super) fn address(&self, attempt: &Attempt, redirect_uri: &str) -> Result<Url> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&attempt.verifier));
        let parameters = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", &attempt.state),
            ("nonce", &attempt.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        Ok(Url::parse_with_params(&format!("{}/authorize", self.issuer), parameters)?)
    }

    /// The token that a code stands for. It is not verified yet.
    pub(super) async fn exchange(&self, attempt: &Attempt, code: &str, redirect_uri: &str) -> Result<String> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &attempt.verifier),
        ];
        let response = self.http.post(format!("{}/token", self.issuer)).form(&form).send().await?;
        Ok(response.error_for_status()?.json::<Answer>().await?.id_token)
    }
}
