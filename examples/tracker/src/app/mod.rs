//! The service: what it holds, and which path leads where.
//!
//! A handler that reads or writes rows takes a [`TenantToken`](tenancy::TenantToken), and no request names a tenant but by
//! the host that it goes to. Whose rows they are is therefore no question that a handler could get wrong.

mod authentication;
mod cookies;
mod error;
mod events;
mod headers;
mod keys;
mod login;
mod members;
mod pages;
mod projects;
mod provider;
mod tenants;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{delete, get, patch, post};
use sqlx::postgres::PgPoolOptions;
use tenancy::TenantDb;
use tenancy::auth::{Directory, Memberships, PgIdentity, ServiceKey};
use tokio::sync::Mutex;

use self::authentication::Authorities;
use self::events::Events;
use self::provider::ProviderClient;
pub use self::tenants::NewTenant;
use crate::entities::SCHEMA;
use crate::{Logins, Result, Settings, random};

pub struct App {
    db: TenantDb,
    identity: PgIdentity,
    memberships: Memberships,
    directory: Directory,
    authorities: Authorities,
    service_key: ServiceKey,
    provider: ProviderClient,
    events: Events,
    /// Held while members change: whether somebody is the last one is asked and acted upon by one at a time.
    changing_members: Mutex<()>,
    port: u16,
}

impl App {
    /// Connects, which fails unless the database isolates tenants.
    pub(crate) async fn connect(
        logins: Logins,
        issuer: &str,
        port: u16,
        settings: &Settings,
    ) -> Result<Arc<Self>> {
        let pool = PgPoolOptions::new().max_connections(5).connect_with(logins.identity).await?;
        let identity = PgIdentity::new(pool, issuer);
        let memberships = Memberships::new(identity.clone());
        let directory = Directory::new(identity.clone());
        let service_key = ServiceKey::from_secret(random::text()?.as_bytes())?;
        let authorities =
            Authorities::new(issuer, &identity, &memberships, service_key.clone(), settings).await?;
        let db = authorities.trusted(TenantDb::builder(logins.app)).schema(&SCHEMA).connect().await?;
        let provider = ProviderClient::new(issuer)?;
        Ok(Arc::new(Self {
            db,
            identity,
            memberships,
            directory,
            authorities,
            service_key,
            provider,
            events: Events::default(),
            changing_members: Mutex::default(),
            port,
        }))
    }

    pub(crate) fn router(self: &Arc<Self>) -> Result<Router> {
        let api = Router::new()
            .route("/me", get(members::me))
            .route("/projects", get(projects::list).post(projects::create))
            .route("/projects/{project}", patch(projects::rename).delete(projects::delete))
            .route("/projects/{project}/tasks", get(projects::tasks).post(projects::add_task))
            .route("/projects/{project}/tasks/{task}", patch(projects::tick))
            .route("/members", get(members::list).post(members::admit))
            .route("/members/{subject}", delete(members::expel))
            .route("/keys", get(keys::list).post(keys::issue))
            .route("/keys/{key}", delete(keys::revoke))
            .route("/events", get(events::listen));
        Ok(Router::new()
            .route("/", get(pages::landing))
            .route("/app", get(pages::app))
            .route("/page.css", get(pages::style))
            .route("/app.js", get(pages::script))
            .route("/login", get(login::begin))
            .route("/callback", get(login::finish))
            .route("/logout", post(login::end))
            .nest("/api", api)
            .layer(self.authorities.layer(&self.directory)?)
            .layer(map_response(headers::secure))
            .with_state(Arc::clone(self)))
    }
}
