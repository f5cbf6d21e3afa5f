//! Two tenants side by side: the same names, the same addresses but for the host, and nothing in common.

use reqwest::header::HOST;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Visitor, World, assert_problem};

#[tokio::test]
async fn each_works_on_its_own_under_the_same_names() {
    let world = World::new().await;
    let (ada, bob) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    for member in [&ada, &bob] {
        let project = member.create("/api/projects", json!({ "name": "Moon" })).await;
        let tasks = format!("/api/projects/{}/tasks", project["id"].as_str().unwrap());
        let task = member.create(&tasks, json!({ "title": format!("of {}", member.site) })).await;
        assert_eq!(task["done"], false);
        let tick = format!("{tasks}/{}", task["id"].as_str().unwrap());
        let ticked = member.send(member.request(Method::PATCH, &tick).json(&json!({ "done": true }))).await;
        assert_eq!(ticked.json::<Value>().await.unwrap()["done"], true);
        let seen = member.list(&tasks).await;
        assert_eq!(seen.len(), 1);
        assert_eq!(
            (&seen[0]["title"], &seen[0]["done"]),
            (&json!(format!("of {}", member.site)), &json!(true))
        );
        let twice = member.post("/api/projects", json!({ "name": "Moon" })).await;
        assert_problem(&twice, StatusCode::CONFLICT);
        let empty = member.post("/api/projects", json!({ "name": " " })).await;
        assert_problem(&empty, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ada.projects().await, ["Website", "Rocket", "Moon"]);
    assert_eq!(bob.projects().await, ["Website", "Weather machine", "Moon"]);
}

#[tokio::test]
async fn what_is_another_tenants_is_not_there() {
    let world = World::new().await;
    let (ada, bob) = (world.member("ada", "acme").await, world.member("bob", "globex").await);
    let project = ada.create("/api/projects", json!({ "name": "Secret" })).await;
    let project = format!("/api/projects/{}", project["id"].as_str().unwrap());
    let tasks = format!("{project}/tasks");
    let task = ada.create(&tasks, json!({ "title": "hush" })).await;
    let task = format!("{tasks}/{}", task["id"].as_str().unwrap());

    let requests: [(Method, &str, Option<Value>); 5] = [
        (Method::GET, &tasks, None),
        (Method::PATCH, &task, Some(json!({ "done": true }))),
        (Method::POST, &tasks, Some(json!({ "title": "another" }))),
        (Method::PATCH, &project, Some(json!({ "name": "Secret, renamed" }))),
        (Method::DELETE, &project, None),
    ];
    let send = async |who: &Visitor<'_>, (method, path, body): &(Method, &str, Option<Value>)| {
        let request = who.request(method.clone(), path);
        who.send(body.iter().fold(request, |request, body| request.json(body))).await
    };
    // Bob is refused before and after Ada does the same, in the same words as for what never was.
    for request in &requests {
        let refused = send(&bob, request).await;
        assert_problem(&refused, StatusCode::NOT_FOUND);
        assert!(send(&ada, request).await.status().is_success(), "{request:?}");
        let nothing = send(&bob, request).await;
        assert_problem(&nothing, StatusCode::NOT_FOUND);
        assert_eq!(refused.text().await.unwrap(), nothing.text().await.unwrap());
    }
    assert_eq!(bob.projects().await, ["Website", "Weather machine"]);
}

#[tokio::test]
async fn visitors_see_the_landing_page_of_the_host() {
    let world = World::new().await;
    let page = async |label: &str| world.visitor(label).get("/").await.text().await.unwrap();
    let (acme, globex) = (page("acme").await, page("globex").await);
    assert!(acme.contains("<h1>Acme Corporation</h1>") && !acme.contains("Globex"));
    assert!(globex.contains("<h1>Globex</h1>") && !globex.contains("Acme"));
    let policy = world.visitor("acme").get("/").await;
    assert!(policy.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));

    let port = world.tracker.address().port();
    for (host, status) in [
        (format!("ACME.localhost.:{port}"), StatusCode::OK),
        (format!("nobody.localhost:{port}"), StatusCode::NOT_FOUND),
        (format!("localhost:{port}"), StatusCode::NOT_FOUND),
        (format!("127.0.0.1:{port}"), StatusCode::NOT_FOUND),
        ("evil.test".into(), StatusCode::NOT_FOUND),
        ("acme.localhost.evil.test".into(), StatusCode::NOT_FOUND),
        ("a.acme.localhost".into(), StatusCode::NOT_FOUND),
        ("acme.localhost:port".into(), StatusCode::BAD_REQUEST),
        ("ac_me.localhost".into(), StatusCode::BAD_REQUEST),
    ] {
        let request = world.http.get(format!("http://{}/", world.tracker.address())).header(HOST, &host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
        let request = world.http.get(format!("http://{}/login", world.tracker.address())).header(HOST, &host);
        let begun = request.send().await.unwrap().status() == StatusCode::SEE_OTHER;
        assert_eq!(begun, status == StatusCode::OK, "{host}");
    }
}
