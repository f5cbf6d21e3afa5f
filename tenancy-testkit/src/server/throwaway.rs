//! [`Throwaway`]: one PostgreSQL server that is gone when this process is gone.
//!
//! No code of a process runs after `kill -9`, so the process must not be what cleans up. A watchdog, `watchdog.sh`,
//! owns the server from before its folder exists, and stops it when its standard input ends. The kernel ends that
//! when the process is gone, for whatever reason: it returned, panicked, exited, aborted or was killed. The watchdog
//! stands in a process group of its own, which Ctrl-C in a terminal and test runners that kill a group do not reach.
//! What does reach it is the end of the machine or container, which also ends the server.
//!
//! The crates that start servers for tests (`postgresql_embedded`, `pgtemp`, `pg_embed`) stop them in `Drop`, which
//! `kill -9` and [`std::process::exit`] skip, and refuse or fail when they are root; so none is used here.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use uuid::Uuid;

use super::account::Account;
use super::binaries::{self, Binaries};
use crate::Error;
use crate::secret::Secret;

const WATCHDOG: &str = include_str!("watchdog.sh");

/// Another program may take the port between the look and the start.
const ATTEMPTS: usize = 5;

/// A running server, in a folder of its own, known to this process alone.
#[derive(Debug)]
pub(super) struct Throwaway {
    binaries: Binaries,
    account: Option<Account>,
    folder: PathBuf,
    port: u16,
    password: Secret,
    /// Nothing closes this but the end of the process, or of this value.
    orders: Mutex<ChildStdin>,
}

impl Throwaway {
    /// Starts a server. This blocks for a second or so.
    pub(super) fn start() -> Result<Self, Error> {
        let binaries = binaries::find()?;
        let account = Account::to_change_to()?;
        let password = Secret::random();
        let (mut orders, mut answers) = release_watchdog(&binaries, account.as_ref())?;

        send(&mut orders, password.expose())?;
        let folder = match receive(&mut answers)?.strip_prefix("folder ") {
            Some(folder) => PathBuf::from(folder),
            None => {
                return Err(Error::Watchdog("cannot make a folder in any place for temporary files".into()));
            }
        };
        if receive(&mut answers)? != "initialised" {
            return Err(failed("initdb", &folder.join("initdb.log"), &binaries, account.as_ref()));
        }
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            send(&mut orders, &format!("start {port}"))?;
            if receive(&mut answers)? == "started" {
                return Ok(Self { binaries, account, folder, port, password, orders: Mutex::new(orders) });
            }
        }
        Err(failed("postgres", &folder.join("server.log"), &binaries, account.as_ref()))
    }

    /// How the superuser connects.
    pub(super) fn superuser(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .ssl_mode(PgSslMode::Disable)
            .username("postgres")
            .password(self.password.expose())
            .database("postgres")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a database, password included: it opens a server that listens to this machine alone.
    pub(super) fn url(&self, role: &str, password: &Secret, database: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/{database}", password.expose(), self.port)
    }

    pub(super) fn superuser_url(&self, database: &str) -> String {
        self.url("postgres", &self.password, database)
    }

    /// Has the folder stay when the server is stopped.
    pub(super) fn keep(&self) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = send(&mut orders, "keep") {
            eprintln!("tenancy-testkit: {} may not be kept: {error}", self.folder.display());
        }
    }

    /// The command that starts the kept server again.
    pub(super) fn start_command(&self) -> String {
        let log = self.folder.join("server.log");
        self.as_account(&format!(
            "{} -D {} -l {} -o '-p {}' -w start",
            quote(&self.binaries.folder.join("pg_ctl")),
            quote(&self.folder.join("data")),
            quote(&log),
            self.port
        ))
    }

    /// The command that ends the kept server and removes its folder.
    pub(super) fn discard_command(&self) -> String {
        self.as_account(&format!(
            "{} -D {} -m immediate stop; rm -rf {}",
            quote(&self.binaries.folder.join("pg_ctl")),
            quote(&self.folder.join("data")),
            quote(&self.folder)
        ))
    }

    fn as_account(&self, command: &str) -> String {
        match &self.account {
            None => command.to_owned(),
            // Such accounts have no shell of their own.
            Some(account) => format!("su -s /bin/sh {} -c \"{command}\"", account.name),
        }
    }
}

fn release_watchdog(
    binaries: &Binaries,
    account: Option<&Account>,
) -> Result<(ChildStdin, BufReader<ChildStdout>), Error> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", WATCHDOG, "tenancy-testkit-watchdog"])
        .arg(&binaries.folder)
        .arg(format!("tenancy-postgres-{}", Uuid::new_v4().simple()))
        // The first may be closed to the account.
        .args([std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()])
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A runner that waits for the end of the test's own output must not wait for the watchdog.
        .stderr(Stdio::null());
    if let Some(account) = account {
        account.take_on(&mut command);
    }
    let mut child = command.spawn().map_err(Error::Spawn)?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(orders), Some(answers)) => Ok((orders, BufReader::new(answers))),
        _ => Err(Error::Watchdog("has no pipes".into())),
    }
}

fn send(orders: &mut ChildStdin, order: &str) -> Result<(), Error> {
    writeln!(orders, "{order}").map_err(|error| Error::Watchdog(error.to_string()))
}

fn receive(answers: &mut BufReader<ChildStdout>) -> Result<String, Error> {
    let mut answer = String::new();
    match answers.read_line(&mut answer) {
        Ok(0) => Err(Error::Watchdog("ended".into())),
        Ok(_) => Ok(answer.trim_end().to_owned()),
        Err(error) => Err(Error::Watchdog(error.to_string())),
    }
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Port)?;
    Ok(listener.local_addr().map_err(Error::Port)?.port())
}

fn failed(program: &'static str, log: &Path, binaries: &Binaries, account: Option<&Account>) -> Error {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    Error::Start {
        program,
        binaries: binaries.folder.clone(),
        account: account.map(|account| account.name),
        log: lines[lines.len().saturating_sub(20)..].join("\n"),
    }
}

/// For a POSIX shell, inside double quotes as well as outside of them.
fn quote(path: &Path) -> String {
    format!("'{}'", path.display())
}
