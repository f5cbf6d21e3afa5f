//! Where a credential stands in a request, and that there is one.
//!
//! Two of them in one request are refused, whatever they say: which of them counts would be a matter of who reads first
//! (RFC 6750, section 2, allows one way at a time). That holds for one cookie given twice as well, which is how a sibling
//! domain plants its own.

use std::ops::Range;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};

use crate::http::once::{Twice, once};
use crate::http::problem::{Problem, Unclear};

/// Where credentials of one authority stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `Authorization: Bearer ..`.
    Bearer,
    Cookie(Box<str>),
    Header(HeaderName),
}

/// A credential: a part of a header's value, which is shared and not copied.
#[derive(Debug)]
pub(super) struct Found {
    value: HeaderValue,
    part: Range<usize>,
}

impl Found {
    pub(super) fn text(&self) -> &str {
        self.value.to_str().ok().and_then(|text| text.get(self.part.clone())).unwrap_or_default()
    }
}

impl Place {
    /// The credential at this place, if there is anything.
    pub(super) fn find(&self, headers: &HeaderMap) -> Result<Option<Found>, Problem> {
        match self {
            Self::Bearer => one(headers, &AUTHORIZATION)?.map(bearer).transpose(),
            Self::Header(name) => one(headers, name)?.map(whole).transpose(),
            Self::Cookie(name) => cookie(headers, name),
        }
    }
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Problem> {
    once(headers, name).map_err(|Twice| Problem::unclear(Unclear::Credentials))
}

/// RFC 9110, section 11.4: the scheme in any case, and a space. Another scheme is a credential that is not ours.
fn bearer(value: &HeaderValue) -> Result<Found, Problem> {
    let text = value.to_str().map_err(|_| Problem::BAD_CREDENTIAL)?;
    let scheme = "bearer ".len();
    match text.get(..scheme) {
        Some(found) if found.eq_ignore_ascii_case("bearer ") && text.len() > scheme => {
            Ok(Found { value: value.clone(), part: scheme..text.len() })
        }
        _ => Err(Problem::BAD_CREDENTIAL),
    }
}

fn whole(value: &HeaderValue) -> Result<Found, Problem> {
    let text = value.to_str().map_err(|_| Problem::BAD_CREDENTIAL)?;
    Ok(Found { value: value.clone(), part: 0..text.len() })
}

/// RFC 6265, section 5.4: pairs with `; ` between them. HTTP/2 may send them apart from each other.
fn cookie(headers: &HeaderMap, name: &str) -> Result<Option<Found>, Problem> {
    let mut found = None;
    for value in headers.get_all(COOKIE) {
        let text = value.as_bytes();
        let mut start = 0;
        for pair in text.split(|byte| *byte == b';') {
            let end = start + pair.len();
            let blanks = pair.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let content = start + blanks;
            if pair[blanks..].strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'=')) {
                value.to_str().map_err(|_| Problem::BAD_CREDENTIAL)?;
                let part = content + name.len() + 1..end;
                if found.replace(Found { value: value.clone(), part }).is_some() {
                    return Err(Problem::unclear(Unclear::Credentials));
                }
            }
            start = end + 1;
        }
    }
    Ok(found)
}
