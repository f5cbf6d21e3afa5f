//! Logging in and out: a code of the provider's becomes a session of this service, for one tenant.
//!
//! A login ends with a token of the library's, so that whoever is no member of the tenant gets no session there. Sessions are
//! looked up at each request, and a logout ends one at once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;
use tenancy::auth::CredentialKind;
use tenancy::http::Problem;
use tenancy::prelude::*;

use super::App;
use super::cookies::{self, LOGIN, SESSION};
use super::error::ApiError;
use super::pages::Notice;
use super::provider::Attempt;

/// How long one may take at the provider.
const ATTEMPT: u64 = 5 * 60;

/// How long a session lasts.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// What the provider sends back, through the user's browser.
#[derive(Deserialize)]
pub(super) struct Answer {
    state: Option<String>,
    code: Option<String>,
}

/// `GET /login`: off to the provider.
pub(super) async fn begin(site: PublicTenant, State(app): State<Arc<App>>) -> Result<Response, Notice> {
    let attempt = Attempt::new().map_err(Notice::broken)?;
    let address = app.provider.address(&attempt, &app.callback(&site)).map_err(Notice::broken)?;
    let cookie = cookies::set(LOGIN, &attempt.to_cookie(), ATTEMPT);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(address.as_str())).into_response())
}

/// `GET /callback`: back from the provider.
pub(super) async fn finish(
    site: PublicTenant,
    State(app): State<Arc<App>>,
    Query(answer): Query<Answer>,
    headers: HeaderMap,
) -> Result<Response, Notice> {
    let stray = Notice::new(StatusCode::BAD_REQUEST, "This login was not begun here, or took too long.");
    let attempt = cookies::value(&headers, LOGIN).and_then(Attempt::from_cookie).ok_or(stray)?;
    let code = answer.code.filter(|_| answer.state.as_ref() == Some(&attempt.state)).ok_or(stray)?;

    let id_token = app.provider.exchange(&attempt, &code, &app.callback(&site)).await.map_err(|error| {
        tracing::info!(%error, "a code was not exchanged");
        Notice::new(StatusCode::BAD_GATEWAY, "The identity provider did not confirm the login.")
    })?;
    let token = app.authorities.users.authenticate_for(&id_token, site.tenant()).await.map_err(|error| {
        tracing::info!(reason = %error, "a login was refused");
        match Problem::from(error).status() {
            StatusCode::FORBIDDEN => Notice::new(StatusCode::FORBIDDEN, "You are not a member here."),
            status => Notice::new(status, "The login was refused."),
        }
    })?;
    if !attempt.is_of(&id_token) {
        return Err(stray);
    }
    let session = app.open_session(&token).await.map_err(|error| Notice::broken(format!("{error:?}")))?;
    let cookies = AppendHeaders([
        (header::SET_COOKIE, cookies::set(SESSION, &session, LIFETIME.as_secs())),
        (header::SET_COOKIE, cookies::unset(LOGIN)),
    ]);
    Ok((cookies, Redirect::to("/app")).into_response())
}

/// `POST /logout`: the session is worth nothing any more, whoever has a copy of its cookie.
pub(super) async fn end(
    _: TenantToken,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(cookie) = cookies::value(&headers, SESSION) {
        app.identity.revoke_presented(cookie).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookies::unset(SESSION))]).into_response())
}

impl App {
    /// Where the provider sends the browser back to: by the label that was looked up, not by what a client wrote.
    fn callback(&self, site: &PublicTenant) -> String {
        format!("http://{}.localhost:{}/callback", site.label(), self.port)
    }

    async fn open_session(&self, token: &TenantToken) -> Result<String, ApiError> {
        let (kind, subject) = (CredentialKind::Session, token.subject());
        let issued = self.identity.issue(kind, subject, Some(token.tenant()), LIFETIME).await?;
        Ok(issued.reveal())
    }
}
