//! Where a key set comes from: an address that was configured, or a file. Never one that a token names.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use crate::auth::jwks::JwksError;

/// In bytes. A longer answer is no key set.
const LONGEST: usize = 256 * 1024;

#[derive(Debug)]
pub(super) enum Source {
    Address(Client, Url),
    File(PathBuf),
}

/// What a provider says of itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    pub(super) fn address(address: &str, timeout: Duration) -> Result<Self, JwksError> {
        let url = trusted(address)?;
        let client = client(timeout)?;
        Ok(Self::Address(client, url))
    }

    /// Asks the issuer for the address. What it says must be of that issuer (section 4.3).
    pub(super) async fn discover(issuer: &str, timeout: Duration) -> Result<Self, JwksError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let (client, url) = (client(timeout)?, trusted(&address)?);
        let json = get(&client, url).await?;
        let configuration: Configuration =
            serde_json::from_slice(&json).map_err(|_| JwksError::NotAConfiguration)?;
        if configuration.issuer != issuer {
            return Err(JwksError::OtherIssuer);
        }
        Ok(Self::Address(client, trusted(&configuration.jwks_uri)?))
    }

    pub(super) async fn read(&self) -> Result<Vec<u8>, JwksError> {
        match self {
            Self::Address(client, url) => get(client, url.clone()).await,
            Self::File(path) => {
                let length = tokio::fs::metadata(path).await?.len();
                if usize::try_from(length).is_ok_and(|length| length <= LONGEST) {
                    Ok(tokio::fs::read(path).await?)
                } else {
                    Err(JwksError::TooLarge)
                }
            }
        }
    }
}

/// Over TLS, or on this machine alone: whoever can change the answer can sign in as anybody.
fn trusted(address: &str) -> Result<Url, JwksError> {
    let url = Url::parse(address).map_err(|_| JwksError::Address("it cannot be read"))?;
    let here = match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => return Err(JwksError::Address("it names no host")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(JwksError::Address("it holds credentials"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => {
            Err(JwksError::Address("it must be https: whoever can change the answer can sign in as anybody"))
        }
    }
}

/// Follows no redirect: the address is the one that was configured.
fn client(timeout: Duration) -> Result<Client, JwksError> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier)
        .map_err(|_| JwksError::Client)?
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("tenancy/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| JwksError::Client)
}

async fn get(client: &Client, url: Url) -> Result<Vec<u8>, JwksError> {
    let mut response = client.get(url).header("accept", "application/json").send().await.map_err(fetch)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(JwksError::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fetch)? {
        if body.len() + chunk.len() > LONGEST {
            return Err(JwksError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without the address, in which a token of the provider's may stand.
fn fetch(error: reqwest::Error) -> JwksError {
    JwksError::Fetch(error.without_url().to_string().into())
}
