//! The golden test, on a disk.

use super::*;
use crate::schema::EntityDescriptor;
use crate::schema::emit;
use crate::schema::fixtures::*;

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tenancy-golden-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join("0001_tables.sql"), "CREATE TABLE ..").expect("a file");
        Self(path)
    }

    fn check(&self, entities: &[&'static EntityDescriptor], write: bool) -> Result<String, Failure> {
        let folder = Folder { path: self.0.clone(), name: "migrations" };
        folder.check(schema(entities, &[], "tenancy_app"), write, SystemTime::UNIX_EPOCH)
    }

    fn names(&self) -> Vec<String> {
        let reverses = fs::read_dir(self.0.join(REVERSES)).into_iter().flatten();
        let entries =
            fs::read_dir(&self.0).expect("the folder").chain(reverses).map(|entry| entry.expect("an entry"));
        let mut names: Vec<_> = entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                entry.path().strip_prefix(&self.0).expect("below").to_str().expect("UTF-8").to_owned()
            })
            .collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn it_writes_only_when_asked_to_and_never_an_old_file() {
    let scratch = Scratch::new("writes");
    let failure = scratch.check(&[&PROJECT], false).expect_err("nothing was emitted");
    insta::assert_snapshot!(failure.to_string());
    assert_eq!(scratch.names(), ["0001_tables.sql"]);

    let said = scratch.check(&[&PROJECT], true).expect("asked to");
    assert!(said.contains("migrations/0002_tenancy.sql"), "{said}");
    assert_eq!(
        scratch.names(),
        ["0001_tables.sql", "0002_tenancy.sql", "reverse/0002_tenancy.sql", "tenancy.lock.json"]
    );
    assert_eq!(scratch.check(&[&PROJECT], false).expect("current"), "");
    assert_eq!(scratch.check(&[&PROJECT], true).expect("current"), "");
    let (first, lock) = (scratch.read("0002_tenancy.sql"), scratch.read("tenancy.lock.json"));

    let failure = scratch.check(&[&PROJECT, &TASK], false).expect_err("a new entity");
    assert!(failure.to_string().contains("public.tasks: is new"), "{failure}");
    assert_eq!(scratch.read("tenancy.lock.json"), lock);
    scratch.check(&[&PROJECT, &TASK], true).expect("asked to");
    let names = [
        "0001_tables.sql",
        "0002_tenancy.sql",
        "0003_tenancy.sql",
        "reverse/0002_tenancy.sql",
        "reverse/0003_tenancy.sql",
        "tenancy.lock.json",
    ];
    assert_eq!(scratch.names(), names);
    assert_eq!(scratch.read("0002_tenancy.sql"), first);
    let lock = scratch.read("tenancy.lock.json");
    let sums = |line: &&str| !line.contains("\"sha256\"");
    insta::assert_snapshot!(lock.lines().filter(sums).collect::<Vec<_>>().join("\n"));
}

#[test]
fn it_refuses_in_write_mode_too() {
    let scratch = Scratch::new("refuses");
    scratch.check(&[&PROJECT, &TASK], true).expect("asked to");
    let lock = scratch.read("tenancy.lock.json");
    let failure = scratch.check(&[&PROJECT], true).expect_err("a table that nobody lists");
    insta::assert_snapshot!(failure.to_string());
    let emitted = scratch.read("0002_tenancy.sql");
    fs::write(scratch.0.join("0002_tenancy.sql"), emitted.replace("FORCE", "NO FORCE")).expect("a file");
    let failure = scratch.check(&[&PROJECT, &TASK], true).expect_err("an edited file");
    assert!(failure.to_string().contains("0002_tenancy.sql was changed"), "{failure}");
    // Line ends are version control's business.
    fs::write(scratch.0.join("0002_tenancy.sql"), emitted.replace('\n', "\r\n")).expect("a file");
    scratch.check(&[&PROJECT, &TASK], false).expect("the same text");
    fs::remove_file(scratch.0.join("0002_tenancy.sql")).expect("gone");
    let failure = scratch.check(&[&PROJECT, &TASK], true).expect_err("a missing file");
    assert!(failure.to_string().contains("0002_tenancy.sql was emitted and is gone"), "{failure}");
    assert_eq!(scratch.read("tenancy.lock.json"), lock);
}

#[test]
fn it_says_what_is_wrong_with_a_schema_a_lock_file_and_a_folder() {
    let scratch = Scratch::new("wrong");
    let failure = scratch.check(&[&TASK], true).expect_err("a reference out of the list");
    assert!(failure.to_string().contains("does not list `Project`"), "{failure}");
    fs::write(scratch.0.join(lock::FILE), "<<<<<<< HEAD").expect("a file");
    let failure = scratch.check(&[&PROJECT], true).expect_err("a merge conflict");
    assert!(failure.to_string().contains("restore it"), "{failure}");
    let inside = scratch.0.join("0001_tables.sql").join("migrations");
    let folder = Folder { path: inside, name: "migrations" };
    let failed = folder.check(schema(&[&PROJECT], &[], "app"), true, SystemTime::UNIX_EPOCH);
    assert!(matches!(failed, Err(Failure::Io { .. })), "{failed:?}");
    // A folder that does not exist yet is made.
    let folder = Folder { path: scratch.0.join("new/folder"), name: "new/folder" };
    folder.check(schema(&[&PROJECT], &[], "app"), true, SystemTime::UNIX_EPOCH).expect("made");
    let name = "19700101000000_tenancy.sql";
    assert!(scratch.0.join("new/folder").join(name).exists());
}

#[test]
fn an_entity_that_no_schema_lists_raises_an_alarm() {
    let alarm = alarm(&["Note", "Task"]).expect("an alarm");
    assert!(alarm.contains("`Note`, `Task`"), "{alarm}");
    assert_eq!(super::alarm(&[]), None);
}

/// `cargo tenancy` reads these.
#[test]
fn a_plan_says_what_would_be_written_and_writes_nothing() {
    let scratch = Scratch::new("plan");
    let plans = scratch.0.join("plans");
    fs::create_dir_all(&plans).expect("a folder");
    let plan = |entities: &[&'static EntityDescriptor]| -> serde_json::Value {
        let folder = Folder { path: scratch.0.clone(), name: "migrations" };
        folder.plan(schema(entities, &[], "tenancy_app"), &plans, SystemTime::UNIX_EPOCH).expect("a plan");
        let mut files = fs::read_dir(&plans).expect("the folder");
        let file = files.next().expect("a plan").expect("an entry").path();
        assert!(files.next().is_none(), "one for each folder");
        serde_json::from_str(&fs::read_to_string(file).expect("text")).expect("JSON")
    };
    let first = plan(&[&PROJECT]);
    assert_eq!(first["folder"], "migrations");
    assert_eq!(first["files"][0][0], "0002_tenancy.sql");
    assert_eq!(first["files"][1][0], "reverse/0002_tenancy.sql");
    assert!(first["files"][0][1].as_str().is_some_and(|text| text.starts_with(emit::MARK)));
    assert_eq!(scratch.names(), ["0001_tables.sql"], "nothing is written");

    scratch.check(&[&PROJECT, &TASK], true).expect("asked to");
    let current = plan(&[&PROJECT, &TASK]);
    assert_eq!(
        (&current["differences"], &current["files"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
    let refused = plan(&[&PROJECT]);
    assert!(refused["refusals"][0].as_str().is_some_and(|text| text.contains("public.tasks")), "{refused}");
}

#[test]
fn drift_is_between_the_lock_file_and_the_files_beside_it() {
    let scratch = Scratch::new("drift");
    assert_eq!(__drift(&scratch.0).expect("asked").len(), 1, "there is no lock file");
    scratch.check(&[&PROJECT], true).expect("asked to");
    assert_eq!(__drift(&scratch.0), Ok(Vec::new()));
    fs::write(scratch.0.join("0002_tenancy.sql"), "changed").expect("a file");
    let drift = __drift(&scratch.0).expect("asked");
    assert!(drift.iter().any(|line| line.contains("was changed after it was emitted")), "{drift:?}");
    fs::write(scratch.0.join("tenancy.lock.json"), "{").expect("a file");
    assert!(__drift(&scratch.0).is_err());
}
