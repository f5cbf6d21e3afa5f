//! Sessions, keys and tokens: each where it is good, and everywhere else.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tenancy::auth::{CredentialKind, DirectoryStore as _};

use crate::world::{World, assert_problem};

#[tokio::test]
async fn without_a_credential_or_with_a_bad_one_nothing_opens() {
    let world = World::new().await;
    assert_eq!(world.member("ada", "acme").await.projects().await, ["Website", "Rocket"]);

    let stranger = world.visitor("acme");
    for path in ["/api/me", "/api/projects", "/api/members", "/api/keys", "/api/events"] {
        assert_problem(&stranger.get(path).await, StatusCode::UNAUTHORIZED);
    }
    assert_problem(&stranger.post("/api/projects", json!({ "name": "x" })).await, StatusCode::UNAUTHORIZED);
    for bad in ["", "tns_", "nonsense", &format!("tns_{}", "A".repeat(64))] {
        stranger.set_cookie("__Host-session", bad);
        assert_problem(&stranger.get("/api/projects").await, StatusCode::UNAUTHORIZED);
        assert!(
            stranger.get("/").await.text().await.unwrap().contains("Sign in"),
            "the landing page is public"
        );
    }
}

#[tokio::test]
async fn a_session_is_of_one_tenant() {
    let world = World::new().await;
    // Not even who is a member of both takes a session along.
    for name in ["ada", "both"] {
        let member = world.member(name, "acme").await;
        assert_eq!(member.get("/api/projects").await.status(), StatusCode::OK);
        let elsewhere = world.visitor("globex");
        elsewhere.set_cookie("__Host-session", &member.cookie("__Host-session").unwrap());
        assert_problem(&elsewhere.get("/api/projects").await, StatusCode::FORBIDDEN);
        let create = elsewhere.post("/api/projects", json!({ "name": "spy" })).await;
        assert_problem(&create, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.member("bob", "globex").await.projects().await, ["Website", "Weather machine"]);
}

#[tokio::test]
async fn what_was_issued_to_somebody_who_is_no_member_opens_nothing() {
    let world = World::new().await;
    let acme = world.visitor("acme");
    let listing = world.identity.find(&"acme".parse().unwrap()).await.unwrap().unwrap();
    for (name, expected) in [("ada", StatusCode::OK), ("bob", StatusCode::FORBIDDEN)] {
        for (kind, header, prefix) in [
            (CredentialKind::Session, "cookie", "__Host-session="),
            (CredentialKind::ApiKey, "x-api-key", ""),
        ] {
            let lifetime = Duration::from_secs(60);
            let issued = world.identity.issue(kind, name, Some(listing.tenant), lifetime).await.unwrap();
            let value = format!("{prefix}{}", issued.reveal());
            let get = world.http.get(format!("{}/api/projects", acme.site)).header(header, value);
            assert_eq!(get.send().await.unwrap().status(), expected, "{name}, {kind:?}");
        }
    }
}

#[tokio::test]
async fn a_token_of_the_provider_is_good_where_its_user_is_a_member() {
    let world = World::new().await;
    let (acme, globex) = (world.visitor("acme"), world.visitor("globex"));
    for (name, at_acme, at_globex) in [("both", true, true), ("ada", true, false), ("bob", false, true)] {
        let token = acme.id_token(name).await;
        for (visitor, member) in [(&acme, at_acme), (&globex, at_globex)] {
            let expected = if member { StatusCode::OK } else { StatusCode::FORBIDDEN };
            let get = world.http.get(format!("{}/api/projects", visitor.site)).bearer_auth(&token);
            assert_eq!(get.send().await.unwrap().status(), expected, "{name} at {}", visitor.site);
        }
        let get = world.http.get(format!("{}/api/projects", acme.site)).bearer_auth(format!("{token}x"));
        assert_problem(&get.send().await.unwrap(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_api_key_works_until_it_is_revoked() {
    let world = World::new().await;
    let (ada, bob) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    let issued = ada.create("/api/keys", json!({ "name": "nightly" })).await;
    let (key, id) = (issued["key"].as_str().unwrap(), issued["id"].as_str().unwrap());
    let with_key = async |site: &str| {
        world.http.get(format!("{site}/api/projects")).header("x-api-key", key).send().await.unwrap()
    };
    assert_eq!(with_key(&ada.site).await.status(), StatusCode::OK);
    assert_problem(&with_key(&bob.site).await, StatusCode::FORBIDDEN);
    let listed = ada.list("/api/keys").await;
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("nightly")));
    assert!(!listed[0].to_string().contains(key), "a key is shown once");

    // Another tenant neither sees the key nor revokes it, although it knows its id.
    assert!(bob.list("/api/keys").await.is_empty());
    assert_problem(&bob.delete(&format!("/api/keys/{id}")).await, StatusCode::NOT_FOUND);
    assert_eq!(with_key(&ada.site).await.status(), StatusCode::OK);

    // One credential a request, or it would be a matter of chance whose it is.
    let two = ada.request(Method::GET, "/api/projects").header("x-api-key", key);
    assert_problem(&ada.send(two).await, StatusCode::BAD_REQUEST);

    assert_eq!(ada.delete(&format!("/api/keys/{id}")).await.status(), StatusCode::NO_CONTENT);
    assert_problem(&with_key(&ada.site).await, StatusCode::UNAUTHORIZED);
    assert!(ada.list("/api/keys").await.is_empty());
}

#[tokio::test]
async fn another_site_changes_nothing_with_a_cookie() {
    let world = World::new().await;
    let ada = world.member("ada", "acme").await;
    let globex = world.tracker.url("globex");
    let post = |header: &str, value: &str| {
        let body = json!({ "name": format!("by {header} {value}") });
        ada.request(Method::POST, "/api/projects").header(header, value).json(&body)
    };
    let own = ada.site.as_str();
    for (header, value) in [("sec-fetch-site", "same-origin"), ("origin", own)] {
        assert_eq!(ada.send(post(header, value)).await.status(), StatusCode::CREATED, "{header}: {value}");
    }
    let before = ada.projects().await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        // A page of another tenant is of the same site, and not of the same origin.
        ("sec-fetch-site", "same-site"),
        ("origin", globex.as_str()),
        ("origin", "null"),
    ] {
        assert_problem(&ada.send(post(header, value)).await, StatusCode::FORBIDDEN);
        let out = ada.request(Method::POST, "/logout").header(header, value);
        assert_problem(&ada.send(out).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(ada.projects().await, before);
}
