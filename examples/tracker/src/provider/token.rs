//! `/token`: the code for a token (RFC 6749, section 4.1.3; RFC 7636, section 4.5).
//!
//! The token says who logged in, for which service and when (OpenID Connect Core 1.0, section 2), and nothing of tenants.
//! There is no access token: there is nothing here that it would open.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Provider;
use super::codes::Grant;

/// In seconds. It is exchanged for a session at once; programs that use it directly fetch another.
const LIFETIME: u64 = 5 * 60;

#[derive(Deserialize)]
pub(super) struct Exchange {
    grant_type: String,
    client_id: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

pub(super) async fn exchange(
    State(provider): State<Arc<Provider>>,
    Form(exchange): Form<Exchange>,
) -> Response {
    let error = |name: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": name }))).into_response();
    if exchange.grant_type != "authorization_code" {
        return error("unsupported_grant_type");
    }
    if exchange.client_id != provider.client.id {
        return error("invalid_client");
    }
    let grant = provider.codes.redeem(&exchange.code);
    let Some(grant) = grant.filter(|grant| exchange.is_of(grant)) else {
        return error("invalid_grant");
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let id_token = provider.keys.sign(&json!({
        "iss": provider.issuer,
        "aud": provider.client.id,
        "sub": grant.subject,
        "nonce": grant.nonce,
        "iat": now,
        "exp": now + LIFETIME,
    }));
    let body = json!({ "token_type": "Bearer", "id_token": id_token, "expires_in": LIFETIME });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl Exchange {
    /// Whether who has the code is who began the login.
    fn is_of(&self, grant: &Grant) -> bool {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.code_verifier));
        hash == grant.challenge && self.redirect_uri == grant.redirect_uri
    }
}
