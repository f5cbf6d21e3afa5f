//! [`Label`]: the name of a tenant in a host name or a path.
//!
//! Like an id it is plain data, and proves nothing. It is stricter than DNS asks for, so that a tenant has one spelling, and
//! none that looks like another's: letters are ASCII and in lower case, and labels that browsers show as something else
//! (`xn--…`, internationalized ones) are refused.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

use crate::TenantId;

/// In bytes (RFC 1035, section 2.3.4).
const LONGEST: usize = 63;

/// A label of a host name: `acme` in `acme.example.com`. Letters, digits and hyphens.
///
/// ```
/// use tenancy_core::Label;
///
/// let label: Label = "acme".parse()?;
/// assert_eq!(label.as_str(), "acme");
/// for other in ["Acme", "-acme", "a.b", "xn--acm-epa", "", "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55"] {
///     assert!(other.parse::<Label>().is_err(), "{other}");
/// }
/// # Ok::<(), tenancy_core::InvalidLabel>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(CompactString);

/// Why a text is not a [`Label`]. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tenant's label has 1 to 63 of a-z, 0-9 and inner hyphens, is no UUID, and has no `--` after two characters"
)]
pub struct InvalidLabel;

impl Label {
    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        let fits = is_label(text)
            && !text.bytes().any(|byte| byte.is_ascii_uppercase())
            // Reserved (RFC 5890, section 2.3.1): `xn--` is another script in disguise.
            && text.get(2..4) != Some("--")
            // It would be taken for an id where both can stand.
            && text.parse::<TenantId>().is_err()
            && uuid::Uuid::try_parse(text).is_err();
        if fits { Ok(Self(text.into())) } else { Err(InvalidLabel) }
    }
}

/// Whether that can be a label of a host name, in any case (RFC 1123, section 2.1).
pub(crate) fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=LONGEST).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({})", self.0)
    }
}
