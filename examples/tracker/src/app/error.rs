//! [`ApiError`]: what a client of the API is told, as a problem document (RFC 9457).
//!
//! A row of another tenant and one that is not there are one answer, since the library has one for both.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sqlx::error::ErrorKind;
use tenancy::Error;
use tenancy::auth::{IssueError, StoreError};
use tenancy::http::Problem;

#[derive(Debug)]
pub(super) enum ApiError {
    NotThere,
    Conflict(&'static str),
    /// What was sent cannot be taken, and why.
    Unfit(&'static str),
    Expired,
    NotNow,
    Broken,
    /// As the layer says it.
    Refused(Problem),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match &error {
            Error::RowNotFound => Self::NotThere,
            Error::TokenExpired => Self::Expired,
            Error::Database(server) if server.kind() == ErrorKind::UniqueViolation => {
                Self::Conflict("There is one of that name already.")
            }
            // It belongs to something that is not there, or is another tenant's.
            Error::Database(server) if server.kind() == ErrorKind::ForeignKeyViolation => Self::NotThere,
            Error::PoolTimedOut { .. } | Error::Connection(_) => Self::not_now(&error),
            _ => {
                tracing::error!(%error, "a request failed");
                Self::Broken
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::not_now(&error)
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        Self::not_now(&error)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl ApiError {
    fn not_now(error: &impl std::error::Error) -> Self {
        tracing::error!(%error, "a store did not answer");
        Self::NotNow
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Refused(problem) => return problem.into_response(),
            Self::NotThere => (StatusCode::NOT_FOUND, "There is no such thing."),
            Self::Conflict(detail) => (StatusCode::CONFLICT, detail),
            Self::Unfit(detail) => (StatusCode::UNPROCESSABLE_ENTITY, detail),
            Self::Expired => (StatusCode::UNAUTHORIZED, "The session has expired."),
            Self::NotNow => (StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment."),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Something is broken here."),
        };
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail
        });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
