//! [`TenancyBody`]: the body of a response, which ends with the token of its request.
//!
//! A download, a stream of events or of messages can outlive the right to see it. What is left of it when the token expires
//! is not sent, and the body ends with an error, so that a client does not take the beginning for the whole.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::TenantToken;

pin_project! {
    /// The body of a response behind a [`TenancyLayer`](crate::http::TenancyLayer).
    pub struct TenancyBody<B> {
        #[pin]
        content: Content<B>,
    }
}

pin_project! {
    #[project = ContentProjection]
    enum Content<B> {
        Body {
            #[pin]
            body: B,
            token: Option<TenantToken>,
            // Only there when the body has made somebody wait.
            #[pin]
            expiry: Option<Sleep>,
            ended: bool,
        },
        Problem { document: Option<Bytes> },
    }
}

/// Why a body ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The token of the request expired.
    TokenExpired,
    /// The body itself failed.
    Body(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenExpired => f.write_str("the tenant token of the request has expired"),
            Self::Body(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TokenExpired => None,
            Self::Body(error) => error.source(),
        }
    }
}

impl<B> TenancyBody<B> {
    pub(super) fn new(body: B, token: Option<TenantToken>) -> Self {
        Self { content: Content::Body { body, token, expiry: None, ended: false } }
    }

    pub(super) fn problem(document: Bytes) -> Self {
        Self {
            content: Content::Problem { document: Some(document).filter(|document| !document.is_empty()) },
        }
    }
}

impl<B> Body for TenancyBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let (body, token, mut expiry, ended) = match self.project().content.project() {
            ContentProjection::Problem { document } => {
                return Poll::Ready(document.take().map(|document| Ok(Frame::data(document))));
            }
            ContentProjection::Body { body, token, expiry, ended } => (body, token, expiry, ended),
        };
        if *ended {
            return Poll::Ready(None);
        }
        let Some(token) = token else {
            return body.poll_frame(cx).map_err(|error| BodyError::Body(error.into()));
        };
        if body.is_end_stream() {
            return Poll::Ready(None);
        }
        if !token.is_expired() {
            if let Poll::Ready(frame) = body.poll_frame(cx) {
                return Poll::Ready(frame.map(|frame| frame.map_err(|error| BodyError::Body(error.into()))));
            }
            loop {
                if expiry.is_none() {
                    expiry.set(Some(sleep(until(token))));
                }
                if let Some(waiting) = expiry.as_mut().as_pin_mut() {
                    ready!(waiting.poll(cx));
                }
                expiry.set(None);
                // The clock of the machine may have been set back meanwhile.
                if token.is_expired() {
                    break;
                }
            }
        }
        *ended = true;
        tracing::info!(target: "tenancy::auth", "a response ended with the token of its request");
        Poll::Ready(Some(Err(BodyError::TokenExpired)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Body { body, ended, .. } => *ended || body.is_end_stream(),
            Content::Problem { document } => document.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Body { body, .. } => body.size_hint(),
            Content::Problem { document } => {
                SizeHint::with_exact(document.as_ref().map_or(0, |document| document.len() as u64))
            }
        }
    }
}

/// How long a token is still good.
pub(super) fn until(token: &TenantToken) -> std::time::Duration {
    token.expires_at().duration_since(SystemTime::now()).unwrap_or_default()
}

impl<B> fmt::Debug for TenancyBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenancyBody").finish_non_exhaustive()
    }
}
