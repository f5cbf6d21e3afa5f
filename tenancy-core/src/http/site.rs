//! Which host a request is for.
//!
//! `Host`, or `:authority` of HTTP/2; where both are there, they say the same (RFC 9113, section 8.3.1). Behind a proxy it is
//! `X-Forwarded-Host`, when the peer is one of the proxies that were named: from anybody else that header is not read.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::header::HOST;
use http::{Extensions, HeaderMap, HeaderValue, Uri};
use ipnet::IpNet;

use crate::http::once::{Twice, once};
use crate::http::problem::{Problem, Unclear};

/// Who may say for which host a request is, beside the request itself.
#[derive(Clone)]
pub(super) struct Proxies {
    pub(super) trusted: Vec<IpNet>,
    pub(super) peer: Arc<Peer>,
}

/// Finds the address of the peer.
pub(super) type Peer = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl Proxies {
    /// None. The peer is what axum's `ConnectInfo` says.
    pub(super) fn none() -> Self {
        Self { trusted: Vec::new(), peer: Arc::new(peer) }
    }

    fn sent(&self, extensions: &Extensions) -> bool {
        // An address of IPv4 on a socket of IPv6 is that address.
        let trusts = |peer: IpAddr| self.trusted.iter().any(|net| net.contains(&peer.to_canonical()));
        !self.trusted.is_empty() && (self.peer)(extensions).is_some_and(trusts)
    }
}

#[cfg(feature = "axum")]
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let info = extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    info.map(|info| info.0.ip())
}

#[cfg(not(feature = "axum"))]
fn peer(_: &Extensions) -> Option<IpAddr> {
    None
}

/// The host, as it was written.
pub(super) fn host<'r>(
    uri: &'r Uri,
    headers: &'r HeaderMap,
    extensions: &Extensions,
    proxies: Option<&Proxies>,
) -> Result<&'r str, Problem> {
    let unclear = || Problem::unclear(Unclear::Host);
    let one = |name: &str| {
        let value = once(headers, name).map_err(|Twice| unclear())?;
        value.map(HeaderValue::to_str).transpose().map_err(|_| unclear())
    };
    if proxies.is_some_and(|proxies| proxies.sent(extensions))
        && let Some(forwarded) = one("x-forwarded-host")?
    {
        return Ok(forwarded);
    }
    let authority = uri.authority().map(http::uri::Authority::as_str);
    match (authority, one(HOST.as_str())?) {
        (None, None) => Err(unclear()),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => Ok(one),
        (Some(_), Some(_)) => Err(unclear()),
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxies").field(&self.trusted).finish()
    }
}
