//! The diagram, by the lock file alone.

use crate::common::Place;
use crate::entities::{ADOPTING, SCHEMA};

#[test]
fn tables_keys_and_isolation_are_drawn() {
    let place = Place::new();
    tenancy_core::schema::__write(&SCHEMA, &place.path().join("migrations")).expect("a lock file");
    let text = place.run(&["diagram"]);
    insta::assert_snapshot!("diagram", text.shown());

    let drawn = place.run(&["diagram", "-o", "tables.svg"]);
    assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
    let svg = std::fs::read_to_string(place.path().join("tables.svg")).expect("a picture");
    for word in
        ["<svg", "projects", "tasks", "countries", "isolated", "global", "tenant_id", "slug", "</svg>"]
    {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn what_is_being_adopted_is_said() {
    let place = Place::new();
    tenancy_core::schema::__write(&ADOPTING, &place.path().join("migrations")).expect("a lock file");
    let text = place.run(&["diagram", "--lock", "migrations"]);
    assert!(text.stdout.contains("tasks[\"tasks (being adopted)\"]"), "{}", text.stdout);
}
