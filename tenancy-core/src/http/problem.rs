//! [`Problem`]: what a client is told when a request is refused.
//!
//! A problem document (RFC 9457) of the general type `about:blank`, which says no more than its status does. What a request
//! that is merely unclear must say is in its detail; what is wrong with a credential, and whether a tenant exists, is in no
//! answer. The log knows.

use std::fmt;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::AuthError;
use crate::auth::HostError;

/// Why a request is refused, as its client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NoCredential,
    BadCredential,
    Forbidden,
    CrossSite,
    Unclear(Unclear),
    NoSuchSite,
    NotNow,
    Misconfigured,
}

/// What is unclear about a request. Mending it needs nothing that a stranger does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// Two credentials, or one twice.
    Credentials,
    /// Two tenants, or one twice.
    Tenants,
    /// What names a tenant can be no tenant's name.
    TenantName,
    /// Nothing says for which tenant it is.
    NoTenant,
    /// No host, two of them, or what is none.
    Host,
}

impl Problem {
    pub(super) const NO_CREDENTIAL: Self = Self(Kind::NoCredential);
    pub(super) const BAD_CREDENTIAL: Self = Self(Kind::BadCredential);
    pub(super) const CROSS_SITE: Self = Self(Kind::CrossSite);
    pub(super) const NO_SUCH_SITE: Self = Self(Kind::NoSuchSite);
    pub(super) const MISCONFIGURED: Self = Self(Kind::Misconfigured);

    pub(super) fn unclear(what: Unclear) -> Self {
        Self(Kind::Unclear(what))
    }

    /// 400, 401, 403, 404, 500 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.0 {
            Kind::NoCredential | Kind::BadCredential => StatusCode::UNAUTHORIZED,
            Kind::Forbidden | Kind::CrossSite => StatusCode::FORBIDDEN,
            Kind::Unclear(_) => StatusCode::BAD_REQUEST,
            Kind::NoSuchSite => StatusCode::NOT_FOUND,
            Kind::NotNow => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As gRPC has it: the number of its status code (`UNAUTHENTICATED` is 16).
    #[must_use]
    pub fn grpc_status(&self) -> u8 {
        match self.0 {
            Kind::Unclear(_) => 3,
            Kind::NoSuchSite => 5,
            Kind::Forbidden | Kind::CrossSite => 7,
            Kind::Misconfigured => 13,
            Kind::NotNow => 14,
            Kind::NoCredential | Kind::BadCredential => 16,
        }
    }

    /// The response to a call of gRPC, which has its status in a header of an answer that is 200 otherwise: what the protocol
    /// calls Trailers-Only.
    pub(super) fn grpc_response<B>(self, body: impl FnOnce(Bytes) -> B) -> Response<B> {
        let mut response = Response::new(body(Bytes::new()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from(u16::from(self.grpc_status())));
        response
    }

    /// The document.
    fn body(self) -> &'static str {
        macro_rules! document {
            ($title:literal, $status:literal) => {
                concat!(r#"{"type":"about:blank","title":""#, $title, r#"","status":"#, $status, "}")
            };
            ($title:literal, $status:literal, $detail:literal) => {
                concat!(
                    r#"{"type":"about:blank","title":""#,
                    $title,
                    r#"","status":"#,
                    $status,
                    r#","detail":""#,
                    $detail,
                    r#""}"#
                )
            };
        }
        match self.0 {
            Kind::NoCredential | Kind::BadCredential => document!("Unauthorized", 401),
            Kind::Forbidden | Kind::CrossSite => document!("Forbidden", 403),
            Kind::Unclear(Unclear::Credentials) => {
                document!("Bad Request", 400, "present one credential, once")
            }
            Kind::Unclear(Unclear::Tenants) => document!("Bad Request", 400, "name one tenant, once"),
            Kind::Unclear(Unclear::TenantName) => document!("Bad Request", 400, "that names no tenant"),
            Kind::Unclear(Unclear::NoTenant) => document!("Bad Request", 400, "name a tenant"),
            Kind::Unclear(Unclear::Host) => document!("Bad Request", 400, "the host is not a host name"),
            Kind::NoSuchSite => document!("Not Found", 404),
            Kind::NotNow => document!("Service Unavailable", 503),
            Kind::Misconfigured => document!("Internal Server Error", 500),
        }
    }

    /// The response, with a body of one's own kind: `problem.response(Full::new)`.
    pub fn response<B>(self, body: impl FnOnce(Bytes) -> B) -> Response<B> {
        let mut response = Response::new(body(Bytes::from_static(self.body().as_bytes())));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.0 {
            // RFC 6750, section 3.1: without a credential there is nothing to say of it.
            Kind::NoCredential => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Kind::BadCredential => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer error="invalid_token""#));
            }
            Kind::NotNow => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("5"))),
            _ => {}
        }
        response
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self(match error {
            AuthError::NotItsTenant
            | AuthError::NotAMember
            | AuthError::UnknownTenant
            | AuthError::Suspended => Kind::Forbidden,
            AuthError::NoTenantChosen => Kind::Unclear(Unclear::NoTenant),
            AuthError::NoKeys | AuthError::NoStore => Kind::NotNow,
            AuthError::NoMemberships => Kind::Misconfigured,
            _ => Kind::BadCredential,
        })
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Malformed => Self::unclear(Unclear::Host),
            HostError::Foreign | HostError::TooDeep | HostError::Label => Self::NO_SUCH_SITE,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::NoCredential => "there is no credential",
            Kind::BadCredential => "the credential was refused",
            Kind::Forbidden => "the subject may not act for the tenant",
            Kind::CrossSite => "another site sent a request with this site's cookie",
            Kind::Unclear(Unclear::Credentials) => "there is more than one credential",
            Kind::Unclear(Unclear::Tenants) => "the request names more than one tenant",
            Kind::Unclear(Unclear::TenantName) => "what names a tenant can be no tenant's name",
            Kind::Unclear(Unclear::NoTenant) => "the request names no tenant",
            Kind::Unclear(Unclear::Host) => "the host is missing, there twice, or malformed",
            Kind::NoSuchSite => "there is no such site",
            Kind::NotNow => "keys or a store are out of reach",
            Kind::Misconfigured => {
                "TenancyLayer does not stand in front of this, or is not told what it needs"
            }
        })
    }
}

impl std::error::Error for Problem {}
