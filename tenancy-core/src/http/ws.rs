//! [`TenantWebSocketUpgrade`]: WebSockets that end with the token of their request.
//!
//! The request is over when its connection is upgraded, and so is what the layer can see of it. So the socket carries the
//! token itself: when it expires, the peer gets a close frame with the code 1008 (RFC 6455, section 7.4.1).

use std::fmt;
use std::future::Future;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use tokio::time::{sleep, timeout};

use crate::TenantToken;
use crate::http::body::until;

/// What is left to a handler after the token has expired, to come to its end.
const GRACE: Duration = Duration::from_secs(5);

/// An extractor: a request that asks for a WebSocket, with the token that it will live as long as.
#[derive(Debug)]
#[must_use = "a WebSocket is opened by `on_upgrade`"]
pub struct TenantWebSocketUpgrade {
    upgrade: WebSocketUpgrade,
    token: TenantToken,
}

/// A WebSocket that ends with its token.
pub struct TenantWebSocket {
    socket: WebSocket,
    token: TenantToken,
}

impl<S: Send + Sync> FromRequestParts<S> for TenantWebSocketUpgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let token = <TenantToken as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let token = token.map_err(IntoResponse::into_response)?;
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        Ok(Self { upgrade: upgrade.map_err(IntoResponse::into_response)?, token })
    }
}

impl TenantWebSocketUpgrade {
    /// The token, for what is to be done before.
    #[must_use]
    pub fn token(&self) -> &TenantToken {
        &self.token
    }

    /// Changes the upgrade: its protocols, the longest message.
    pub fn configure(self, change: impl FnOnce(WebSocketUpgrade) -> WebSocketUpgrade) -> Self {
        Self { upgrade: change(self.upgrade), token: self.token }
    }

    /// Opens the socket. The handler is dropped some seconds after the token has expired, when it has not ended by then.
    pub fn on_upgrade<F>(self, handler: impl FnOnce(TenantWebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { upgrade, token } = self;
        upgrade
            .on_upgrade(async move |socket| {
                let longest = until(&token).saturating_add(GRACE);
                let handled = handler(TenantWebSocket { socket, token });
                // What is too far away for a timer is no end.
                let _ = timeout(longest, handled).await;
            })
            .into_response()
    }
}

impl TenantWebSocket {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &TenantToken {
        &self.token
    }

    /// The next message. `None` when the peer has closed, or the token has expired.
    pub async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        while !self.token.is_expired() {
            tokio::select! {
                message = self.socket.recv() => return message,
                () = sleep(until(&self.token)) => {}
            }
        }
        self.end().await;
        None
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// [`axum::Error`] when the peer is gone, or the token has expired.
    pub async fn send(&mut self, message: Message) -> Result<(), axum::Error> {
        if self.token.is_expired() {
            self.end().await;
            return Err(axum::Error::new(crate::Error::TokenExpired));
        }
        self.socket.send(message).await
    }

    /// Tells the peer why.
    async fn end(&mut self) {
        let frame = CloseFrame { code: close_code::POLICY, reason: "the token has expired".into() };
        // A peer that does not read must not keep the handler.
        let _ = timeout(Duration::from_secs(1), self.socket.send(Message::Close(Some(frame)))).await;
    }
}

impl fmt::Debug for TenantWebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantWebSocket").field("token", &self.token).finish_non_exhaustive()
    }
}
