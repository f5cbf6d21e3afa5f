//! Members come and go, and tenants are suspended: at once, whatever they hold in their hands.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tenancy::auth::{CredentialKind, DirectoryStore as _};

use crate::world::{World, assert_problem};

#[tokio::test]
async fn who_is_expelled_is_out_at_once() {
    let world = World::new().await;
    let (ada, at_home) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    assert_eq!(world.visitor("acme").log_in("bob").await.status(), StatusCode::FORBIDDEN);
    let admit = async || ada.post("/api/members", json!({ "subject": "bob" })).await.status();
    assert_eq!(admit().await, StatusCode::CREATED);
    assert_eq!(admit().await, StatusCode::OK, "he is one already");
    assert_eq!(ada.list("/api/members").await, [json!("ada"), json!("bob"), json!("both")]);

    let bob = world.member("bob", "acme").await;
    let key = bob.create("/api/keys", json!({ "name": "bob's" })).await["key"].as_str().unwrap().to_owned();
    let bearer = bob.id_token("bob").await;
    let address = format!("{}/api/projects", bob.site);
    let with_key = async || world.http.get(&address).header("x-api-key", &key).send().await.unwrap();
    let with_token = async || world.http.get(&address).bearer_auth(&bearer).send().await.unwrap();
    for response in [bob.get("/api/projects").await, with_key().await, with_token().await] {
        assert_eq!(response.status(), StatusCode::OK);
    }

    assert_eq!(ada.delete("/api/members/bob").await.status(), StatusCode::NO_CONTENT);
    assert_problem(&bob.get("/api/projects").await, StatusCode::UNAUTHORIZED);
    assert_problem(&with_key().await, StatusCode::UNAUTHORIZED);
    assert_problem(&with_token().await, StatusCode::FORBIDDEN);
    assert!(ada.list("/api/keys").await.is_empty());
    assert_eq!(world.visitor("acme").log_in("bob").await.status(), StatusCode::FORBIDDEN);
    // What he is elsewhere is not Acme's to take, and what he held here does not come back with him.
    assert_eq!(at_home.get("/api/projects").await.status(), StatusCode::OK);
    assert_eq!(admit().await, StatusCode::CREATED);
    assert_problem(&bob.get("/api/projects").await, StatusCode::UNAUTHORIZED);
    assert_problem(&with_key().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn members_of_one_tenant_decide_about_no_other() {
    let world = World::new().await;
    let (ada, bob) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    assert_eq!(bob.list("/api/members").await, [json!("bob"), json!("both")]);
    assert_problem(&bob.delete("/api/members/ada").await, StatusCode::NOT_FOUND);
    assert_eq!(bob.delete("/api/members/both").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bob.list("/api/members").await, [json!("bob")]);
    assert_eq!(ada.list("/api/members").await, [json!("ada"), json!("both")]);
    world.member("both", "acme").await;
}

#[tokio::test]
async fn the_last_member_stays() {
    let world = World::new().await;
    let (ada, both) = (world.member("ada", "acme").await, world.member("both", "acme").await);
    assert_eq!(ada.delete("/api/members/both").await.status(), StatusCode::NO_CONTENT);
    assert_problem(&both.delete("/api/members/ada").await, StatusCode::UNAUTHORIZED);
    assert_problem(&ada.delete("/api/members/ada").await, StatusCode::CONFLICT);
    assert_eq!(ada.list("/api/members").await, [json!("ada")]);
}

#[tokio::test]
async fn members_who_expel_each_other_at_once_leave_one() {
    let world = World::new().await;
    let tenant = world.identity.find(&"acme".parse().unwrap()).await.unwrap().unwrap().tenant;
    let mut ring = Vec::new();
    for name in ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"] {
        world.identity.admit(tenant, name).await.unwrap();
        let session =
            world.identity.issue(CredentialKind::Session, name, Some(tenant), Duration::from_secs(60));
        let visitor = world.visitor("acme");
        visitor.set_cookie("__Host-session", &session.await.unwrap().reveal());
        ring.push(visitor);
    }
    for name in ["ada", "both"] {
        assert_eq!(ring[0].delete(&format!("/api/members/{name}")).await.status(), StatusCode::NO_CONTENT);
    }
    let expelling = ring.iter().enumerate().map(async |(number, member)| {
        member.delete(&format!("/api/members/m{}", (number + 1) % 8)).await.status()
    });
    let answers = join_all(expelling).await;
    assert!(answers.contains(&StatusCode::NO_CONTENT), "{answers:?}");
    assert!(!world.identity.members(tenant).await.unwrap().is_empty(), "{answers:?}");
}

#[tokio::test]
async fn a_suspended_tenant_is_closed() {
    let world = World::new().await;
    let (ada, bob) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    let key = ada.create("/api/keys", json!({ "name": "nightly" })).await["key"].as_str().unwrap().to_owned();
    let bearer = ada.id_token("ada").await;
    let address = format!("{}/api/me", ada.site);
    let with_key = async || world.http.get(&address).header("x-api-key", &key).send().await.unwrap();
    let with_token = async || world.http.get(&address).bearer_auth(&bearer).send().await.unwrap();
    for response in [ada.get("/api/me").await, with_key().await, with_token().await, ada.get("/").await] {
        assert_eq!(response.status(), StatusCode::OK);
    }

    assert!(world.tracker.app.suspend("acme").await.unwrap());
    for response in [ada.get("/api/me").await, with_key().await, with_token().await] {
        assert_problem(&response, StatusCode::FORBIDDEN);
    }
    for path in ["/", "/login", "/app"] {
        let (visitor, nobody) =
            (world.visitor("acme").get(path).await, world.visitor("nobody").get(path).await);
        assert_problem(&visitor, StatusCode::NOT_FOUND);
        assert_problem(&nobody, StatusCode::NOT_FOUND);
        assert_eq!(visitor.text().await.unwrap(), nobody.text().await.unwrap(), "no such site, both times");
    }
    let me: Value = bob.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["tenant"], "globex");
}
