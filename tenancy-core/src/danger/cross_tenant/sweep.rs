//! [`CrossTenant::for_each_tenant`]: the same work for many tenants, each with a token of its own.
//!
//! What writes goes this way. A sweep reads nothing across tenants: it hands out ordinary tokens, one tenant at a time,
//! minted from grants by a [`ServiceVerifier`](crate::auth::ServiceVerifier), and the work runs on the application's own
//! [`TenantDb`](crate::TenantDb) under row-level security. One tenant's failure is one tenant's.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use uuid::Uuid;

use crate::auth::{AuthError, Authority, ServiceError, ServiceKey};
use crate::danger::cross_tenant::Use;
use crate::danger::{CrossTenant, Reason};
use crate::error::Error;
use crate::{TenantId, TenantToken};

/// How a sweep is done.
#[derive(Debug, Clone, Copy)]
pub struct Sweep<'a> {
    reason: Reason,
    requested_by: &'a str,
    authority: &'a Authority,
    key: &'a ServiceKey,
    purpose: &'a str,
    concurrency: usize,
    lifetime: Duration,
}

impl<'a> Sweep<'a> {
    /// Why it is done and who asked, as for [`CrossTenant::begin`]; and what mints the tokens: an authority over a
    /// [`ServiceVerifier`](crate::auth::ServiceVerifier), its key and its purpose.
    #[must_use]
    pub fn new(
        reason: Reason,
        requested_by: &'a str,
        authority: &'a Authority,
        key: &'a ServiceKey,
        purpose: &'a str,
    ) -> Self {
        let (concurrency, lifetime) = (8, Duration::from_secs(5 * 60));
        Self { reason, requested_by, authority, key, purpose, concurrency, lifetime }
    }

    /// For how many tenants at once. 8 unless said otherwise.
    #[must_use]
    pub fn concurrency(self, tenants: usize) -> Self {
        Self { concurrency: tenants.max(1), ..self }
    }

    /// For how long each tenant's token is valid, from the moment at which its turn comes: 5 minutes unless said otherwise,
    /// and 15 at the most.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    async fn token(&self, tenant: TenantId) -> Result<TenantToken, Refused> {
        let grant = self.key.grant_for(tenant, self.purpose, self.lifetime).map_err(Refused::Grant)?;
        self.authority.authenticate(&grant).await.map_err(Refused::Token)
    }
}

enum Refused {
    Grant(ServiceError),
    Token(AuthError),
}

/// What became of a sweep.
#[derive(Debug)]
#[non_exhaustive]
pub struct Swept<T, E> {
    /// The id under which it stands in `tenancy.cross_tenant_audit`, as `use`.
    pub id: Uuid,
    /// Tenant by tenant, in the order in which they ended.
    pub outcomes: Vec<Outcome<T, E>>,
    /// Why its end was not written down, if it was not.
    pub unwritten: Option<Error>,
}

/// What became of one tenant's work.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<T, E> {
    /// The tenant.
    pub tenant: TenantId,
    /// How long it took.
    pub took: Duration,
    /// What the work returned, or why it did not.
    pub result: Result<T, SweptError<E>>,
}

/// Why one tenant's work did not succeed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SweptError<E> {
    /// It said so.
    Failed(E),
    /// It panicked.
    Panicked,
    /// The grant was not signed: its purpose or lifetime is wrong.
    Grant(ServiceError),
    /// The authority did not accept the grant: it is over another verifier, key or purpose.
    Token(AuthError),
}

impl<T, E> Swept<T, E> {
    /// Whether every tenant's work succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.result.is_ok())
    }

    /// What did not succeed.
    pub fn failures(&self) -> impl Iterator<Item = (TenantId, &SweptError<E>)> {
        self.outcomes.iter().filter_map(|outcome| Some((outcome.tenant, outcome.result.as_ref().err()?)))
    }

    fn summary(&self) -> String {
        let all = self.outcomes.len();
        format!("{all} tenants, {} failed", self.failures().count())
    }
}

/// The number of tenants, and which failed, by their ids. Not why: an error of yours may hold anything.
impl<T, E> fmt::Display for Swept<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        f.write_str(&self.summary())?;
        for (tenant, error) in self.failures().take(SHOWN) {
            let why = match error {
                SweptError::Failed(_) => "failed",
                SweptError::Panicked => "panicked",
                SweptError::Grant(_) | SweptError::Token(_) => "got no token",
            };
            write!(f, "\n- {tenant} {why}")?;
        }
        match self.failures().count().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n- and {more} more"),
        }
    }
}

impl CrossTenant {
    /// Does the same for each of `tenants`, each once, with a token of its own: a few at a time, all of them whatever becomes
    /// of one. A panic is that tenant's failure. It is written down before it begins, and when it has ended.
    ///
    /// The work runs on the caller's task; work that computes for long is better spawned. Dropping the future stops all
    /// of it.
    ///
    /// ```no_run
    /// # use tenancy_core::{Authority, Error, TenantDb, TenantScoped, TenantToken};
    /// use tenancy_core::auth::{ServiceKey, ServiceVerifier};
    /// use tenancy_core::danger::{CrossTenant, Reason, Sweep};
    ///
    /// # async fn archive(_: &TenantDb, _: TenantToken) -> Result<u64, Error> { Ok(0) }
    /// # async fn nightly<Project: TenantScoped>(reports: CrossTenant, db: TenantDb, key: ServiceKey) -> Result<(), Error> {
    /// // `db` trusts this authority.
    /// let authority = Authority::new(ServiceVerifier::new(key.clone(), "archiving"));
    /// let mut report = reports.begin(Reason::new("who has projects to archive"), "cron").await?;
    /// let tenants = report.tenants_of::<Project>().await?;
    /// report.close().await?;
    ///
    /// let sweep = Sweep::new(Reason::new("archiving by night"), "cron", &authority, &key, "archiving");
    /// let swept = reports.for_each_tenant(sweep, tenants, |token| archive(&db, token)).await?;
    /// if !swept.is_success() {
    ///     tracing::error!("{swept}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), when it could not be written down: then no work is begun. What becomes of the work is in
    /// the report.
    pub async fn for_each_tenant<T, E, Work, Working>(
        &self,
        sweep: Sweep<'_>,
        tenants: impl IntoIterator<Item = TenantId>,
        work: Work,
    ) -> Result<Swept<T, E>, Error>
    where
        Work: Fn(TenantToken) -> Working,
        Working: Future<Output = Result<T, E>>,
    {
        let Sweep { reason, requested_by, .. } = sweep;
        let id = Uuid::new_v4();
        let mut seen = HashSet::new();
        let tenants: Vec<_> = tenants.into_iter().filter(|tenant| seen.insert(*tenant)).collect();
        let detail = format!("{} tenants, for {}", tenants.len(), sweep.purpose);
        let began = Use { id, event: "sweep", reason, requested_by, detail: Some(&detail) };
        drop(self.written_down(began).await?);
        let (sweep, work) = (&sweep, &work);
        let outcomes = stream::iter(tenants)
            .map(async |tenant| {
                let began = Instant::now();
                let result = match sweep.token(tenant).await {
                    Err(Refused::Grant(error)) => Err(SweptError::Grant(error)),
                    Err(Refused::Token(error)) => Err(SweptError::Token(error)),
                    Ok(token) => {
                        // The closure may panic before there is a future.
                        let working = AssertUnwindSafe(async { work(token).await });
                        let ended = working.catch_unwind().await;
                        ended.map_or(Err(SweptError::Panicked), |ended| ended.map_err(SweptError::Failed))
                    }
                };
                Outcome { tenant, took: began.elapsed(), result }
            })
            .buffer_unordered(sweep.concurrency)
            .collect()
            .await;
        let mut swept = Swept { id, outcomes, unwritten: None };
        let summary = swept.summary();
        let ended = Use { id, event: "sweep ended", reason, requested_by, detail: Some(&summary) };
        swept.unwritten = self.written_down(ended).await.err();
        Ok(swept)
    }
}
