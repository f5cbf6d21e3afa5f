//! What authentication costs beside the verification of the signature alone: `cargo xtask bench --authentication`.
//!
//! The same ES256 token, the same crypto library, the same second: in each round every contender runs a slice, and what is
//! compared are slices of one round. Nothing is waited for: the published keys are in memory, as they are for all requests but
//! the few that notice a rotation.

#[path = "../statistics.rs"]
#[allow(dead_code, reason = "shared with the benchmark, which does more with it")]
mod statistics;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde_json::json;
use statistics::Estimate;
use tenancy::auth::{Jwks, JwtAlgorithm, JwtKey, JwtVerifier, JwtVerifierBuilder};
use tenancy::http::TenancyLayer;
use tenancy::{Authority, TenantId};
use tower::{Layer as _, Service as _};

const PRIVATE: &str = include_str!("../../../tenancy-core/tests/auth/keys/p256_private.pem");
const PUBLIC: &str = include_str!("../../../tenancy-core/tests/auth/keys/p256_public.pem");
const PUBLISHED: &str = include_str!("../../../tenancy-core/tests/auth/keys/p256_public.jwk");

const ROUNDS: usize = 400;
const SLICE: u32 = 25;
const TARGET: f64 = 1.15;

/// What it is called, and one piece of its work.
type Contender<'c> = (&'static str, Box<dyn FnMut() + 'c>);

/// A future that is ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

fn builder() -> JwtVerifierBuilder {
    JwtVerifier::builder().issuer("https://id.example.com").audience("api")
}

fn token(kid: &str) -> anyhow::Result<String> {
    let exp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 3600;
    let claims = json!({
        "iss": "https://id.example.com", "aud": "api", "sub": "ada", "iat": exp - 3600, "exp": exp,
        "tenant_id": TenantId::random(), "scope": "openid profile email", "email": "ada@example.com",
    });
    let header = Header { kid: Some(kid.into()), ..Header::new(Algorithm::ES256) };
    Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_pem(PRIVATE.as_bytes())?)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let kid: serde_json::Value = serde_json::from_str(PUBLISHED)?;
    let kid = kid["kid"].as_str().context("the key has a name")?;
    let token = token(kid)?;
    let (message, signature) = token.rsplit_once('.').context("three parts")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;

    let key = JwtKey::from_pem(JwtAlgorithm::ES256, PUBLIC.as_bytes())?.kid(kid);
    let held = Authority::new(builder().key(key).build()?);
    let file = std::env::temp_dir().join(format!("tenancy-bench-{}.json", std::process::id()));
    std::fs::write(&file, format!("{{\"keys\":[{PUBLISHED}]}}"))?;
    let jwks = Jwks::file(&file).connect().await;
    std::fs::remove_file(&file)?;
    let published = Authority::new(builder().jwks(jwks?).build()?);
    let layer = TenancyLayer::builder().bearer(&published).build()?;
    let mut service = layer.layer(tower::service_fn(async |request: http::Request<String>| {
        Ok::<_, Infallible>(http::Response::new(request.into_body().into_bytes().len().to_string()))
    }));
    let decoding = DecodingKey::from_ec_pem(PUBLIC.as_bytes())?;
    let bare = (DEFAULT_PROVIDER.verifier_factory)(&Algorithm::ES256, &decoding)?;
    let authorization = format!("Bearer {token}");

    let mut contenders: [Contender<'_>; 5] = [
        (
            "the signature alone",
            Box::new(|| bare.verify(message.as_bytes(), &signature).expect("it verifies")),
        ),
        (
            "the same again (control)",
            Box::new(|| bare.verify(message.as_bytes(), &signature).expect("it verifies")),
        ),
        (
            "`Authority::authenticate`, a key of one's own",
            Box::new(|| {
                black_box(now(held.authenticate(&token)).expect("accepted"));
            }),
        ),
        (
            "`Authority::authenticate`, published keys",
            Box::new(|| {
                black_box(now(published.authenticate(&token)).expect("accepted"));
            }),
        ),
        (
            "a request through `TenancyLayer`, published keys",
            Box::new(|| {
                let request = http::Request::builder().uri("/").header("authorization", &authorization);
                let request = request.body(String::new()).expect("a request");
                black_box(now(service.call(request)).expect("infallible"));
            }),
        ),
    ];
    let mut slices: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..ROUNDS + 20 {
        for turn in 0..contenders.len() {
            let at = (round + turn) % contenders.len();
            let began = Instant::now();
            for _ in 0..SLICE {
                (contenders[at].1)();
            }
            // The first rounds are for caches and clocks.
            if round >= 20 {
                slices[at].push(began.elapsed().as_secs_f64() * 1e6 / f64::from(SLICE));
            }
        }
    }

    let mut table = String::from("| what | µs, median | of the signature alone |\n|---|---|---|\n");
    for (at, (name, _)) in contenders.iter().enumerate() {
        let ratios: Vec<f64> = slices[at].iter().zip(&slices[0]).map(|(one, bare)| one / bare).collect();
        let (time, ratio) = (Estimate::median(&slices[at]), Estimate::median(&ratios));
        let (time, ratio) = (time.context("rounds")?, ratio.context("rounds")?);
        let _ = writeln!(table, "| {name} | {:.1} | {:.3} ± {:.3} |", time.value, ratio.value, ratio.noise);
        if name.contains("authenticate") && ratio.value > TARGET {
            table += &format!("\n**Missed: at most {TARGET}.**\n\n");
        }
    }
    println!("{table}");
    Ok(())
}
