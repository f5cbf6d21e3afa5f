//! [`Error`]: why there is no server or no database.

use std::io;
use std::path::PathBuf;

use sqlx::migrate::MigrateError;

use crate::server::NotFound;

/// Why there is no server or no database to test with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `TENANCY_TEST_DATABASE_URL` is not set, and no server binaries are installed.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// `TENANCY_TEST_DATABASE_URL` is not a PostgreSQL URL. The text is not repeated: it may hold a password.
    #[error("TENANCY_TEST_DATABASE_URL is not a PostgreSQL URL")]
    Url,
    /// The role of `TENANCY_TEST_DATABASE_URL` cannot create roles and databases of others.
    #[error("the role of TENANCY_TEST_DATABASE_URL is no superuser")]
    NotSuperuser,
    /// The server of `TENANCY_TEST_DATABASE_URL` is older than PostgreSQL 15.
    #[error("the server of TENANCY_TEST_DATABASE_URL is PostgreSQL {major}; 15 is the oldest supported")]
    TooOld {
        /// Its major version.
        major: i32,
    },
    /// This process is root, which PostgreSQL refuses to run as, and the system has nobody else.
    #[error("PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor `nobody`")]
    NoAccount,
    /// There is no `/bin/sh`, or it may not be started.
    #[error("cannot start `/bin/sh`, which watches over the server")]
    Spawn(#[source] io::Error),
    /// The watchdog stopped answering.
    #[error("the watchdog of the server failed: {0}")]
    Watchdog(String),
    /// The loopback address 127.0.0.1 has no free port.
    #[error("no free port on 127.0.0.1")]
    Port(#[source] io::Error),
    /// A program of PostgreSQL failed; its log says why.
    #[error("`{program}` of {} failed{}:\n{log}", binaries.display(), as_account(*.account))]
    Start {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The folder of the binaries.
        binaries: PathBuf,
        /// The account that was changed to, when this process is root.
        account: Option<&'static str>,
        /// The end of its log.
        log: String,
    },
    /// A connection to the server, or a statement of this crate's own, failed.
    #[error("cannot {doing}")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// What the server or the client said.
        source: sqlx::Error,
    },
    /// A migration of the database's builder failed.
    #[error("a migration failed")]
    Migration(#[source] MigrateError),
}

fn as_account(account: Option<&str>) -> String {
    account.map(|name| format!(" as the user `{name}`, which must be able to read them")).unwrap_or_default()
}

/// Says what was being done when a statement failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Server { doing, source })
    }
}
