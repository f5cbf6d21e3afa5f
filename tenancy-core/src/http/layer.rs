//! [`TenancyLayer`]: what is authenticated, and how a request says for which tenant it is.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::HeaderName;
use http::{Extensions, HeaderMap, Method, Uri};
use ipnet::IpNet;
use tower_layer::Layer;

use crate::auth::{Directory, Hosts};
use crate::http::choice::{self, Asked};
use crate::http::credential::{Found, Place};
use crate::http::outcome::{Answer, Refusal};
use crate::http::problem::{Problem, Unclear};
use crate::http::same_origin;
use crate::http::service::TenancyService;
use crate::http::site::{self, Proxies};
use crate::{AuthError, Authority, PublicTenant, TenantId, TenantToken};

/// Authenticates each request once: see [the module](crate::http).
///
/// It wraps the bodies of responses as well: what is still being sent when the token expires ends with an error.
#[derive(Debug, Clone)]
pub struct TenancyLayer {
    settings: Arc<Settings>,
}

/// Describes a [`TenancyLayer`].
#[must_use = "a builder does nothing until `build`"]
#[derive(Debug)]
pub struct TenancyLayerBuilder {
    settings: Settings,
    hosts: Option<Hosts>,
    proxies: Proxies,
}

#[derive(Debug)]
pub(super) struct Settings {
    places: Vec<(Place, Authority)>,
    header: Option<HeaderName>,
    path: Option<Box<str>>,
    subdomain: bool,
    directory: Option<Directory>,
    sites: Option<(Hosts, Proxies)>,
    /// Whether nothing passes without a token.
    pub(super) required: bool,
}

/// Why a layer could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// No authority, so that nobody could ever be authenticated.
    #[error("no authority was given: call `bearer`, `cookie` or `header`")]
    NoAuthority,
    /// Two authorities for credentials at one place.
    #[error("two authorities are for credentials at one place")]
    OnePlaceTwice,
    /// A cookie's name is no token (RFC 6265, section 4.1.1).
    #[error("that is no name of a cookie")]
    CookieName,
    /// A prefix does not begin and end with a slash.
    #[error("the prefix of a path begins and ends with a slash")]
    PathPrefix,
    /// Tenants by their host, and no hosts; or hosts without a directory that knows whose they are.
    #[error("tenants are found by their host: call `hosts` and `directory`")]
    NoHosts,
}

impl TenancyLayer {
    /// Begins to describe a layer. An authority is required.
    pub fn builder() -> TenancyLayerBuilder {
        let settings = Settings {
            places: Vec::new(),
            header: None,
            path: None,
            subdomain: false,
            directory: None,
            sites: None,
            required: false,
        };
        TenancyLayerBuilder { settings, hosts: None, proxies: Proxies::none() }
    }
}

impl<S> Layer<S> for TenancyLayer {
    type Service = TenancyService<S>;

    fn layer(&self, inner: S) -> TenancyService<S> {
        TenancyService::new(inner, Arc::clone(&self.settings))
    }
}

impl TenancyLayerBuilder {
    /// `Authorization: Bearer` holds a credential of this authority (RFC 6750, section 2.1).
    pub fn bearer(self, authority: &Authority) -> Self {
        self.place(Place::Bearer, authority)
    }

    /// A cookie holds a credential of this authority. Give it the prefix `__Host-`, or other hosts below the same domain can
    /// plant one; `HttpOnly`, and `SameSite=Lax`.
    ///
    /// Such a request must come from a page of the same origin when it changes something or opens a WebSocket: by
    /// `Sec-Fetch-Site`, or by `Origin` where a browser does not send that.
    pub fn cookie(self, name: impl Into<Box<str>>, authority: &Authority) -> Self {
        self.place(Place::Cookie(name.into()), authority)
    }

    /// A header of one's own holds a credential of this authority: `x-api-key`.
    pub fn header(self, name: HeaderName, authority: &Authority) -> Self {
        self.place(Place::Header(name), authority)
    }

    fn place(mut self, place: Place, authority: &Authority) -> Self {
        self.settings.places.push((place, authority.clone()));
        self
    }

    /// A request may say by this header (`x-tenant-id`) for which tenant it is: an id, or a label where there is a
    /// [`directory`](Self::directory).
    pub fn tenant_header(mut self, name: HeaderName) -> Self {
        self.settings.header = Some(name);
        self
    }

    /// A request may say by the segment after this prefix for which tenant it is: `/t/` for `/t/acme/projects`.
    pub fn tenant_path(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.settings.path = Some(prefix.into());
        self
    }

    /// A request says by its host for which tenant it is: `acme.example.com`. Of the base domain and of reserved labels it says
    /// nothing, and from hosts elsewhere nobody is authenticated.
    pub fn tenant_subdomain(mut self) -> Self {
        self.settings.subdomain = true;
        self
    }

    /// Which labels tenants have.
    pub fn directory(mut self, directory: Directory) -> Self {
        self.settings.directory = Some(directory);
        self
    }

    /// Which hosts tenants have: for [`PublicTenant`], and for [`tenant_subdomain`](Self::tenant_subdomain).
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Proxies whose `X-Forwarded-Host` is believed, by their addresses. From everybody else it is not read. A proxy must
    /// replace what it was sent and not add to it: two of them are refused. It counts where there are [`hosts`](Self::hosts).
    pub fn trusted_proxies(mut self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        self.proxies.trusted.extend(networks);
        self
    }

    /// How the address of the peer is found in the extensions of a request. Unless said otherwise it is axum's
    /// `ConnectInfo<SocketAddr>`, which is there with `into_make_service_with_connect_info`; without an address no proxy is
    /// trusted.
    pub fn peer(mut self, peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.proxies.peer = Arc::new(peer);
        self
    }

    /// Answers by itself what has no token, so that nothing behind it is reached: for services without extractors.
    pub fn required(mut self) -> Self {
        self.settings.required = true;
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`LayerError`] says what is missing or wrong.
    pub fn build(self) -> Result<TenancyLayer, LayerError> {
        let Self { mut settings, hosts, proxies } = self;
        if settings.places.is_empty() {
            return Err(LayerError::NoAuthority);
        }
        let twice = |at: usize| settings.places[..at].iter().any(|held| held.0 == settings.places[at].0);
        if (0..settings.places.len()).any(twice) {
            return Err(LayerError::OnePlaceTwice);
        }
        for (place, _) in &settings.places {
            // The grammar of a header's name is that of a cookie's.
            if let Place::Cookie(name) = place
                && HeaderName::from_bytes(name.as_bytes()).is_err()
            {
                return Err(LayerError::CookieName);
            }
        }
        if settings
            .path
            .as_ref()
            .is_some_and(|path| path.len() < 2 || !path.starts_with('/') || !path.ends_with('/'))
        {
            return Err(LayerError::PathPrefix);
        }
        if (settings.subdomain || hosts.is_some()) && (hosts.is_none() || settings.directory.is_none()) {
            return Err(LayerError::NoHosts);
        }
        settings.sites = hosts.map(|hosts| (hosts, proxies));
        Ok(TenancyLayer { settings: Arc::new(settings) })
    }
}

/// A credential, and what it is presented for.
#[derive(Debug)]
pub(super) struct Claim {
    credential: Found,
    /// Of [`Settings::places`].
    place: usize,
    asked: [Option<Asked>; 3],
}

impl Settings {
    /// What a request claims. Nothing is believed yet.
    pub(super) fn claim(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<Claim>, Problem> {
        let mut found = None;
        for (number, (place, _)) in self.places.iter().enumerate() {
            if let Some(credential) = place.find(headers)?
                && found.replace((number, credential)).is_some()
            {
                return Err(Problem::unclear(Unclear::Credentials));
            }
        }
        let Some((place, credential)) = found else { return Ok(None) };
        if let Place::Cookie(_) = self.places[place].0 {
            let proxies = self.sites.as_ref().map(|(_, proxies)| proxies);
            same_origin::check(method, headers, || site::host(uri, headers, extensions, proxies).ok())?;
        }
        let asked = [
            self.header.as_ref().map(|name| choice::in_header(headers, name)).transpose()?.flatten(),
            self.path.as_ref().map(|prefix| choice::in_path(uri, prefix)).transpose()?.flatten(),
            self.subdomain_of(uri, headers, extensions)?,
        ];
        Ok(Some(Claim { credential, place, asked }))
    }

    fn subdomain_of(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<Asked>, Problem> {
        match &self.sites {
            Some((hosts, proxies)) if self.subdomain => {
                let label = hosts.label(site::host(uri, headers, extensions, Some(proxies))?)?;
                Ok(label.map(Asked::Label))
            }
            _ => Ok(None),
        }
    }

    /// Whether a claim is decided without waiting for anybody, as a rule.
    pub(super) fn answers_at_once(&self, claim: &Claim) -> bool {
        self.places[claim.place].1.answers_at_once()
            && !claim.asked.iter().any(|asked| matches!(asked, Some(Asked::Label(_))))
    }

    pub(super) async fn answer(&self, claim: &Claim) -> Answer {
        self.authenticate(claim).await.map_or_else(Answer::refused, Answer::Token)
    }

    async fn authenticate(&self, claim: &Claim) -> Result<TenantToken, Refusal> {
        let (_, authority) = &self.places[claim.place];
        let credential = claim.credential.text();
        let mut asked: Option<TenantId> = None;
        for one in claim.asked.iter().flatten() {
            let tenant = self.resolve(one).await?;
            if asked.is_some_and(|other| other != tenant) {
                return Err(Problem::unclear(Unclear::Tenants).into());
            }
            asked = Some(tenant);
        }
        let token = match asked {
            None => authority.authenticate(credential).await,
            Some(tenant) => authority.authenticate_for(credential, tenant).await,
        };
        Ok(token?)
    }

    async fn resolve(&self, asked: &Asked) -> Result<TenantId, Refusal> {
        let label = match asked {
            Asked::Id(tenant) => return Ok(*tenant),
            Asked::Label(label) => label,
        };
        let Some(directory) = &self.directory else {
            return Err(Problem::unclear(Unclear::TenantName).into());
        };
        match directory.find(label).await? {
            None => Err(AuthError::UnknownTenant.into()),
            Some(listing) if listing.suspended => Err(AuthError::Suspended.into()),
            Some(listing) => Ok(listing.tenant),
        }
    }

    /// The tenant whose site a request visits.
    #[cfg_attr(not(feature = "axum"), allow(dead_code))]
    pub(super) async fn visited(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<PublicTenant, Problem> {
        let (Some((hosts, proxies)), Some(directory)) = (&self.sites, &self.directory) else {
            tracing::error!(target: "tenancy::auth", "a PublicTenant is asked for, and the layer knows no hosts");
            return Err(Problem::MISCONFIGURED);
        };
        let host = site::host(uri, headers, extensions, Some(proxies))?;
        let label = hosts.label(host)?.ok_or(Problem::NO_SUCH_SITE)?;
        directory.visit(&label).await.map_err(|error| {
            tracing::info!(target: "tenancy::auth", reason = %error, %label, "a site was not found");
            match error {
                AuthError::NoStore => error.into(),
                _ => Problem::NO_SUCH_SITE,
            }
        })
    }
}
