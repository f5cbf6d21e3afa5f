//! What the structs ask for, shown and then written.
//!
//! A script stands in for `cargo test` here, so that each plan can be had: it leaves the plan that `tenancy_core` writes (its
//! own tests hold the form), and says what it was asked to write. `program.rs` has the real cargo and a real program.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::{Ended, Place};

/// A `cargo` that leaves a plan.
fn cargo(place: &Place, plan: &str) -> String {
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> asked\n\
         case \"$TENANCY_MIGRATIONS\" in\n\
           plan) cat > \"$TENANCY_MIGRATIONS_PLAN/1.json\" <<'PLAN'\n{plan}\nPLAN\n;;\n\
           write) echo 'tenancy: wrote migrations/0002_tenancy.sql'; touch written ;;\n\
         esac\n"
    );
    let path = place.write("cargo", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    path.display().to_string()
}

fn generate(place: &Place, plan: &str, arguments: &[&str]) -> Ended {
    let cargo = cargo(place, plan);
    place.command(&[&["generate"], arguments].concat()).env("CARGO", cargo).output().expect("the tool").into()
}

const DIFFERS: &str = r#"{ "folder": "migrations", "differences": ["public.tasks: is new"], "refusals": [],
  "files": [["0002_tenancy.sql", "-- Emitted by tenancy\nALTER TABLE tasks\n"], ["reverse/0002_tenancy.sql", "-- back\n"]] }"#;

#[test]
fn what_differs_is_shown_before_it_is_written() {
    let place = Place::new();
    let shown = generate(&place, DIFFERS, &["--dry-run"]);
    insta::assert_snapshot!("generate", shown.shown());
    assert_eq!(shown.code, Some(1));
    let unanswered = generate(&place, DIFFERS, &[]);
    assert_eq!(unanswered.code, Some(2), "{}", unanswered.shown());
    assert!(!place.path().join("written").exists());

    let written = generate(&place, DIFFERS, &["--yes", "--", "-p", "api"]);
    assert_eq!(written.code, Some(0), "{}", written.shown());
    assert!(place.path().join("written").exists());
    assert!(written.stderr.contains("wrote migrations/0002_tenancy.sql"), "{}", written.stderr);
    let asked = std::fs::read_to_string(place.path().join("asked")).expect("arguments");
    assert!(
        asked
            .lines()
            .next_back()
            .is_some_and(|line| line == "test --quiet -p api tenancy_migrations -- --nocapture"),
        "{asked}"
    );
}

#[test]
fn what_is_refused_is_not_written() {
    let place = Place::new();
    let plan = r#"{ "folder": "migrations", "differences": [], "refusals": ["0002_tenancy.sql was emitted and is gone"], "files": [] }"#;
    let refused = generate(&place, plan, &["--yes"]);
    assert_eq!(refused.code, Some(1), "{}", refused.shown());
    assert!(refused.stderr.contains("was emitted and is gone"), "{}", refused.stderr);
    assert!(!place.path().join("written").exists());

    let nothing = r#"{ "folder": "migrations", "differences": [], "refusals": [], "files": [] }"#;
    let nothing = generate(&place, nothing, &[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""), "{}", nothing.stderr);
    assert_eq!(generate(&place, "{", &[]).code, Some(3), "a plan that cannot be read");
}
