//! [`Server`]: the one PostgreSQL server of a test process.
//!
//! With `TENANCY_TEST_DATABASE_URL`, the URL of a superuser, it is the server that the URL names. Without, a
//! throwaway is started when the first test asks for it, and is gone when the process is gone.

mod account;
mod binaries;
mod roles;
mod throwaway;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;

pub use self::binaries::NotFound;
pub use self::roles::{APP, APP_LOGIN, IDENTITY, OWNER};
use self::throwaway::Throwaway;
use crate::Error;
use crate::error::Doing;
use crate::secret::Secret;

/// Names a server to use instead of a throwaway.
const URL: &str = "TENANCY_TEST_DATABASE_URL";

/// The PostgreSQL server of this test process, with the roles that the tests need.
#[derive(Debug)]
pub struct Server {
    superuser: PgConnectOptions,
    owner_password: Secret,
    app_password: Secret,
    throwaway: Option<Throwaway>,
    templates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<bool>>>>,
}

impl Server {
    /// The server, started by whoever asks first; the others wait. Any number of tokio runtimes may ask.
    ///
    /// # Errors
    ///
    /// When no server binaries are installed, when they fail, or when the server of `TENANCY_TEST_DATABASE_URL`
    /// cannot be used.
    pub async fn shared() -> Result<&'static Self, Error> {
        // A tokio cell belongs to no runtime, and passes on to the next who waits when the first is cancelled.
        static SHARED: OnceCell<Server> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::find_or_start).await
    }

    /// How a superuser connects to the server's maintenance database.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        self.superuser.clone()
    }

    /// The folder of a throwaway server. `None`: the server is that of `TENANCY_TEST_DATABASE_URL`.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.throwaway.as_ref().map(Throwaway::folder)
    }

    async fn find_or_start() -> Result<Self, Error> {
        let url = std::env::var(URL).ok().filter(|url| !url.is_empty());
        let server = match url {
            Some(url) => Self::named(&url)?,
            None => Self::thrown_away().await?,
        };
        let mut connection = server.connect_as_superuser().await?;
        check(&mut connection).await?;
        roles::ensure(&mut connection, &server.owner_password, &server.app_password).await?;
        connection.close().await.doing("close a connection")?;
        Ok(server)
    }

    fn named(url: &str) -> Result<Self, Error> {
        Ok(Self {
            superuser: url.parse().map_err(|_| Error::Url)?,
            // Test processes that run at a time share the roles, so they must agree on the passwords.
            owner_password: Secret::derived(url, OWNER),
            app_password: Secret::derived(url, APP_LOGIN),
            throwaway: None,
            templates: Mutex::default(),
        })
    }

    async fn thrown_away() -> Result<Self, Error> {
        let throwaway = match tokio::task::spawn_blocking(Throwaway::start).await {
            Ok(started) => started?,
            Err(panicked) => return Err(Error::Watchdog(panicked.to_string())),
        };
        Ok(Self {
            superuser: throwaway.superuser(),
            owner_password: Secret::random(),
            app_password: Secret::random(),
            throwaway: Some(throwaway),
            templates: Mutex::default(),
        })
    }

    pub(crate) async fn connect_as_superuser(&self) -> Result<PgConnection, Error> {
        self.superuser.connect().await.doing("connect as superuser")
    }

    /// How the owner of the databases connects.
    pub(crate) fn owner(&self, database: &str) -> PgConnectOptions {
        self.login(OWNER, &self.owner_password, database)
    }

    /// How the application connects.
    pub(crate) fn app(&self, database: &str) -> PgConnectOptions {
        self.login(APP_LOGIN, &self.app_password, database)
    }

    pub(crate) fn login(&self, role: &str, password: &Secret, database: &str) -> PgConnectOptions {
        self.superuser().username(role).password(password.expose()).database(database)
    }

    /// Whether this process knows that the template of this name is built; locked while it is being built.
    pub(crate) fn template(&self, name: &str) -> Arc<tokio::sync::Mutex<bool>> {
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(templates.entry(name.to_owned()).or_default())
    }

    /// Has `database` outlive this process, and says how to reach it.
    pub(crate) fn keep(&self, database: &str) -> String {
        let Some(throwaway) = &self.throwaway else {
            // The server may be shared, so its passwords stay out of the tests' output.
            return format!(
                "kept the database {database}; to look into it:\n  psql \"${URL}\"\n  \\connect {database}\n  \
                 SET ROLE {APP_LOGIN};  -- or {OWNER}"
            );
        };
        throwaway.keep();
        format!(
            "kept the database {database}; to look into it:\n  start      {}\n  app        psql '{}'\n  owner      psql \
             '{}'\n  superuser  psql '{}'\n  discard    {}",
            throwaway.start_command(),
            throwaway.url(APP_LOGIN, &self.app_password, database),
            throwaway.url(OWNER, &self.owner_password, database),
            throwaway.superuser_url(database),
            throwaway.discard_command(),
        )
    }
}

/// What the tests need of a server that they did not start.
async fn check(connection: &mut PgConnection) -> Result<(), Error> {
    let (superuser, version): (bool, i32) = sqlx::query_as(
        "SELECT rolsuper, current_setting('server_version_num')::int / 10000 FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(connection)
    .await
    .doing("ask for the server's version")?;
    if !superuser {
        return Err(Error::NotSuperuser);
    }
    if version < 15 {
        return Err(Error::TooOld { major: version });
    }
    Ok(())
}

/// Runs statements of this crate's own, several in one text.
pub(crate) async fn run(
    connection: &mut PgConnection,
    doing: &'static str,
    sql: impl Into<String>,
) -> Result<(), Error> {
    // By way of the trait: its future is boxed, and so `Send` for every lifetime, which `RawSql::execute` is not.
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.into()))).await.doing(doing)?;
    Ok(())
}
