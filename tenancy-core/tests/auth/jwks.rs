//! Published keys: rotated, withheld, slow, wrong, and asked for by credentials with made-up names.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tenancy_core::auth::JwtAlgorithm::*;
use tenancy_core::auth::{Jwks, JwksBuilder, JwksError, JwtConfigError};
use tenancy_core::{AuthError, Authority, TenantToken};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::common::*;
use crate::jwk::{jwk, signer};

/// What the provider answers, and how often it was asked.
pub(crate) struct Answers {
    pub(crate) status: &'static str,
    headers: String,
    pub(crate) body: Vec<u8>,
    pub(crate) after: Duration,
    pub(crate) asked: Vec<String>,
}

/// An identity provider over a real socket.
#[derive(Clone)]
pub(crate) struct Provider {
    answers: Arc<Mutex<Answers>>,
    pub(crate) address: String,
}

impl Provider {
    pub(crate) async fn new(body: impl ToString) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = Answers {
            status: "200 OK",
            headers: String::new(),
            body: body.to_string().into(),
            after: Duration::ZERO,
            asked: Vec::new(),
        };
        let provider = Self { answers: Arc::new(Mutex::new(answers)), address };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move {
                    let mut request = vec![0; 4096];
                    let length = stream.read(&mut request).await.unwrap_or(0);
                    let line = String::from_utf8_lossy(&request[..length])
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    let (head, body, after) = serving.answer(line);
                    tokio::time::sleep(after).await;
                    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
                });
            }
        });
        provider
    }

    fn answer(&self, line: String) -> (String, Vec<u8>, Duration) {
        let mut answers = self.answers.lock().expect("not poisoned");
        answers.asked.push(line);
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
            answers.status,
            answers.body.len(),
            answers.headers
        );
        (head, answers.body.clone(), answers.after)
    }

    pub(crate) fn says(&self, body: impl ToString) {
        let mut answers = self.answers.lock().expect("not poisoned");
        (answers.status, answers.headers) = ("200 OK", String::new());
        answers.body = body.to_string().into();
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().expect("not poisoned"));
    }

    pub(crate) fn asked(&self) -> usize {
        self.answers.lock().expect("not poisoned").asked.len()
    }

    pub(crate) fn keys(&self) -> JwksBuilder {
        Jwks::url(format!("{}/keys", self.address)).least_interval(Duration::ZERO)
    }
}

/// A set of keys, each under a name.
pub(crate) fn set(keys: &[(tenancy_core::auth::JwtAlgorithm, &str)]) -> Value {
    let keys: Vec<_> = keys
        .iter()
        .map(|(algorithm, kid)| {
            let mut jwk = jwk(*algorithm);
            jwk["kid"] = json!(kid);
            jwk
        })
        .collect();
    json!({ "keys": keys })
}

pub(crate) fn token(algorithm: tenancy_core::auth::JwtAlgorithm, kid: &str) -> String {
    let header = json!({ "alg": algorithm.name(), "kid": kid });
    signer(algorithm).sign(header.to_string(), good_claims().to_string())
}

pub(crate) fn authority(keys: Jwks) -> Authority {
    Authority::new(builder().jwks(keys).build().expect("a verifier"))
}

pub(crate) async fn present(authority: &Authority, token: &str) -> Result<TenantToken, AuthError> {
    authority.authenticate(token).await
}

#[tokio::test]
async fn keys_rotate_without_a_restart() {
    let provider = Provider::new(set(&[(RS256, "old")])).await;
    let authority = authority(provider.keys().connect().await.expect("keys"));
    present(&authority, &token(RS256, "old")).await.expect("accepted");
    assert_eq!(provider.asked(), 1, "in memory from then on");
    assert_eq!(present(&authority, &token(ES256, "new")).await.expect_err("not yet"), AuthError::UnknownKey);
    // The new key is published beside the old one, and then alone.
    provider.says(set(&[(RS256, "old"), (ES256, "new")]));
    present(&authority, &token(ES256, "new")).await.expect("found when it is first used");
    present(&authority, &token(RS256, "old")).await.expect("still there");
    provider.says(set(&[(ES256, "new")]));
    present(&authority, &token(EdDSA, "another")).await.expect_err("nobody's");
    assert_eq!(
        present(&authority, &token(RS256, "old")).await.expect_err("withdrawn"),
        AuthError::UnknownKey
    );
    // The name of one key and the signature of another.
    assert_eq!(
        present(&authority, &token(RS256, "new")).await.expect_err("forged"),
        AuthError::WrongAlgorithm
    );
}

#[tokio::test]
async fn one_fetch_serves_all_that_wait_and_made_up_names_cause_none() {
    let provider = Provider::new(set(&[(RS256, "old")])).await;
    let keys = provider.keys().least_interval(Duration::from_secs(3600)).connect().await.expect("keys");
    let slow = authority(keys);
    let guesses = (0..200).map(|i| {
        let (slow, token) = (slow.clone(), token(RS256, &format!("guess {i}; DROP TABLE keys")));
        tokio::spawn(async move { present(&slow, &token).await })
    });
    for guess in guesses.collect::<Vec<_>>() {
        assert_eq!(guess.await.expect("no panic").expect_err("made up"), AuthError::UnknownKey);
    }
    assert_eq!(provider.asked(), 1, "the provider was asked when it was configured, and not again");

    let provider = Provider::new(set(&[(RS256, "old")])).await;
    let authority = authority(provider.keys().connect().await.expect("keys"));
    provider.says(set(&[(ES256, "new")]));
    provider.set(|answers| answers.after = Duration::from_millis(300));
    let waiting = (0..100).map(|_| {
        let (authority, token) = (authority.clone(), token(ES256, "new"));
        tokio::spawn(async move { present(&authority, &token).await })
    });
    for waiting in waiting.collect::<Vec<_>>() {
        waiting.await.expect("no panic").expect("accepted");
    }
    assert_eq!(provider.asked(), 2, "one fetch for a hundred");
}

type Failure = Box<dyn Fn(&mut Answers)>;

/// While the provider is away the last good set serves, until it is too old.
#[tokio::test]
async fn the_last_good_set_serves_while_it_may() {
    let good = set(&[(RS256, "key")]);
    let provider = Provider::new(&good).await;
    let keys = provider.keys().refresh_interval(Duration::ZERO).timeout(Duration::from_millis(200));
    let patient = authority(keys.connect().await.expect("keys"));
    let failures: [(&str, Failure); 8] = [
        ("down", Box::new(|a| a.status = "503 Service Unavailable")),
        ("gone", Box::new(|a| a.status = "404 Not Found")),
        ("moved", Box::new(|a| (a.status, a.headers) = ("302 Found", "location: /elsewhere\r\n".into()))),
        ("garbage", Box::new(|a| a.body = b"<html>".to_vec())),
        ("no keys", Box::new(|a| a.body = br#"{"keys":[]}"#.to_vec())),
        ("two of a name", Box::new(|a| a.body = set(&[(RS256, "key"), (ES256, "key")]).to_string().into())),
        ("endless", Box::new(|a| a.body = vec![b' '; 300 * 1024])),
        ("slow", Box::new(|a| a.after = Duration::from_secs(30))),
    ];
    for (name, fails) in failures {
        provider.says(&good);
        provider.set(|answers| fails(answers));
        for _ in 0..3 {
            let before = provider.asked();
            // Said again when the fetch of the round before is still under way.
            while provider.asked() == before {
                // A provider that takes thirty seconds delays nobody whose key is known.
                let token = token(RS256, "key");
                let present = present(&patient, &token);
                let accepted = tokio::time::timeout(Duration::from_secs(10), present).await;
                accepted.expect("at once").unwrap_or_else(|error| panic!("{name}: {error}"));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Fetched behind the request: for as long as that takes.
            tokio::time::sleep(Duration::from_millis(if name == "slow" { 300 } else { 30 })).await;
        }
    }
    provider.set(|answers| answers.after = Duration::ZERO);
    provider.says(set(&[(EdDSA, "after")]));
    present(&patient, &token(EdDSA, "after")).await.expect("it came back");

    let provider = Provider::new(&good).await;
    let strict =
        authority(provider.keys().max_age(Duration::from_millis(300)).connect().await.expect("keys"));
    present(&strict, &token(RS256, "key")).await.expect("accepted");
    provider.set(|answers| answers.status = "500 Internal Server Error");
    tokio::time::sleep(Duration::from_millis(400)).await;
    let refused = present(&strict, &token(RS256, "key")).await.expect_err("too old to be believed");
    assert_eq!(refused, AuthError::NoKeys);
    provider.says(&good);
    present(&strict, &token(RS256, "key")).await.expect("it came back");
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_fetched() {
    let provider = Provider::new(set(&[(RS256, "key")])).await;
    let evil = Provider::new(set(&[(ES256, "evil")])).await;
    let authority = authority(provider.keys().connect().await.expect("keys"));
    let mut brought = jwk(ES256);
    brought["kid"] = json!("evil");
    for (name, value) in [
        ("jku", json!(format!("{}/keys", evil.address))),
        ("x5u", json!(format!("{}/certificate", evil.address))),
        ("jwk", brought),
        ("kid", json!(format!("{}/keys", evil.address))),
        ("kid", json!("../../../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(["key"])),
        ("kid", json!({ "key": 1 })),
    ] {
        let mut header = json!({ "alg": "ES256", "kid": "evil" });
        header[name] = value.clone();
        let token = signer(ES256).sign(header.to_string(), good_claims().to_string());
        assert_eq!(
            present(&authority, &token).await.expect_err(name),
            AuthError::UnknownKey,
            "{name} {value}"
        );
    }
    assert_eq!(evil.asked(), 0);
    let paths = provider.answers.lock().expect("not poisoned").asked.clone();
    assert!(paths.iter().all(|line| line == "GET /keys HTTP/1.1"), "{paths:?}");
}

/// What stands in a set beside our keys does not matter, and what makes it doubtful refuses it whole.
#[tokio::test]
async fn sets_of_every_kind() {
    let with = |algorithm, change: &dyn Fn(&mut Value)| {
        let mut jwk = jwk(algorithm);
        jwk["kid"] = json!("key");
        change(&mut jwk);
        jwk
    };
    let plain = || with(RS256, &|_| {});
    let beside = [
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "key", "alg": "HS256" }),
        json!({ "kty": "future", "kid": "key" }),
        with(ES384, &|_| {}),
        with(ES256, &|jwk| jwk["use"] = json!("enc")),
        with(RS256, &|jwk| jwk["alg"] = json!("RSA-OAEP")),
        with(RS256, &|jwk| jwk["alg"] = json!("PS256")),
        with(EdDSA, &|jwk| jwk["key_ops"] = json!(["deriveKey"])),
    ];
    for other in &beside {
        let provider = Provider::new(json!({ "keys": [other, plain()], "more": 1 })).await;
        let authority =
            authority(provider.keys().connect().await.unwrap_or_else(|error| panic!("{other}: {error}")));
        present(&authority, &token(RS256, "key")).await.expect("accepted");
    }
    let without_alg = with(RS256, &|jwk| _ = jwk.as_object_mut().expect("an object").remove("alg"));
    let provider = Provider::new(json!({ "keys": [without_alg] })).await;
    let inferred = authority(provider.keys().connect().await.expect("keys"));
    present(&inferred, &token(RS256, "key")).await.expect("of the first algorithm that fits");

    let refused = async |body: Value| Provider::new(body).await.keys().connect().await.expect_err("refused");
    assert!(matches!(refused(json!({ "keys": beside })).await, JwksError::NoKeys));
    assert!(matches!(
        refused(json!({ "keys": [plain(), with(ES256, &|_| {})] })).await,
        JwksError::AmbiguousKeys
    ));
    let nameless = with(ES256, &|jwk| jwk["kid"] = Value::Null);
    let also = with(EdDSA, &|jwk| jwk["kid"] = Value::Null);
    assert!(matches!(refused(json!({ "keys": [nameless, also] })).await, JwksError::AmbiguousKeys));
    for broken in [
        with(RS256, &|jwk| jwk["n"] = json!("AQAB")),
        with(ES256, &|jwk| jwk["y"] = jwk["x"].clone()),
        with(EdDSA, &|jwk| jwk["x"] = json!("A".repeat(43))),
        with(RS256, &|jwk| jwk["d"] = json!("AQAB")),
    ] {
        let error = refused(json!({ "keys": [plain(), broken] })).await;
        assert!(matches!(error, JwksError::BrokenKey(_) | JwksError::AmbiguousKeys), "{broken}: {error}");
    }
    let many: Vec<_> = (0..101).map(|i| with(RS256, &|jwk| jwk["kid"] = json!(i.to_string()))).collect();
    assert!(matches!(refused(json!({ "keys": many })).await, JwksError::TooManyKeys));
    for nonsense in [json!([]), json!({}), json!({ "keys": {} }), json!({ "keys": null }), json!("keys")] {
        assert!(matches!(refused(nonsense).await, JwksError::NotAKeySet));
    }
    let provider = Provider::new(set(&[(RS256, "key")])).await;
    let none = provider.keys().algorithms([ES384]).connect().await.expect_err("none is allowed");
    assert!(matches!(none, JwksError::NoKeys));
    let published = provider.keys().connect().await.expect("keys");
    let both = builder().key(hs256_key()).jwks(published).build().expect_err("keys twice");
    assert_eq!(both, JwtConfigError::KeysTwice);
}

#[tokio::test]
async fn addresses_that_cannot_be_trusted() {
    for address in [
        "http://id.example.com/keys",
        "http://10.0.0.1/keys",
        "http://localhost.evil.test/keys",
        "http://127.0.0.1.evil.test/keys",
        "http://[::ffff:10.0.0.1]/keys",
        "ftp://id.example.com/keys",
        "file:///etc/passwd",
        "data:application/json,{}",
        "https://user:password@id.example.com/keys",
        "keys",
        "",
    ] {
        let refused = Jwks::url(address).connect().await.expect_err(address);
        assert!(matches!(refused, JwksError::Address(_)), "{address}: {refused}");
        assert!(!refused.to_string().contains("password"), "{refused}");
    }
    // Nobody listens there.
    let refused = Jwks::url("http://127.0.0.1:1/secret-path").connect().await.expect_err("nobody");
    assert!(
        matches!(refused, JwksError::Fetch(_)) && !refused.to_string().contains("secret-path"),
        "{refused}"
    );
}

#[tokio::test]
async fn discovery_believes_the_issuer_alone() {
    let provider = Provider::new("").await;
    let configuration = |issuer: &str, keys: &str| json!({ "issuer": issuer, "jwks_uri": keys });
    for (body, expected) in [
        (configuration("https://evil.example", "https://evil.example/keys"), "another issuer"),
        (configuration(&format!("{}/", provider.address), "https://id.example.com/keys"), "another issuer"),
        (configuration(&provider.address, "http://id.example.com/keys"), "it must be https"),
        (json!({ "issuer": provider.address }), "no OpenID configuration"),
        (json!("garbage"), "no OpenID configuration"),
    ] {
        provider.says(body);
        let refused =
            Jwks::discover(provider.address.as_str()).connect().await.expect_err(expected).to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let keys = Provider::new(set(&[(EdDSA, "key")])).await;
    provider.says(configuration(&provider.address, &format!("{}/keys", keys.address)));
    let found = authority(Jwks::discover(provider.address.as_str()).connect().await.expect("keys"));
    present(&found, &token(EdDSA, "key")).await.expect("accepted");
    let asked = provider.answers.lock().expect("not poisoned").asked.last().cloned();
    assert_eq!(asked.as_deref(), Some("GET /.well-known/openid-configuration HTTP/1.1"));
}

#[tokio::test]
async fn a_file_is_read_again() {
    let path = std::env::temp_dir().join(format!("tenancy-jwks-{}.json", std::process::id()));
    std::fs::write(&path, set(&[(RS256, "old")]).to_string()).expect("written");
    let keys = Jwks::file(&path).least_interval(Duration::ZERO).connect().await.expect("keys");
    let authority = authority(keys);
    present(&authority, &token(RS256, "old")).await.expect("accepted");
    std::fs::write(&path, set(&[(ES256, "new")]).to_string()).expect("written");
    present(&authority, &token(ES256, "new")).await.expect("accepted");
    std::fs::write(&path, " ".repeat(300 * 1024)).expect("written");
    present(&authority, &token(EdDSA, "none")).await.expect_err("no such key");
    std::fs::remove_file(&path).expect("removed");
    present(&authority, &token(ES256, "new")).await.expect("the last good set");
    assert!(matches!(Jwks::file(&path).connect().await, Err(JwksError::File(_))));
}
