//! Whether a request that carries a cookie comes from a page of this very site.
//!
//! A browser sends the cookie along with whatever any page makes it send. Pages of other tenants are `same-site` here, since
//! they share the base domain: so `SameSite` of the cookie does not keep them apart, and what changes something must be of
//! the same origin. Opening a WebSocket is a GET that asks no permission, and counts as a change.

use http::header::{ORIGIN, UPGRADE};
use http::{HeaderMap, Method};

use crate::http::once::{Twice, once};
use crate::http::problem::Problem;

const SITE: &str = "sec-fetch-site";

/// Fetch Metadata (`Sec-Fetch-Site`) where the browser sends it, and else `Origin`. Programs send neither.
///
/// `host` is asked for where it matters: most requests change nothing.
pub(super) fn check<'r>(
    method: &Method,
    headers: &HeaderMap,
    host: impl FnOnce() -> Option<&'r str>,
) -> Result<(), Problem> {
    if method.is_safe() && !headers.contains_key(UPGRADE) && method != Method::CONNECT {
        return Ok(());
    }
    // Who sends either twice is no browser.
    let once = |name| once(headers, name).map_err(|Twice| Problem::CROSS_SITE);
    let own = match (once(SITE)?, once(ORIGIN.as_str())?) {
        (Some(site), _) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        (None, Some(origin)) => origin.to_str().is_ok_and(|origin| is_of(origin, host())),
        (None, None) => true,
    };
    if own { Ok(()) } else { Err(Problem::CROSS_SITE) }
}

/// `https://acme.example.com` is of `acme.example.com`. `null` is of nobody.
fn is_of(origin: &str, host: Option<&str>) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| host.is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}
