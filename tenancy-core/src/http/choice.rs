//! For which tenant a request says that it is. Saying it proves nothing.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Uri};

use crate::http::once::{Twice, once};
use crate::http::problem::{Problem, Unclear};
use crate::{Label, TenantId};

/// A tenant, by whichever name the request has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Id(TenantId),
    Label(Label),
}

impl Asked {
    fn parse(text: &str) -> Result<Self, Problem> {
        let label = || text.parse().map(Self::Label).map_err(|_| Problem::unclear(Unclear::TenantName));
        text.parse().map(Self::Id).or_else(|_| label())
    }
}

/// A header that holds an id or a label, once.
pub(super) fn in_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Asked>, Problem> {
    let value = once(headers, name).map_err(|Twice| Problem::unclear(Unclear::Tenants))?;
    let text = value.map(HeaderValue::to_str).transpose();
    text.map_err(|_| Problem::unclear(Unclear::TenantName))?.map(Asked::parse).transpose()
}

/// The segment after `prefix`, as it stands there: what is percent-encoded is no id and no label.
pub(super) fn in_path(uri: &Uri, prefix: &str) -> Result<Option<Asked>, Problem> {
    match uri.path().strip_prefix(prefix).and_then(|rest| rest.split('/').next()) {
        None | Some("") => Ok(None),
        Some(segment) => Asked::parse(segment).map(Some),
    }
}
