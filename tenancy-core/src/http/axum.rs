//! Extractors for axum: [`TenantToken`], `Option<TenantToken>` and [`PublicTenant`], and [`Problem`] as a response.

use axum::body::Body;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::http::{Problem, outcome, tenant_token};
use crate::{PublicTenant, TenantToken};

/// The token of the request. Without a credential, and with a bad one, the answer is 401.
impl<S: Sync> FromRequestParts<S> for TenantToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        tenant_token(&parts.extensions)?.ok_or(Problem::NO_CREDENTIAL)
    }
}

/// The token of the request, if it has a credential. A bad one is 401, and not `None`.
impl<S: Sync> OptionalFromRequestParts<S> for TenantToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        tenant_token(&parts.extensions)
    }
}

/// The tenant whose site the request visits, by its host. Whoever it is that visits.
impl<S: Sync> FromRequestParts<S> for PublicTenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        outcome::visited(parts).await
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.response(Body::from)
    }
}
