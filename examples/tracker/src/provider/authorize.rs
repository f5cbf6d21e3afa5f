//! `/authorize`: the page where a user proves who it is, and the code that goes back (RFC 6749, section 4.1).

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use reqwest::Url;
use serde::Deserialize;

use super::Provider;
use super::codes::Grant;
use crate::html;

const PAGE: &str = include_str!("authorize.html");

/// What the service asks for, through the user's browser.
#[derive(Deserialize)]
pub(super) struct Request {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

/// The same again, with what the user typed.
#[derive(Deserialize)]
pub(super) struct LogIn {
    #[serde(flatten)]
    request: Request,
    name: String,
    password: String,
}

impl Request {
    /// A request that is wrong is told to the user and never sent back: who sent it is not known to be the service.
    fn check(&self, provider: &Provider) -> Result<Url, Refused> {
        if self.client_id != provider.client.id || !provider.client.owns(&self.redirect_uri) {
            return Err(Refused("This is no service that you can log in to from here."));
        }
        let challenge = &self.code_challenge;
        let hash = challenge.len() == 43
            && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if self.response_type != "code" || self.code_challenge_method != "S256" || !hash {
            return Err(Refused("The service asks for a way to log in that there is not."));
        }
        if self.scope != "openid" || self.state.is_empty() || self.nonce.is_empty() {
            return Err(Refused("The service asks for something that there is not."));
        }
        Url::parse(&self.redirect_uri).map_err(|_| Refused("The service has no address."))
    }

    fn page(&self, status: StatusCode, back: &Url, error: &str) -> Response {
        let values = [
            ("host", back.host_str().unwrap_or_default()),
            ("error", error),
            ("response_type", &self.response_type),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ];
        // Chromium holds `form-action` against where a form's answer leads as well.
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}",
            back.origin().ascii_serialization()
        );
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        (status, headers, Html(html::fill(PAGE, &values))).into_response()
    }
}

pub(super) async fn page(
    State(provider): State<Arc<Provider>>,
    Query(request): Query<Request>,
) -> Result<Response, Refused> {
    let back = request.check(&provider)?;
    Ok(request.page(StatusCode::OK, &back, ""))
}

pub(super) async fn log_in(
    State(provider): State<Arc<Provider>>,
    Form(LogIn { request, name, password }): Form<LogIn>,
) -> Result<Response, Refused> {
    let mut back = request.check(&provider)?;
    let broken = |_| Refused("This does not work at the moment.");
    if !provider.users.knows(&name, password).await.map_err(broken)? {
        let error = "Name or password is wrong.";
        return Ok(request.page(StatusCode::UNAUTHORIZED, &back, error));
    }
    let Request { redirect_uri, code_challenge: challenge, nonce, state, .. } = request;
    let grant = Grant { subject: name, redirect_uri, challenge, nonce };
    let code = provider.codes.issue(grant).map_err(|error| broken(error.into()))?;
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &state);
    Ok(([(header::CACHE_CONTROL, "no-store")], Redirect::to(back.as_str())).into_response())
}

/// Told to the one in front of the browser.
pub(super) struct Refused(&'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.0).into_response()
    }
}
