//! `cargo xtask tracker`: the service on a throwaway database, until Ctrl-C.

use std::time::Duration;

use tenancy_testkit::TestDb;
use tracker::entities::MIGRATIONS;
use tracker::{Logins, Result, Settings, USERS, start};

#[tokio::main]
async fn main() -> Result<()> {
    let database = TestDb::with_migrations(&MIGRATIONS).await;
    let logins = Logins { app: database.app(), identity: database.create_identity_login().await };
    let settings = Settings {
        port: port("TRACKER_PORT", 8080)?,
        provider_port: port("TRACKER_PROVIDER_PORT", 8081)?,
        rotate_every: Duration::from_secs(60),
        ..Settings::default()
    };
    let tracker = start(logins, settings).await?;

    println!("\nTwo tenants, each at its own address:\n");
    println!("  {}      members: ada, both", tracker.url("acme"));
    println!("  {}    members: bob, both", tracker.url("globex"));
    println!("\nUsers of the identity provider, and their passwords:\n");
    for (name, password) in USERS {
        println!("  {name:<5} {password}");
    }
    println!("\nBrowsers know *.localhost by themselves. For other programs:\n");
    println!("  curl -H 'Host: acme.localhost:{0}' http://127.0.0.1:{0}/", tracker.address().port());
    println!("\nCtrl-C ends it, and the database with it.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Of an environment variable, where it is set.
fn port(variable: &str, otherwise: u16) -> Result<u16> {
    match std::env::var(variable) {
        Ok(port) => port.parse().map_err(|_| format!("{variable} is no port: {port}").into()),
        Err(_) => Ok(otherwise),
    }
}
