//! What the tool says of itself, and of a command line that cannot be meant.

use crate::common::Place;

#[test]
fn help_teaches() {
    let place = Place::new();
    insta::assert_snapshot!("help", place.run(&["--help"]).shown());
    for command in ["generate", "check", "doctor", "provision", "diagram", "adopt", "completions"] {
        insta::assert_snapshot!(format!("help_{command}"), place.run(&[command, "--help"]).shown());
    }
    // Cargo gives its subcommands their own name.
    assert_eq!(place.run(&["tenancy", "--help"]).stdout, place.run(&["--help"]).stdout);
}

#[test]
fn completions_are_the_shells_own() {
    let place = Place::new();
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef cargo-tenancy"), ("fish", "complete -c cargo-tenancy")]
    {
        let ended = place.run(&["completions", shell]);
        assert_eq!(ended.code, Some(0));
        assert!(ended.stdout.contains(word) && ended.stdout.contains("provision"), "{shell}");
    }
}

#[test]
fn what_cannot_be_done_says_why_and_what_to_do() {
    let place = Place::new();
    let secret = "postgres://ada:hunter2@127.0.0.1:1/app";
    place.write("broken/tenancy.lock.json", "<<<<<<< HEAD");
    place.write("tenancy.adopt.toml", "old_role = 'legacy'\nlock_timeout = '5 fortnights'\n");
    place.write("adopt/tenancy.lock.json", r#"{ "format": 1, "edition": 3, "runtime_role": "tenancy_app", "entities": [], "retired": [], "migrations": [] }"#);
    for (arguments, code, words) in [
        (&["doctor"][..], 2, "set DATABASE_URL"),
        (&["doctor", "--url", "mysql://localhost"], 2, "begins with postgres://"),
        (&["doctor", "--url", secret], 3, "cannot connect to 127.0.0.1:1"),
        (&["doctor", "--fix=perhaps"], 2, "possible values: print, apply"),
        (&["doctor", "--decide", "G06-TEMP"], 2, "--fix"),
        (&["doctor", "--lock", "nowhere.json", "--url", secret], 3, "nowhere.json"),
        (&["doctor", "--lock", "broken", "--url", secret], 3, "restore it from version control"),
        (
            &["doctor", "--lock", "broken", "--role", "app", "--url", secret],
            2,
            "take out --tenant-column and --role",
        ),
        (&["doctor", "--accepted", "nothing.toml", "--url", secret], 3, "nothing.toml"),
        (&["doctor", "--explain", "T99"], 2, "is no code of the doctor's"),
        (&["doctor", "--explain", "T01-RSL"], 2, "is it T01-RLS-OFF"),
        (&["check"], 3, "cargo tenancy generate"),
        (&["diagram"], 3, "name it by --lock"),
        (&["adopt", "rehearse", "--lock", "adopt", "--url", secret], 3, "write it as \"500ms\""),
        (
            &["adopt", "rehearse", "--lock", "adopt", "--config", "none.toml", "--url", secret],
            3,
            "whose the rows are",
        ),
        (&["provision", "--apply", "--lock", "adopt", "--url", secret], 2, "--yes"),
        (&["generate", "--dry-run"], 3, "did not pass"),
        (&["frobnicate"], 2, "unrecognized subcommand"),
    ] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.shown());
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!ended.stderr.contains("hunter2"), "{arguments:?} tells the password: {}", ended.stderr);
    }
}

#[test]
fn codes_are_explained() {
    let place = Place::new();
    let ended = place.run(&["doctor", "--explain", "T01-RLS-OFF"]);
    assert_eq!(ended.code, Some(0));
    insta::assert_snapshot!("explain", ended.shown());
    assert_eq!(place.run(&["doctor", "--explain", "t01"]).stdout, ended.stdout, "the number is enough");
    let all = place.run(&["doctor", "--explain"]).stdout;
    assert_eq!(all.lines().count(), tenancy_core::schema::Code::all().len());
}

/// `cargo tenancy doctor --explain | head`.
#[test]
fn a_reader_that_leaves_is_no_panic() {
    let place = Place::new();
    let mut command = place.command(&["doctor", "--explain"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = command.stdout(writer).stderr(std::process::Stdio::piped()).output().expect("the tool");
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(141), &b""[..]));
}

/// Of a pipe that is not a terminal there are no colours, unless they are asked for.
#[test]
fn colours_are_for_terminals() {
    let place = Place::new();
    assert!(!place.run(&["doctor"]).stderr.contains('\u{1b}'));
    assert!(place.run(&["doctor", "--color", "always"]).stderr.contains('\u{1b}'));
}
