//! An identity provider that rotates its keys, goes down, answers slowly, answers nonsense and comes back, while two hundred
//! good requests a second want to be verified, and as many bad ones.
//!
//! What is counted are requests and fetches; how long anything takes is nobody's promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tenancy_core::auth::JwtAlgorithm::{self, *};
use tenancy_core::{AuthError, Authority};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::common::*;
use crate::jwk::signer;
use crate::jwks::{Provider, authority, set, token};

const REFRESH: Duration = Duration::from_millis(250);

/// What is presented from now on.
struct Traffic {
    /// Signed with the key that the provider signs with.
    good: Mutex<String>,
    /// Signed with a key that was withdrawn, once there is one.
    withdrawn: Mutex<Option<String>>,
    over: AtomicBool,
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

/// Every 5 milliseconds a good request, and a bad one.
async fn requests(authority: Authority, traffic: Arc<Traffic>) {
    let mut tick = interval(Duration::from_millis(5));
    // A machine that is late makes up for it, so that it is two hundred a second.
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    let mut number = 0_usize;
    // Signed beforehand: what is measured is not how fast a test signs.
    let guesses: Vec<String> = (0..50).map(|guess| token(EdDSA, &format!("guess {guess}"))).collect();
    let expired = expired();
    while !traffic.over.load(Ordering::SeqCst) {
        tick.tick().await;
        number += 1;
        let good = traffic.good.lock().await.clone();
        let bad = bad(number, &good, traffic.withdrawn.lock().await.as_deref(), (&guesses, &expired));
        let (authority, traffic) = (authority.clone(), Arc::clone(&traffic));
        running.spawn(async move {
            // Without waiting for a provider that takes half a minute.
            let answer =
                timeout(Duration::from_secs(10), authority.authenticate(&good)).await.expect("at once");
            answer.unwrap_or_else(|error| panic!("a good request failed: {error}"));
            traffic.accepted.fetch_add(1, Ordering::SeqCst);
            let (bad, expected) = bad;
            assert_eq!(authority.authenticate(&bad).await.err(), Some(expected), "a bad request");
            traffic.refused.fetch_add(1, Ordering::SeqCst);
        });
        while let Some(done) = running.try_join_next() {
            done.expect("no request panics");
        }
    }
    while let Some(done) = running.join_next().await {
        done.expect("no request panics");
    }
}

/// A request that must be refused, each time another one.
fn bad(
    number: usize,
    good: &str,
    withdrawn: Option<&str>,
    (guesses, expired): (&[String], &str),
) -> (String, AuthError) {
    let (message, signature) = good.rsplit_once('.').expect("parts");
    match (number % 5, withdrawn) {
        (0, _) => {
            let other = if signature.starts_with('A') { "B" } else { "A" };
            (format!("{message}.{other}{}", &signature[1..]), AuthError::BadSignature)
        }
        (1, _) => (guesses[number % guesses.len()].clone(), AuthError::UnknownKey),
        (2, _) => (format!("{message}."), AuthError::BadSignature),
        (3, Some(withdrawn)) => (withdrawn.to_owned(), AuthError::UnknownKey),
        _ => (expired.to_owned(), AuthError::UnknownKey),
    }
}

/// Of a name that no set has, so that it would cause a fetch if it could.
fn expired() -> String {
    let header = json!({ "alg": "EdDSA", "kid": "../keys" });
    let mut claims = good_claims();
    claims["exp"] = json!(now() - 3600);
    signer(EdDSA).sign(header.to_string(), claims.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_comes_and_goes() {
    let old: &[(JwtAlgorithm, &str)] = &[(EdDSA, "first")];
    let provider = Provider::new(set(old)).await;
    let keys = provider
        .keys()
        .refresh_interval(REFRESH)
        .least_interval(REFRESH)
        // Longer than an answer takes on a machine that is busy, and much shorter than half a minute.
        .timeout(Duration::from_secs(1))
        .max_age(Duration::from_secs(3600))
        .connect()
        .await
        .expect("keys");
    let began = Instant::now();
    let traffic = Arc::new(Traffic {
        good: Mutex::new(token(EdDSA, "first")),
        withdrawn: Mutex::new(None),
        over: AtomicBool::new(false),
        accepted: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
    });
    let running = tokio::spawn(requests(authority(keys), Arc::clone(&traffic)));
    let serves = traffic.clone();
    // A hundred and fifty good ones on top of what there was, and three intervals at least.
    let a_while = async || {
        let before = serves.accepted.load(Ordering::SeqCst);
        sleep(3 * REFRESH).await;
        while serves.accepted.load(Ordering::SeqCst) < before + 150 && !running.is_finished() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    a_while().await;
    for (round, kid) in ["second", "third"].into_iter().enumerate() {
        let former = ["first", "second"][round];
        // As providers do it: a key is published before it signs, and stays for a while after it has signed.
        provider.says(set(&[(EdDSA, former), (EdDSA, kid)]));
        a_while().await;
        let gone = std::mem::replace(&mut *traffic.good.lock().await, token(EdDSA, kid));
        a_while().await;
        provider.says(set(&[(EdDSA, kid)]));
        a_while().await;
        *traffic.withdrawn.lock().await = Some(gone);
        // Down; slow; nonsense of several kinds.
        provider.set(|answers| answers.status = "503 Service Unavailable");
        a_while().await;
        provider.set(|answers| (answers.status, answers.after) = ("200 OK", Duration::from_secs(30)));
        // Until a fetch has been given up.
        a_while().await;
        a_while().await;
        provider.set(|answers| (answers.after, answers.body) = (Duration::ZERO, b"<html>garbage".to_vec()));
        a_while().await;
        provider.says(json!({ "keys": [] }));
        a_while().await;
        provider.says(set(&[(EdDSA, kid), (EdDSA, kid)]));
        a_while().await;
        provider.says(set(&[(EdDSA, kid)]));
        a_while().await;
    }
    traffic.over.store(true, Ordering::SeqCst);
    running.await.expect("every good request was accepted, and every bad one refused");
    let (accepted, refused) =
        (traffic.accepted.load(Ordering::SeqCst), traffic.refused.load(Ordering::SeqCst));
    let took = began.elapsed();
    let most = took.as_millis() / REFRESH.as_millis() + 1;
    println!(
        "{accepted} accepted, {refused} refused in {took:?}; {} fetches of {most} at most",
        provider.asked()
    );
    assert!(accepted >= 2500 && refused == accepted, "{accepted} {refused}");
    assert!((provider.asked() as u128) <= most + 1, "{} fetches in {took:?}", provider.asked());
}

/// A client that asks for an unknown key and leaves takes nobody's fetch along.
#[tokio::test]
async fn a_client_that_leaves_does_not_stop_a_fetch() {
    let provider = Provider::new(set(&[(RS256, "old")])).await;
    let keys = provider.keys().least_interval(Duration::ZERO).connect().await.expect("keys");
    let authority = authority(keys);
    provider.says(set(&[(EdDSA, "new")]));
    provider.set(|answers| answers.after = Duration::from_millis(200));
    let (new, old) = (token(EdDSA, "new"), token(RS256, "old"));
    authority.authenticate(&old).await.expect("known");
    let left = timeout(Duration::from_millis(50), authority.authenticate(&new)).await;
    assert!(left.is_err(), "it waits for the fetch");
    let asked = provider.asked();
    // The fetch that was begun goes on, and serves whoever comes.
    let accepted = authority.authenticate(&new).await;
    accepted.expect("found");
    assert_eq!(provider.asked(), asked);
}
