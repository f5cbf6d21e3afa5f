//! The two cookies, both of one host alone: `__Host-` makes a browser refuse them from anybody else.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// A session. The layer reads it.
pub(super) const SESSION: &str = "__Host-session";

/// A login that has begun, for as long as it may take.
pub(super) const LOGIN: &str = "__Host-login";

/// Scripts do not see it, and it is sent over TLS or on this machine. `Lax`, since a login comes back from elsewhere.
pub(super) fn set(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

pub(super) fn unset(name: &str) -> String {
    set(name, "", 0)
}

/// The value of a cookie that is there once.
pub(super) fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|pair| pair.0 == name).map(|pair| pair.1);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_counts_when_it_is_there_once() {
        let headers = |text: &str| HeaderMap::from_iter([(COOKIE, text.parse().unwrap())]);
        assert_eq!(value(&headers("a=1; __Host-login=x.y; b=2"), LOGIN), Some("x.y"));
        assert_eq!(value(&headers("__Host-login=x; __Host-login=y"), LOGIN), None);
        assert_eq!(value(&headers("x__Host-login=x"), LOGIN), None);
    }
}
