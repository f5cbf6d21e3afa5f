//! [`Hosts`]: from a host name to the label of a tenant, strictly.
//!
//! A host name is written by whoever sends the request, and many spellings end up at one server. So one form is read, and
//! everything else is refused: `label.base`, in ASCII, in any case, with a port or without, with one dot at the end or
//! without. There is one label, since certificates and cookies of `*.example.com` know no more, and none that is reserved.

use std::collections::BTreeSet;

use crate::label::is_label;
use crate::{InvalidLabel, Label};

/// In bytes, without the port (RFC 1035, section 2.3.4).
const LONGEST: usize = 253;

/// The domain below which tenants have their hosts.
///
/// ```
/// use tenancy_core::auth::{HostError, Hosts};
///
/// let hosts = Hosts::below("example.com")?;
/// assert_eq!(hosts.label("Acme.Example.COM:8443")?.map(|label| label.to_string()), Some("acme".into()));
/// assert_eq!(hosts.label("example.com")?, None);
/// assert_eq!(hosts.label("www.example.com")?, None);
/// assert_eq!(hosts.label("acme.example.com.evil.test"), Err(HostError::Foreign));
/// # Ok::<(), HostError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hosts {
    base: Box<str>,
    reserved: BTreeSet<Label>,
}

/// Why a host name is none of a tenant. It never repeats the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// It is no host name with an optional port (RFC 9110, section 7.2): user information, an address in brackets, a port
    /// that is no number, an empty label, characters beside letters, digits and hyphens.
    #[error("the host is not a host name with an optional port")]
    Malformed,
    /// It is not below the base domain.
    #[error("the host is not below the base domain")]
    Foreign,
    /// There is more than one label in front of the base domain.
    #[error("the host has more than one label in front of the base domain")]
    TooDeep,
    /// The label can be no tenant's.
    #[error("the label in front of the base domain can be no tenant's")]
    Label,
}

impl From<InvalidLabel> for HostError {
    fn from(_: InvalidLabel) -> Self {
        Self::Label
    }
}

/// What services use for themselves, or what certificates, mail and browsers give a meaning to.
const RESERVED: [&str; 22] = [
    "admin",
    "api",
    "app",
    "auth",
    "autoconfig",
    "autodiscover",
    "cdn",
    "dashboard",
    "ftp",
    "help",
    "id",
    "imap",
    "login",
    "mail",
    "mta-sts",
    "ns1",
    "ns2",
    "smtp",
    "static",
    "status",
    "wpad",
    "www",
];

impl Hosts {
    /// Hosts of tenants are `label.base`. Reserved are `www`, `app`, `api`, `admin`, `auth`, `login`, `id`, `mail` and more
    /// of their kind; see [`reserve`](Self::reserve).
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when that is no domain name in lower case.
    pub fn below(base: &str) -> Result<Self, HostError> {
        let name = base.len() < LONGEST
            && base.split('.').all(is_label)
            && base.bytes().all(|byte| !byte.is_ascii_uppercase());
        // An address has no names below it.
        if !name || base.parse::<std::net::IpAddr>().is_ok() {
            return Err(HostError::Malformed);
        }
        let reserved = RESERVED.iter().filter_map(|label| label.parse().ok()).collect();
        Ok(Self { base: base.into(), reserved })
    }

    /// Reserves a further label: it is no tenant's.
    #[must_use]
    pub fn reserve(mut self, label: Label) -> Self {
        self.reserved.insert(label);
        self
    }

    /// Whether a label is reserved: to be asked before a tenant gets it.
    #[must_use]
    pub fn is_reserved(&self, label: &Label) -> bool {
        self.reserved.contains(label)
    }

    /// The label of a host, as `Host` or `:authority` has it. None of the base domain itself, and of reserved labels.
    ///
    /// # Errors
    ///
    /// [`HostError`] says what is wrong with it.
    pub fn label(&self, host: &str) -> Result<Option<Label>, HostError> {
        let name = match host.split_once(':') {
            None => host,
            Some((name, port)) => {
                let number = !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
                if !number || port.parse::<u16>().is_err() {
                    return Err(HostError::Malformed);
                }
                name
            }
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.len() > LONGEST || !name.split('.').all(is_label) {
            return Err(HostError::Malformed);
        }
        let name = name.to_ascii_lowercase();
        if *name == *self.base {
            return Ok(None);
        }
        let label = name.strip_suffix(&*self.base).and_then(|rest| rest.strip_suffix('.'));
        let label = label.ok_or(HostError::Foreign)?;
        if label.contains('.') {
            return Err(HostError::TooDeep);
        }
        let label: Label = label.parse()?;
        Ok((!self.is_reserved(&label)).then_some(label))
    }
}
