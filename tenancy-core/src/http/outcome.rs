//! What the layer lays into a request, and how it is taken out.

use std::sync::Arc;

use http::Extensions;
#[cfg(feature = "axum")]
use http::request::Parts;

#[cfg(feature = "axum")]
use crate::PublicTenant;
use crate::TenantToken;
use crate::auth::AuthError;
use crate::http::layer::Settings;
use crate::http::problem::Problem;

/// The answer of authentication, and what made it.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) answer: Answer,
    /// Read by extractors of visitors.
    #[cfg_attr(not(feature = "axum"), allow(dead_code))]
    pub(super) settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// There is no credential at all.
    Anonymous,
    Token(TenantToken),
    Refused(Problem),
}

/// Why there is no token: what the log is told. A client is told less.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Request(#[from] Problem),
}

impl Answer {
    pub(super) fn refused(refusal: impl Into<Refusal>) -> Self {
        let refusal = refusal.into();
        tracing::info!(target: "tenancy::auth", reason = %refusal, "a request was refused");
        Self::Refused(match refusal {
            Refusal::Auth(error) => error.into(),
            Refusal::Request(problem) => problem,
        })
    }

    pub(super) fn token(&self) -> Result<Option<&TenantToken>, Problem> {
        match self {
            Self::Anonymous => Ok(None),
            Self::Token(token) => Ok(Some(token)),
            Self::Refused(problem) => Err(*problem),
        }
    }
}

/// The token of a request that came through [`TenancyLayer`](crate::http::TenancyLayer); none when it has no credential.
///
/// For services without extractors; those of axum do the same.
///
/// # Errors
///
/// The [`Problem`] to answer with when the credential was refused, or no layer stood in front.
pub fn tenant_token(extensions: &Extensions) -> Result<Option<TenantToken>, Problem> {
    let outcome = extensions.get::<Outcome>().ok_or_else(no_layer)?;
    outcome.answer.token().map(Option::<&TenantToken>::cloned)
}

/// The tenant whose site is visited.
#[cfg(feature = "axum")]
pub(super) async fn visited(parts: &Parts) -> Result<PublicTenant, Problem> {
    let outcome = parts.extensions.get::<Outcome>().ok_or_else(no_layer)?;
    outcome.settings.visited(&parts.uri, &parts.headers, &parts.extensions).await
}

fn no_layer() -> Problem {
    tracing::error!(target: "tenancy::auth", "a token is asked for where no TenancyLayer stands in front");
    Problem::MISCONFIGURED
}
