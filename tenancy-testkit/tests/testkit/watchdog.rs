//! However a test process ends, its server and the server's folder are gone soon after.
//!
//! Each test runs this very binary again, as a process of its own that runs [`a_server_answers`] alone and then ends
//! in the way that is named in its environment.

use std::fmt::Debug;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection};
use tenancy_testkit::{Server, TestDb};

/// How the process that runs [`a_server_answers`] ends.
const THEN: &str = "TENANCY_TESTKIT_THEN";

#[tokio::test]
async fn a_server_answers() {
    let then = std::env::var(THEN).unwrap_or_default();
    let server = Server::shared().await.unwrap();
    let db = TestDb::new().await;
    let mut connection = db.app().connect().await.unwrap();
    connection.ping().await.unwrap();
    if let Some(folder) = server.folder() {
        println!("folder={}", folder.display());
    }
    match then.as_str() {
        "panic" => panic!("on purpose"),
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "wait" => tokio::time::sleep(Duration::from_secs(600)).await,
        _ => {}
    }
}

#[test]
fn nothing_is_left_when_the_tests_pass() {
    let mut run = Run::start("pass");
    assert!(run.child.wait().unwrap().success());
    run.assert_gone();
}

#[test]
fn nothing_is_left_after_kill_9() {
    let mut run = Run::start("wait");
    run.child.kill().unwrap();
    assert_eq!(run.child.wait().unwrap().signal(), Some(9));
    run.assert_gone();
}

#[test]
fn nothing_is_left_after_exit() {
    let mut run = Run::start("exit");
    assert_eq!(run.child.wait().unwrap().code(), Some(3));
    run.assert_gone();
}

#[test]
fn nothing_is_left_after_abort() {
    let mut run = Run::start("abort");
    assert_eq!(run.child.wait().unwrap().signal(), Some(6));
    run.assert_gone();
}

/// A group that is killed as a whole, as test runners do on a time-out (and terminals, more gently, on Ctrl-C).
#[test]
fn the_watchdog_outlives_the_group_of_the_test() {
    let mut run = Run::start("wait");
    signal("KILL", &format!("-{}", run.child.id()));
    assert_eq!(run.child.wait().unwrap().signal(), Some(9));
    run.assert_gone();
}

/// While a server is being made, there is nothing to ask it for; the folder's name is in the watchdog's arguments.
#[test]
fn nothing_is_left_when_the_process_is_killed_while_the_server_starts() {
    let mut seen = false;
    for delay in [50, 200, 400, 700, 1000] {
        let temporary = tempdir();
        let mut child = process("wait", &temporary).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        seen |= std::fs::read_dir(&temporary).unwrap().next().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        // A watchdog that was being started makes its folder yet, and then sees that it has to go: what counts is what
        // is there when it has ended, and still is some looks later.
        let mut looks = 0;
        eventually(format!("{} is not empty, {delay} ms", temporary.display()), || {
            let gone = !is_an_argument(&temporary) && std::fs::read_dir(&temporary).unwrap().next().is_none();
            looks = if gone { looks + 1 } else { 0 };
            looks == 10
        });
        std::fs::remove_dir(&temporary).unwrap();
    }
    assert!(seen, "no server was being made");
}

/// A failed test keeps its data, not its server, and says how to have both again.
#[test]
fn a_panic_keeps_the_folder_and_says_how_to_start_it_again() {
    let mut run = Run::start("panic");
    let mut said = String::new();
    run.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(run.child.wait().unwrap().code(), Some(101));
    eventually("the server runs on", || !is_running(run.postmaster));
    assert!(run.folder.join("data/PG_VERSION").is_file(), "{} is gone", run.folder.display());

    let command = |name: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {said}")).trim().to_owned()
    };
    let shell = |command: &str| {
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    shell(&command("start"));
    for (who, role) in [("app", "tenancy_app_login"), ("owner", "tenancy_owner"), ("superuser", "postgres")] {
        assert_eq!(user_of(&command(who)), role);
    }
    shell(&command("discard"));
    assert!(!run.folder.exists());
}

/// Connects as a printed `psql 'URL'` would (`psql` may not be installed), and asks who that is.
fn user_of(psql: &str) -> String {
    let url = psql.strip_prefix("psql '").and_then(|rest| rest.strip_suffix('\'')).unwrap();
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut connection = options.connect().await.unwrap();
        sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut connection).await.unwrap()
    })
}

/// A process with a server that has answered.
struct Run {
    child: Child,
    folder: PathBuf,
    postmaster: u32,
}

impl Run {
    fn start(then: &str) -> Self {
        let mut child = process(then, &std::env::temp_dir()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let folder: PathBuf = lines
            .find_map(|line| Some(line.unwrap().split_once("folder=")?.1.to_owned()))
            .expect("the process ended without a server")
            .into();
        let file = std::fs::read_to_string(folder.join("data/postmaster.pid"));
        // A process that ends at once may have taken its server with it before this look.
        let postmaster = file.map_or(0, |file| file.lines().next().unwrap().parse().unwrap());
        assert!(postmaster != 0 || then != "wait", "there never was a server");
        // The test harness still writes its summary.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, folder, postmaster }
    }

    fn assert_gone(&self) {
        eventually("the server runs on", || !is_running(self.postmaster));
        eventually(format!("{} stays", self.folder.display()), || !self.folder.exists());
    }
}

/// A test that fails before its process ends leaves none behind.
impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This binary again, in a process group of its own.
fn process(then: &str, temporary: &Path) -> Command {
    use std::os::unix::process::CommandExt;

    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "watchdog::a_server_answers", "--nocapture"])
        .env(THEN, then)
        .env("TMPDIR", temporary)
        .env_remove("TENANCY_TEST_DATABASE_URL")
        .process_group(0)
        .stderr(Stdio::piped());
    command
}

/// A folder that any account may write to.
fn tempdir() -> PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let folder = std::env::temp_dir().join(format!("tenancy-watchdog-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn is_running(process: u32) -> bool {
    process != 0 && signal("0", &process.to_string())
}

/// By the shell's own `kill`: the program of that name is not installed everywhere.
fn signal(signal: &str, process: &str) -> bool {
    let kill = format!("kill -s {signal} -- {process}");
    Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().unwrap().success()
}

/// Whether a process runs that names the folder in its arguments.
fn is_an_argument(folder: &Path) -> bool {
    let folder = folder.to_str().unwrap();
    match std::fs::read_dir("/proc") {
        Ok(processes) => processes.flatten().any(|process| {
            let arguments = std::fs::read(process.path().join("cmdline"));
            arguments.is_ok_and(|arguments| String::from_utf8_lossy(&arguments).contains(folder))
        }),
        Err(_) => {
            let listed = Command::new("ps").args(["-A", "-o", "args="]).output().unwrap();
            String::from_utf8_lossy(&listed.stdout).contains(folder)
        }
    }
}

#[track_caller]
fn eventually(otherwise: impl Debug, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "{otherwise:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
