//! Headers that may stand in a request once. Which of two counts would be a matter of who reads first.

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue};

/// It stands there twice.
pub(super) struct Twice;

/// The value, if there is one.
pub(super) fn once(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&HeaderValue>, Twice> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(Twice) } else { Ok(first) }
}
