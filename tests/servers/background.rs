//! [`Background`]: a program that runs beside a test, as the account of the test server, and ends with the test's process.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tenancy_testkit::Server;

/// Runs the program until the pipe ends, which the kernel does when the test's process is gone, for whatever reason.
const WATCH: &str = r#""$@" & program=$!; cat >/dev/null; kill "-$SIGNAL" $program; wait $program"#;

pub struct Background {
    watcher: Child,
    folder: PathBuf,
}

/// A folder that belongs to the account that the test server runs as.
pub struct Account {
    pub folder: PathBuf,
    uid: u32,
    gid: u32,
}

impl Account {
    pub async fn with_folder() -> Self {
        let server = Server::shared().await.expect("a server");
        let of = server.folder().expect("a throwaway: unset TENANCY_TEST_DATABASE_URL");
        let owner = fs::metadata(of).expect("its folder");
        let (uid, gid) = (owner.uid(), owner.gid());
        let folder = std::env::temp_dir().join(format!("tenancy-servers-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("permissions");
        chown(&folder, Some(uid), Some(gid)).expect("an owner");
        Self { folder, uid, gid }
    }

    /// A command that runs as this account.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        // `uid` takes the other groups away, which only root may.
        if fs::metadata("/proc/self").expect("a process").uid() == 0 {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("a file");
        chown(&path, Some(self.uid), Some(self.gid)).expect("an owner");
        path
    }

    /// Starts a program that listens to `port`, and waits until it does.
    pub async fn start(self, signal: &str, program: &Path, arguments: &[&str], port: u16) -> Background {
        let log = fs::File::create(self.folder.join("log")).expect("a log");
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", WATCH, "watcher"]).arg(program).args(arguments).env("SIGNAL", signal);
        command.stdin(Stdio::piped()).stderr(log.try_clone().expect("a log")).stdout(log).process_group(0);
        let watcher = command.spawn().expect("a shell");
        let background = Background { watcher, folder: self.folder };
        until("it listens", async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()).await;
        background
    }
}

impl Background {
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("{}", lines[lines.len().saturating_sub(10)..].join("\n"));
        }
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Looks until it is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within twenty seconds: {what}");
}

/// A port that nobody listens to.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("a port").port()
}
