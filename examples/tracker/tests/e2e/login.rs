//! Logging in: the way of a user, and what becomes of those who leave it.

use reqwest::header::SET_COOKIE;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::world::{World, assert_problem, parameter, password};

#[tokio::test]
async fn a_member_logs_in_and_out() {
    let world = World::new().await;
    let ada = world.visitor("acme");
    let page = ada.begin().await;
    let wrong = ada.confirm(&page, "ada", password("bob")).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(wrong.text().await.unwrap().contains("Name or password is wrong."));
    assert_eq!(ada.confirm(&page, "nobody", "x").await.status(), StatusCode::UNAUTHORIZED);

    let back = ada.returning(&page, "ada").await;
    let answer = ada.come_back(&back).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookies: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-session=tns_")).unwrap();
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(session.contains(attribute), "{attribute}");
    }
    assert!(!session.contains("Domain"));
    assert_eq!(ada.cookie("__Host-login"), None, "it was for one login");

    let me: Value = ada.get("/api/me").await.json().await.unwrap();
    assert_eq!((me["subject"].as_str(), me["tenant"].as_str()), (Some("ada"), Some("acme")));
    assert_eq!(ada.get("/app").await.status(), StatusCode::OK);
    assert!(ada.get("/").await.text().await.unwrap().contains(">Open</a>"));

    let copy = world.visitor("acme");
    copy.set_cookie("__Host-session", &ada.cookie("__Host-session").unwrap());
    assert_eq!(copy.get("/api/me").await.status(), StatusCode::OK);
    let out = ada.send(ada.request(Method::POST, "/logout")).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_eq!(ada.cookie("__Host-session"), None);
    assert_problem(&copy.get("/api/me").await, StatusCode::UNAUTHORIZED);
    // Whom a session does not serve any more is a visitor like others.
    assert_eq!(copy.get("/app").await.status(), StatusCode::SEE_OTHER);
    assert!(copy.get("/").await.text().await.unwrap().contains(">Sign in</a>"));
}

#[tokio::test]
async fn who_is_no_member_gets_no_session() {
    let world = World::new().await;
    let bob = world.member("bob", "globex").await;
    assert_eq!(bob.get("/api/me").await.status(), StatusCode::OK);

    let stranger = world.visitor("acme");
    let answer = stranger.log_in("bob").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.text().await.unwrap().contains("You are not a member here."));
    assert_eq!(stranger.cookie("__Host-session"), None);
    assert_problem(&stranger.get("/api/me").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_login_ends_where_it_began() {
    let world = World::new().await;
    let attacker = world.visitor("globex");
    let page = attacker.begin().await;
    let back = attacker.returning(&page, "both").await;

    // The victim is made to open the attacker's address: without a login under way, and with one.
    let victim = world.visitor("globex");
    assert_eq!(victim.come_back(&back).await.status(), StatusCode::BAD_REQUEST);
    victim.begin().await;
    assert_eq!(victim.come_back(&back).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(victim.cookie("__Host-session"), None);

    // The code was good all the time.
    assert_eq!(attacker.come_back(&back).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_token_is_of_the_login_that_asked_for_it() {
    let world = World::new().await;
    let ada = world.visitor("acme");
    let page = ada.begin().await;
    let nonce = parameter(&page, "nonce");
    // All of it is this login's, but for the nonce.
    let other: Url = page.as_str().replace(&nonce, &"x".repeat(43)).parse().unwrap();
    let back = ada.returning(&other, "ada").await;
    assert_eq!(ada.come_back(&back).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ada.cookie("__Host-session"), None);

    let back = ada.returning(&page, "ada").await;
    assert_eq!(ada.come_back(&back).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_who_has_its_verifier() {
    let world = World::new().await;
    let ada = world.visitor("acme");
    let page = ada.begin().await;
    let code = async || parameter(&ada.returning(&page, "ada").await, "code");

    let good = code().await;
    assert_eq!(ada.exchange(&page, &good).await.status(), StatusCode::OK);
    assert_eq!(ada.exchange(&page, &good).await.status(), StatusCode::BAD_REQUEST, "it was used");

    let stolen = code().await;
    assert_eq!(ada.exchange_with(&page, &stolen, &"x".repeat(43)).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ada.exchange(&page, &stolen).await.status(), StatusCode::BAD_REQUEST, "it was tried");

    let elsewhere = world.visitor("globex");
    let verifier = ada.cookie("__Host-login").unwrap().split('.').nth(1).unwrap().to_owned();
    let answer = elsewhere.exchange_with(&page, &code().await, &verifier).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "it is for another address");
}

#[tokio::test]
async fn the_provider_sends_codes_to_the_service_alone() {
    let world = World::new().await;
    let page = world.visitor("acme").begin().await;
    assert_eq!(world.http.get(page.clone()).send().await.unwrap().status(), StatusCode::OK);
    for (name, value) in [
        ("redirect_uri", "http://evil.test/callback"),
        ("redirect_uri", "http://acme.localhost:1/callback"),
        ("client_id", "another"),
        ("code_challenge_method", "plain"),
        ("response_type", "token"),
    ] {
        let mut changed = page.clone();
        let others: Vec<_> = page.query_pairs().filter(|pair| pair.0 != name).collect();
        changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
        let answer = world.http.get(changed).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}={value}");
    }
}
