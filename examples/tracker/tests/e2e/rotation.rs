//! The provider changes its keys while its users work.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::watch;
use tracker::Settings;

use crate::world::World;

async fn kids(world: &World) -> Vec<String> {
    let mut address = world.visitor("acme").begin().await;
    address.set_path("/keys");
    address.set_query(None);
    let set: Value = world.http.get(address).send().await.unwrap().json().await.unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn no_request_fails_when_keys_change() {
    let world = World::new().await;
    let first = world.visitor("acme").id_token("ada").await;
    let before = kids(&world).await;
    let (done, over) = watch::channel(false);

    let working = async {
        let mut requests = 0;
        while !*over.borrow() || requests == 0 {
            let get =
                world.http.get(format!("{}/api/projects", world.tracker.url("acme"))).bearer_auth(&first);
            assert_eq!(get.send().await.unwrap().status(), StatusCode::OK);
            requests += 1;
        }
    };
    let changing = async {
        for _ in 0..4 {
            world.tracker.provider.rotate().unwrap();
            // With a key that the service has not met, and with the session that it makes.
            let ada = world.member("ada", "acme").await;
            assert_eq!(ada.get("/api/me").await.status(), StatusCode::OK);
        }
        done.send(true).unwrap();
    };
    tokio::join!(working, changing);

    let after = kids(&world).await;
    assert!(before.iter().all(|kid| after.contains(kid)), "what they signed is still good");
    assert_eq!(after.len(), before.len() + 4);
}

#[tokio::test]
async fn keys_change_by_themselves() {
    let world =
        World::with(Settings { rotate_every: Duration::from_millis(50), ..Settings::default() }).await;
    let before = kids(&world).await;
    let changed = async { while kids(&world).await.iter().all(|kid| before.contains(kid)) {} };
    tokio::time::timeout(Duration::from_secs(60), changed).await.expect("another key");
}
