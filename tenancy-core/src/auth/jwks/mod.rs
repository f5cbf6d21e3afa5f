//! [`Jwks`]: keys that an identity provider publishes and rotates.
//!
//! The set is fetched when it is configured, so that a service that cannot verify anybody does not start. From then on
//! requests are verified with what is in memory: a set that is older than the refresh interval is fetched again behind
//! the request that noticed, and that request does not wait. A request waits only for a key that nobody has seen yet, by
//! its `kid`, and for a set that has become too old: one fetch serves all that wait, and no fetch follows another before
//! the least interval is over, so that credentials with made-up names cannot make this process hammer the provider.
//!
//! While the provider is down or answers nonsense the last good set stays, until it is too old.

mod set;
mod source;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use self::source::Source;
use crate::auth::{AuthError, JwtAlgorithm, JwtKey, JwtKeyError};

/// Keys that an identity provider publishes: given to
/// [`JwtVerifierBuilder::jwks`](crate::auth::JwtVerifierBuilder::jwks). Cloning it shares them.
///
/// ```no_run
/// use tenancy_core::Authority;
/// use tenancy_core::auth::{Jwks, JwtVerifier};
///
/// # async fn configure() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = Jwks::discover("https://id.example.com").connect().await?;
/// let verifier = JwtVerifier::builder().issuer("https://id.example.com").audience("api").jwks(keys).build()?;
/// let authority = Authority::new(verifier);
/// # let _ = authority;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Jwks(Arc<Inner>);

struct Inner {
    source: Source,
    rules: Rules,
    held: RwLock<Held>,
    /// Whoever has this fetches, and knows when that was tried last.
    fetching: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<[JwtKey]>,
    fetched: Instant,
}

#[derive(Debug, Clone)]
struct Rules {
    algorithms: Vec<JwtAlgorithm>,
    refresh_interval: Duration,
    least_interval: Duration,
    max_age: Duration,
    timeout: Duration,
}

/// Describes a source of keys: made by [`Jwks::url`], [`Jwks::discover`] and [`Jwks::file`].
#[must_use = "a builder does nothing until `connect`"]
#[derive(Debug)]
pub struct JwksBuilder {
    place: Place,
    rules: Rules,
}

#[derive(Debug)]
enum Place {
    Url(Box<str>),
    Issuer(Box<str>),
    File(PathBuf),
}

/// Why keys could not be had. What a provider answered stays out of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// The address cannot be trusted.
    #[error("the address of the keys is refused: {0}")]
    Address(&'static str),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client,
    /// The provider could not be reached, or not in time.
    #[error("the keys could not be fetched: {0}")]
    Fetch(Box<str>),
    /// The provider answered with another status than 200. Redirects are not followed.
    #[error("the provider answered with the status {0}")]
    Status(u16),
    /// The answer is longer than 256 KiB.
    #[error("the answer is longer than 256 KiB")]
    TooLarge,
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    File(#[from] std::io::Error),
    /// The answer is not what a provider says of itself.
    #[error("the answer is no OpenID configuration")]
    NotAConfiguration,
    /// The configuration is of another issuer.
    #[error("the configuration is of another issuer")]
    OtherIssuer,
    /// The answer is not a key set.
    #[error("the answer is no JSON Web Key Set")]
    NotAKeySet,
    /// The set has more than a hundred keys.
    #[error("the set has more than a hundred keys")]
    TooManyKeys,
    /// A key that is for signatures cannot be read.
    #[error("a key of the set is broken: {0}")]
    BrokenKey(JwtKeyError),
    /// Two keys have the same `kid`, or none.
    #[error("two keys of the set have the same kid, or none")]
    AmbiguousKeys,
    /// No key of the set is for an algorithm that is allowed.
    #[error("no key of the set is for signatures by an algorithm that is allowed")]
    NoKeys,
}

impl Jwks {
    /// Keys at an address, over TLS. `http` is for this machine alone.
    pub fn url(url: impl Into<Box<str>>) -> JwksBuilder {
        JwksBuilder::new(Place::Url(url.into()))
    }

    /// Keys at the address that an issuer names in its OpenID configuration (OpenID Connect Discovery 1.0). It is asked
    /// for once.
    pub fn discover(issuer: impl Into<Box<str>>) -> JwksBuilder {
        JwksBuilder::new(Place::Issuer(issuer.into()))
    }

    /// Keys in a file, which is read again as an address is.
    pub fn file(path: impl Into<PathBuf>) -> JwksBuilder {
        JwksBuilder::new(Place::File(path.into()))
    }

    /// The keys, with one of this name among them where the provider has it.
    pub(super) async fn with_key(&self, kid: Option<&str>) -> Result<Arc<[JwtKey]>, AuthError> {
        let has = |held: &Held| held.keys.iter().any(|key| key.name() == kid);
        let held = self.held();
        let age = held.fetched.elapsed();
        if has(&held) && age < self.0.rules.max_age {
            if age >= self.0.rules.refresh_interval {
                self.refresh_behind();
            }
            return Ok(held.keys);
        }
        self.refresh(held.fetched).await;
        let held = self.held();
        if held.fetched.elapsed() >= self.0.rules.max_age {
            return Err(AuthError::NoKeys);
        }
        if has(&held) { Ok(held.keys) } else { Err(AuthError::UnknownKey) }
    }

    fn held(&self) -> Held {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Unless somebody is fetching already.
    fn refresh_behind(&self) {
        if self.0.fetching.try_lock().is_ok_and(|tried| self.0.rules.may_try(*tried)) {
            let (jwks, seen) = (self.clone(), self.held().fetched);
            tokio::spawn(async move { jwks.fetch(seen).await });
        }
    }

    /// Fetches, unless the set is another than the one that was `seen`, or it was tried a moment ago. The fetch goes on when
    /// nobody waits for it any more: a client that leaves must not take the keys of all others along.
    async fn refresh(&self, seen: Instant) {
        let jwks = self.clone();
        let _ = tokio::spawn(async move { jwks.fetch(seen).await }).await;
    }

    async fn fetch(&self, seen: Instant) {
        let mut tried = self.0.fetching.lock().await;
        if self.held().fetched != seen || !self.0.rules.may_try(*tried) {
            return;
        }
        *tried = Some(Instant::now());
        match self.0.source.read().await.and_then(|json| set::read(&json, &self.0.rules.algorithms)) {
            Ok(keys) => {
                let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
                *held = Held { keys: keys.into(), fetched: Instant::now() };
            }
            Err(error) => {
                let age = self.held().fetched.elapsed();
                tracing::warn!(%error, ?age, "the keys of the identity provider could not be refreshed");
            }
        }
    }
}

impl Rules {
    fn may_try(&self, tried: Option<Instant>) -> bool {
        tried.is_none_or(|tried| tried.elapsed() >= self.least_interval)
    }
}

impl JwksBuilder {
    fn new(place: Place) -> Self {
        let rules = Rules {
            algorithms: vec![JwtAlgorithm::RS256, JwtAlgorithm::ES256, JwtAlgorithm::EdDSA],
            refresh_interval: Duration::from_secs(5 * 60),
            least_interval: Duration::from_secs(30),
            max_age: Duration::from_secs(12 * 60 * 60),
            timeout: Duration::from_secs(5),
        };
        Self { place, rules }
    }

    /// The algorithms that are allowed: RS256, ES256 and EdDSA unless said otherwise. A key that names none is of the first
    /// that its kind fits. Secrets (HS…) are never taken from a published set.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = JwtAlgorithm>) -> Self {
        self.rules.algorithms = algorithms.into_iter().collect();
        self
    }

    /// After how long the set is fetched again. 5 minutes unless said otherwise.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.rules.refresh_interval = interval;
        self
    }

    /// How long after a fetch, good or bad, the next one comes at the earliest. 30 seconds unless said otherwise: a new key
    /// is accepted so long after the provider first signs with it, at the latest.
    pub fn least_interval(mut self, interval: Duration) -> Self {
        self.rules.least_interval = interval;
        self
    }

    /// For how long the last good set serves while the provider is down. 12 hours unless said otherwise: a key that the
    /// provider withdrew is believed for so long, should somebody keep the provider from answering.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.rules.max_age = age;
        self
    }

    /// How long a fetch may take. 5 seconds unless said otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = timeout;
        self
    }

    /// Fetches the keys.
    ///
    /// # Errors
    ///
    /// [`JwksError`] when there are none to begin with.
    pub async fn connect(self) -> Result<Jwks, JwksError> {
        let Self { place, rules } = self;
        let source = match place {
            Place::Url(url) => Source::address(&url, rules.timeout)?,
            Place::Issuer(issuer) => Source::discover(&issuer, rules.timeout).await?,
            Place::File(path) => Source::File(path),
        };
        let keys = set::read(&source.read().await?, &rules.algorithms)?;
        let fetched = Instant::now();
        let held = RwLock::new(Held { keys: keys.into(), fetched });
        Ok(Jwks(Arc::new(Inner { source, rules, held, fetching: Mutex::new(Some(fetched)) })))
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held();
        f.debug_struct("Jwks")
            .field("keys", &held.keys.len())
            .field("age", &held.fetched.elapsed())
            .finish_non_exhaustive()
    }
}
