//! Who is believed: three kinds of credentials of users, and grants for the service's own work.
//!
//! None of the users' credentials decides by itself for which tenant it counts. The host says which tenant is asked for, and
//! the store of identities whether the subject is a member, each time.

use std::time::Duration;

use axum::http::HeaderName;
use tenancy::Authority;
use tenancy::auth::{
    CredentialKind, Directory, Hosts, Jwks, JwtVerifier, Memberships, OpaqueVerifier, PgIdentity, ServiceKey,
    ServiceVerifier,
};
use tenancy::db::TenantDbBuilder;
use tenancy::http::TenancyLayer;

use super::cookies::SESSION;
use super::tenants::SIGN_UP;
use crate::{Result, Settings};

/// How long a request may go on that a session or a key began: a stream of events, before it has to ask again.
const TOKEN: Duration = Duration::from_secs(5 * 60);

pub(super) struct Authorities {
    /// Tokens of the provider, by which users log in and programs may act for them.
    pub(super) users: Authority,
    sessions: Authority,
    keys: Authority,
    /// Work that no user asked for: a tenant that signs up has no members yet.
    pub(super) service: Authority,
}

impl Authorities {
    pub(super) async fn new(
        issuer: &str,
        identity: &PgIdentity,
        memberships: &Memberships,
        service_key: ServiceKey,
        settings: &Settings,
    ) -> Result<Self> {
        let published = Jwks::discover(issuer).least_interval(settings.least_key_interval).connect().await?;
        let users = JwtVerifier::builder()
            .issuer(issuer)
            .audience("tracker")
            .without_tenant_claim()
            .max_lifetime(Duration::from_secs(10 * 60))
            .jwks(published)
            .build()?;
        let opaque = |kind| OpaqueVerifier::new(identity.clone(), kind).token_lifetime(TOKEN);
        let of_members = |authority: Authority| authority.with_memberships(memberships.clone());
        Ok(Self {
            users: of_members(Authority::new(users)),
            sessions: of_members(Authority::new(opaque(CredentialKind::Session))),
            keys: of_members(Authority::new(opaque(CredentialKind::ApiKey))),
            service: Authority::new(ServiceVerifier::new(service_key, SIGN_UP)),
        })
    }

    /// A database that believes these and nobody else.
    pub(super) fn trusted(&self, builder: TenantDbBuilder) -> TenantDbBuilder {
        let all = [&self.users, &self.sessions, &self.keys, &self.service];
        all.into_iter().fold(builder, TenantDbBuilder::trust)
    }

    /// What stands in front of every handler. Grants of the service are no credentials of a request.
    pub(super) fn layer(&self, directory: &Directory) -> Result<TenancyLayer> {
        let layer = TenancyLayer::builder()
            .bearer(&self.users)
            .cookie(SESSION, &self.sessions)
            .header(HeaderName::from_static("x-api-key"), &self.keys)
            .tenant_subdomain()
            .hosts(Hosts::below("localhost")?)
            .directory(directory.clone())
            .build()?;
        Ok(layer)
    }
}
