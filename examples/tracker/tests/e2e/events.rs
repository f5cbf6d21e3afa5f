//! What pages are told: what happens in their own tenant.

use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::world::{Visitor, World};

/// A stream of events that is open.
struct Listening {
    response: Response,
    received: String,
}

impl Listening {
    /// The first event says that nothing is missed from here on.
    async fn open(visitor: &Visitor<'_>) -> Self {
        let response = visitor.get("/api/events").await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut listening = Self { response, received: String::new() };
        assert_eq!(listening.next().await.as_deref(), Some("all"));
        listening
    }

    /// None when the stream has ended.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.received.split_once("\n\n") {
                let data = event.strip_prefix("data: ").map(str::to_owned);
                self.received = rest.to_owned();
                // Anything else keeps the connection alive.
                if data.is_some() {
                    return data;
                }
                continue;
            }
            let chunk = self.response.chunk().await.expect("the stream is whole")?;
            self.received.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}

#[tokio::test]
async fn a_tenant_hears_of_itself_and_of_nobody_else() {
    let world = World::new().await;
    let (ada, both) = (world.member("ada", "acme").await, world.member("both", "acme").await);
    let bob = world.member("bob", "globex").await;
    let (mut of_ada, mut of_both) = (Listening::open(&ada).await, Listening::open(&both).await);
    let mut of_bob = Listening::open(&bob).await;

    let project = both.create("/api/projects", json!({ "name": "Moon" })).await;
    let tasks = format!("/api/projects/{}/tasks", project["id"].as_str().unwrap());
    both.create(&tasks, json!({ "title": "Land" })).await;
    for listening in [&mut of_ada, &mut of_both] {
        assert_eq!(listening.next().await.as_deref(), Some("projects"));
        assert_eq!(listening.next().await.as_deref(), Some("tasks"));
    }
    // The first that Bob hears is what he does himself, after all that.
    bob.create("/api/keys", json!({ "name": "k" })).await;
    assert_eq!(of_bob.next().await.as_deref(), Some("keys"));
    both.create("/api/projects", json!({ "name": "Mars" })).await;
    assert_eq!(of_ada.next().await.as_deref(), Some("projects"), "and nothing of Bob's before");
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_and_with_the_tenant() {
    let world = World::new().await;
    let (ada, both) = (world.member("ada", "acme").await, world.member("both", "acme").await);
    let (mut of_ada, mut of_both) = (Listening::open(&ada).await, Listening::open(&both).await);

    assert_eq!(ada.delete("/api/members/both").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(of_both.next().await, None);
    assert_eq!(of_ada.next().await.as_deref(), Some("members"));
    assert!(world.tracker.app.suspend("acme").await.unwrap());
    assert_eq!(of_ada.next().await, None);
}
