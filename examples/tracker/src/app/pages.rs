//! What a browser shows: the landing page, the application, and notices when a login does not work out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tenancy::http::Problem;
use tenancy::prelude::*;

use super::App;
use super::error::ApiError;
use crate::entities::Landing;
use crate::html;

const LANDING: &str = include_str!("page/landing.html");
const NOTICE: &str = include_str!("page/notice.html");

/// `GET /`: for everybody. A session that is over is no reason to be shown less than a stranger.
pub(super) async fn landing(
    site: PublicTenant,
    token: Result<Option<TenantToken>, Problem>,
    State(app): State<Arc<App>>,
) -> Result<Html<String>, ApiError> {
    let landing = Landing::find(&site).fetch_one(&app.db).await?;
    let (address, word) = if matches!(token, Ok(Some(_))) { ("/app", "Open") } else { ("/login", "Sign in") };
    let values =
        [("headline", &*landing.headline), ("text", &landing.text), ("address", address), ("word", word)];
    Ok(Html(html::fill(LANDING, &values)))
}

/// `GET /app`: the same file for everybody, which fills itself by way of the API. Who is not logged in is sent to where one
/// can.
pub(super) async fn app(_: PublicTenant, token: Result<TenantToken, Problem>) -> Response {
    match token {
        Ok(_) => Html(include_str!("page/app.html")).into_response(),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Redirect::to("/").into_response(),
        Err(problem) => IntoResponse::into_response(problem),
    }
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("page/page.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript")], include_str!("page/app.js"))
}

/// Why a login did not work out, in a sentence for a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notice {
    status: StatusCode,
    text: &'static str,
}

impl Notice {
    pub(super) fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text }
    }

    pub(super) fn broken(error: impl ToString) -> Self {
        tracing::error!(error = error.to_string(), "a login failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something is broken here.")
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        (self.status, Html(html::fill(NOTICE, &[("text", self.text)]))).into_response()
    }
}
