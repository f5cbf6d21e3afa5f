//! The identity provider: users with passwords, and tokens that say who somebody is.
//!
//! It stands for the one that you have or buy. It knows nothing of tenants: that `ada` is a member of Acme is not its
//! business, and its tokens do not say so. It speaks OAuth 2.0 with PKCE and as much of OpenID Connect as a login takes:
//!
//! | | |
//! |---|---|
//! | `/.well-known/openid-configuration` | where the rest is (OpenID Connect Discovery 1.0) |
//! | `/keys` | the public keys of its tokens, which change while it runs |
//! | `/authorize` | the page where a user gives name and password, and from where a code goes back |
//! | `/token` | the code for a token, from server to server |
//!
//! What it lacks to be a real one: it counts no failed attempts, remembers no login, and forgets everything when it ends.

mod authorize;
mod codes;
mod keys;
mod token;
mod users;

use std::sync::Arc;
use std::time::Duration;

use argon2::Params;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tenancy::Label;

use self::codes::Codes;
use self::keys::Keys;
use self::users::Users;
use crate::Result;

pub struct Provider {
    issuer: String,
    client: Client,
    users: Users,
    codes: Codes,
    keys: Keys,
}

/// The one service that users log in to from here.
pub struct Client {
    pub id: String,
    /// Where its tenants are.
    pub port: u16,
}

impl Client {
    /// Whether a code may be sent there: `http://<label>.localhost:<port>/callback`, and nothing else. It is the service that
    /// is registered, with all of its tenants; a code is of use to nobody else, since it wants the verifier of PKCE.
    fn owns(&self, redirect_uri: &str) -> bool {
        let end = format!(".localhost:{}/callback", self.port);
        let label = redirect_uri.strip_prefix("http://").and_then(|rest| rest.strip_suffix(&end));
        label.is_some_and(|label| label.parse::<Label>().is_ok())
    }
}

impl Provider {
    /// `users` are names and passwords, `cost` what it costs to check one.
    pub async fn new(
        issuer: String,
        client: Client,
        users: &[(&str, &str)],
        cost: Params,
    ) -> Result<Arc<Self>> {
        let users = Users::register(users, cost).await?;
        Ok(Arc::new(Self { issuer, client, users, codes: Codes::default(), keys: Keys::new()? }))
    }

    /// Signs with another key from now on. Tokens of the one before stay good for as long as they live.
    pub fn rotate(&self) -> Result<()> {
        self.keys.rotate()
    }

    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(published))
            .route("/authorize", get(authorize::page).post(authorize::log_in))
            .route("/token", post(token::exchange))
            .with_state(Arc::clone(self))
    }

    pub(crate) fn rotating(
        self: &Arc<Self>,
        interval: Duration,
    ) -> impl Future<Output = ()> + Send + 'static {
        let provider = Arc::clone(self);
        async move {
            loop {
                tokio::time::sleep(interval).await;
                if let Err(error) = provider.rotate() {
                    eprintln!("tracker: the provider has no new key: {error}");
                }
            }
        }
    }
}

async fn configuration(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
    }))
}

async fn published(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(provider.keys.published())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_to_a_tenants_callback_and_nowhere_else() {
        let client = Client { id: "tracker".into(), port: 8080 };
        assert!(client.owns("http://acme.localhost:8080/callback"));
        for other in [
            "https://acme.localhost:8080/callback",
            "http://acme.localhost:8081/callback",
            "http://acme.localhost:8080/callback/",
            "http://acme.localhost:8080/callback?x",
            "http://acme.localhost:8080/x/../callback",
            "http://evil.test/acme.localhost:8080/callback",
            "http://evil.test#.localhost:8080/callback",
            "http://a@evil.test.localhost:8080/callback",
            "http://a.b.localhost:8080/callback",
            "http://.localhost:8080/callback",
            "http://localhost:8080/callback",
        ] {
            assert!(!client.owns(other), "{other}");
        }
    }
}
