//! What must not compile does not, in the domain's words; and no case has been lost on the way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The number of cases. It falls only by a decision, here.
const CASES: usize = 250;

fn files(folder: &str, extension: &str) -> BTreeSet<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut found = BTreeSet::new();
    for topic in std::fs::read_dir(&root).expect("the topics can be listed") {
        let topic = topic.expect("the topics can be listed").path();
        if !topic.is_dir() {
            continue;
        }
        for case in std::fs::read_dir(topic).expect("the cases can be listed") {
            let case = case.expect("the cases can be listed").path();
            if case.extension().is_some_and(|e| e == extension)
                && case.file_name().is_some_and(|n| n != "mod.rs")
            {
                found.insert(case.strip_prefix(&root).expect("below it").with_extension(""));
            }
        }
    }
    found
}

#[test]
fn every_case_has_a_message_and_a_twin() {
    let cases = files("fail", "rs");
    assert_eq!(cases.len(), CASES, "the number of cases is a reviewed number");
    assert_eq!(files("fail", "stderr"), cases, "each case has its message, and no message is left over");
    assert_eq!(files("pass", "rs"), cases, "each case has its twin");
    for case in &cases {
        let topic = case.parent().and_then(Path::to_str).expect("a topic");
        let name = case.file_name().and_then(|n| n.to_str()).expect("a name");
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pass").join(topic).join("mod.rs");
        let modules = std::fs::read_to_string(modules).expect("the topic's modules");
        assert!(modules.contains(&format!("mod {name};")), "{topic}/{name} is compiled as a twin");
    }
}

#[test]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/fail/*/*.rs");
}
