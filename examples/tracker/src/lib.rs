//! A project tracker for several tenants, and the identity provider that its users log in at.
//!
//! [`start`] runs both: the service at `http://<tenant>.localhost:<port>`, the provider at `http://localhost:<port>`.
//! Read [`entities`] first, then [`app`]; the provider is what somebody else would run.

#![allow(missing_docs, reason = "an example is read, not linked to")]

pub mod app;
pub mod entities;
mod html;
pub mod provider;
mod random;
mod seed;
mod serving;

use std::error::Error as StdError;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use argon2::Params;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

use crate::app::App;
use crate::provider::{Client, Provider};
pub use crate::seed::USERS;
use crate::serving::Serving;

pub type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// How the service logs in to PostgreSQL: two logins, since who may do what is no business of the one that reads rows.
pub struct Logins {
    pub app: PgConnectOptions,
    pub identity: PgConnectOptions,
}

/// Of the service. The addresses are on this machine alone.
#[derive(Clone)]
pub struct Settings {
    /// Where the tenants are. 0 is a free port.
    pub port: u16,
    /// Where the provider is. 0 is a free port.
    pub provider_port: u16,
    /// How often the provider takes another key to sign with.
    pub rotate_every: Duration,
    /// How soon after it fetched the provider's keys the service fetches them again, when it meets one that it lacks.
    pub least_key_interval: Duration,
    /// What checking a password costs. Tests take less: without optimization it is most of their time.
    pub password_cost: Params,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            provider_port: 0,
            rotate_every: Duration::from_secs(10 * 60),
            least_key_interval: Duration::from_secs(1),
            password_cost: Params::DEFAULT,
        }
    }
}

/// The service and the provider. Dropping it stops them.
pub struct Tracker {
    pub app: Arc<App>,
    pub provider: Arc<Provider>,
    /// The provider, as its tokens name it.
    pub issuer: String,
    port: u16,
    _serving: [Serving; 2],
}

/// Starts the provider, the service, and the demonstration's tenants.
pub async fn start(logins: Logins, settings: Settings) -> Result<Tracker> {
    // Somebody else may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (tenants, port) = listen(settings.port).await?;
    let (login, provider_port) = listen(settings.provider_port).await?;
    let issuer = format!("http://localhost:{provider_port}");
    let client = Client { id: "tracker".into(), port };

    let provider = Provider::new(issuer.clone(), client, &USERS, settings.password_cost.clone()).await?;
    let serving_provider =
        Serving::new(login, provider.router()).and(provider.rotating(settings.rotate_every));
    let app = App::connect(logins, &issuer, port, &settings).await?;
    seed::seed(&app).await?;
    let serving_app = Serving::new(tenants, app.router()?);
    Ok(Tracker { app, provider, issuer, port, _serving: [serving_provider, serving_app] })
}

impl Tracker {
    /// Where a tenant is.
    pub fn url(&self, label: &str) -> String {
        format!("http://{label}.localhost:{}", self.port)
    }

    /// Where all of them are: each by its own host name.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}
