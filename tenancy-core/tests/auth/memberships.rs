//! What is kept of a store's answers, for how long, and that forgetting is sure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tenancy_core::auth::{MembershipStore, Memberships, Standing, StoreError};
use tenancy_core::{AuthError, Authority, TenantId};
use tokio::sync::Semaphore;

use crate::common::*;

/// Answers when it is let, counts, and can fail.
struct Store {
    asked: AtomicUsize,
    may_answer: Semaphore,
    member: AtomicBool,
    fails: AtomicBool,
}

#[derive(Clone)]
struct Shared(Arc<Store>);

impl MembershipStore for Shared {
    async fn standing(&self, _: &str, _: TenantId) -> Result<Standing, StoreError> {
        // What is true when it is asked; the answer arrives later.
        let member = self.0.member.load(Ordering::SeqCst);
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.0.may_answer.acquire().await.expect("not closed").forget();
        if self.0.fails.load(Ordering::SeqCst) {
            return Err(StoreError::new("the password of the store is hunter2"));
        }
        Ok(if member { Standing::Member } else { Standing::NotAMember })
    }
}

impl Shared {
    fn new() -> Self {
        Self(Arc::new(Store {
            asked: AtomicUsize::new(0),
            may_answer: Semaphore::new(0),
            member: AtomicBool::new(true),
            fails: AtomicBool::new(false),
        }))
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    async fn is_asked(&self, times: usize) {
        while self.asked() < times {
            tokio::task::yield_now().await;
        }
    }

    fn answers(&self, times: usize) {
        self.0.may_answer.add_permits(times);
    }
}

fn world(ttl: Duration) -> (Shared, Memberships, Authority) {
    let store = Shared::new();
    let memberships = Memberships::with_ttl(store.clone(), ttl);
    let verifier = builder().key(hs256_key()).build().expect("a verifier");
    (store, memberships.clone(), Authority::new(verifier).with_memberships(memberships))
}

fn jwt(subject: &str) -> String {
    let mut claims = good_claims();
    claims["sub"] = json!(subject);
    Signer::hs256().sign(good_header().to_string(), claims.to_string())
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn many_ask_once() {
    let (store, _, authority) = world(HOUR);
    let ada = jwt("ada");
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (authority, ada) = (authority.clone(), ada.clone());
            tokio::spawn(async move { authority.authenticate(&ada).await.map(drop) })
        })
        .collect();
    store.is_asked(1).await;
    store.answers(1);
    for waiting in waiting {
        waiting.await.expect("no panic").expect("a member");
    }
    authority.authenticate(&ada).await.expect("kept");
    assert_eq!(store.asked(), 1);
    // Another subject is another question.
    store.answers(1);
    authority.authenticate(&jwt("bob")).await.expect("a member");
    assert_eq!(store.asked(), 2);
}

#[tokio::test]
async fn nothing_is_given_that_was_asked_for_before_it_was_forgotten() {
    let (store, memberships, authority) = world(HOUR);
    let ada = jwt("ada");
    let early = {
        let (authority, ada) = (authority.clone(), ada.clone());
        tokio::spawn(async move { authority.authenticate(&ada).await.map(drop) })
    };
    store.is_asked(1).await;
    // Expelled and forgotten, while the answer of before is on its way.
    store.0.member.store(false, Ordering::SeqCst);
    memberships.forget("ada");
    store.answers(2);
    assert_eq!(early.await.expect("no panic"), Err(AuthError::NotAMember), "asked again");
    assert_eq!(authority.authenticate(&ada).await.err(), Some(AuthError::NotAMember));
    assert_eq!(store.asked(), 2);
    // A tenant is forgotten with all of its members.
    store.0.member.store(true, Ordering::SeqCst);
    assert_eq!(authority.authenticate(&ada).await.err(), Some(AuthError::NotAMember), "kept");
    memberships.forget_tenant(TENANT.parse().expect("an id"));
    store.answers(1);
    authority.authenticate(&ada).await.expect("a member again");
}

#[tokio::test]
async fn a_client_that_leaves_keeps_nobody_waiting() {
    let (store, _, authority) = world(HOUR);
    let ada = jwt("ada");
    let mut leaving = Box::pin(authority.authenticate(&ada));
    assert!(futures_util::poll!(&mut leaving).is_pending());
    let staying = {
        let (authority, ada) = (authority.clone(), ada.clone());
        tokio::spawn(async move { authority.authenticate(&ada).await.map(drop) })
    };
    tokio::task::yield_now().await;
    drop(leaving);
    store.answers(5);
    tokio::time::timeout(Duration::from_secs(10), staying)
        .await
        .expect("in time")
        .expect("no panic")
        .expect("a member");
}

#[tokio::test]
async fn a_failure_is_not_kept_and_says_nothing() {
    let (store, _, authority) = world(HOUR);
    store.0.fails.store(true, Ordering::SeqCst);
    store.answers(1);
    let error = authority.authenticate(&jwt("ada")).await.expect_err("refused");
    assert_eq!(error, AuthError::NoStore);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    store.0.fails.store(false, Ordering::SeqCst);
    store.answers(1);
    authority.authenticate(&jwt("ada")).await.expect("a member");
}

#[tokio::test]
async fn nothing_is_kept_for_longer_than_was_said() {
    let (store, _, authority) = world(Duration::ZERO);
    store.answers(3);
    for _ in 0..3 {
        authority.authenticate(&jwt("ada")).await.expect("a member");
    }
    assert_eq!(store.asked(), 3);
    let (store, _, authority) = world(Duration::from_millis(100));
    store.answers(2);
    authority.authenticate(&jwt("ada")).await.expect("a member");
    tokio::time::sleep(Duration::from_millis(250)).await;
    store.0.member.store(false, Ordering::SeqCst);
    assert_eq!(authority.authenticate(&jwt("ada")).await.err(), Some(AuthError::NotAMember));
}

#[tokio::test]
async fn a_list_of_tenants_is_a_list_to_choose_from() {
    const OTHER: &str = "7e57ab1e-0000-4000-8000-000000000002";
    let id = |text: &str| -> TenantId { text.parse().expect("an id") };
    let verifier = builder().key(hs256_key()).tenants_claim("orgs").build().expect("a verifier");
    let authority = Authority::new(verifier);
    let with = |orgs: serde_json::Value| {
        let mut claims = good_claims();
        remove(&mut claims, "tenant_id");
        claims["orgs"] = orgs;
        Signer::hs256().sign(good_header().to_string(), claims.to_string())
    };
    let both = with(json!([TENANT, OTHER]));
    for tenant in [TENANT, OTHER] {
        assert_eq!(authority.authenticate_for(&both, id(tenant)).await.expect("listed").tenant(), id(tenant));
    }
    assert_eq!(authority.authenticate(&both).await.err(), Some(AuthError::NoTenantChosen));
    let one = with(json!([OTHER]));
    assert_eq!(authority.authenticate(&one).await.expect("the only one").tenant(), id(OTHER));
    assert_eq!(authority.authenticate_for(&one, id(TENANT)).await.err(), Some(AuthError::NotItsTenant));
    assert_eq!(authority.authenticate(&with(json!([]))).await.err(), Some(AuthError::NoTenantChosen));
    for (orgs, expected) in [
        (json!(OTHER), AuthError::MalformedClaim(tenancy_core::auth::Claim::Tenant)),
        (json!([OTHER, "acme"]), AuthError::MalformedClaim(tenancy_core::auth::Claim::Tenant)),
        (json!([[OTHER]]), AuthError::MalformedClaim(tenancy_core::auth::Claim::Tenant)),
        (json!(["00000000-0000-0000-0000-000000000000"]), AuthError::NilTenant),
        (json!(null), AuthError::MissingClaim(tenancy_core::auth::Claim::Tenant)),
    ] {
        assert_eq!(
            authority.authenticate_for(&with(orgs.clone()), id(OTHER)).await.err(),
            Some(expected),
            "{orgs}"
        );
    }
}
