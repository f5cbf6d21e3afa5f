//! [`TestDb`]: a database for one test.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tenancy_core::{Schema, TenantDb};
use uuid::Uuid;

use crate::Error;
use crate::authority::TestAuthority;
use crate::error::Doing;
use crate::panics::{chain, or_panic};
use crate::secret::Secret;
use crate::server::{APP, IDENTITY, Server, run};
use crate::template::{Role, Steps, create_database};

/// A database of its own for one test, on the [`Server`] of this process.
///
/// It is dropped with this value, unless the test is panicking: then it is kept, and the test's output says how to
/// look into it. A test that fails by returning an error does not panic; call [`keep`](Self::keep) where that
/// matters.
#[derive(Debug)]
pub struct TestDb {
    server: &'static Server,
    name: String,
    /// Roles of this test alone.
    logins: Mutex<Vec<String>>,
    keep: bool,
}

impl TestDb {
    /// An empty database.
    ///
    /// # Panics
    ///
    /// When there is no server, saying what to install. [`builder`](Self::builder) returns the error instead.
    #[track_caller]
    pub fn new() -> impl Future<Output = Self> + Send {
        or_panic(Self::builder().create())
    }

    /// A database in which `migrator` has run, as the owner.
    ///
    /// # Panics
    ///
    /// When there is no server or a migration fails.
    #[track_caller]
    pub fn with_migrations(migrator: &Migrator) -> impl Future<Output = Self> + Send {
        or_panic(Self::builder().migrations(migrator).create())
    }

    /// A database with more than migrations in it, or with errors in place of panics.
    pub fn builder<'a>() -> TestDbBuilder<'a> {
        TestDbBuilder { steps: Steps::default() }
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the owner of the tables connects: the role that migrates, and that row-level security binds only when it
    /// is forced.
    #[must_use]
    pub fn owner(&self) -> PgConnectOptions {
        self.server.owner(&self.name)
    }

    /// How the application connects: as the restricted role.
    #[must_use]
    pub fn app(&self) -> PgConnectOptions {
        self.server.app(&self.name)
    }

    /// How a superuser connects, whom no row-level security binds.
    #[must_use]
    pub fn superuser(&self) -> PgConnectOptions {
        self.server.superuser().database(&self.name)
    }

    /// The database as the application has it: as the restricted role, trusting `authority` alone.
    ///
    /// For another pool size, or more authorities, use [`TenantDb::builder`] with [`app`](Self::app).
    ///
    /// # Panics
    ///
    /// When the server refuses the connection, or the database does not isolate what `schema` lists.
    #[track_caller]
    pub fn connect(
        &self,
        schema: &'static Schema,
        authority: &TestAuthority,
    ) -> impl Future<Output = TenantDb> + Send {
        or_panic(TenantDb::builder(self.app()).trust(authority.authority()).schema(schema).connect())
    }

    /// A connection as the owner.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn connect_as_owner(&self) -> impl Future<Output = PgConnection> + Send {
        connection(self.owner(), "connect as owner")
    }

    /// A connection as the application.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn connect_as_app(&self) -> impl Future<Output = PgConnection> + Send {
        connection(self.app(), "connect as the application")
    }

    /// A connection as superuser.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn connect_as_superuser(&self) -> impl Future<Output = PgConnection> + Send {
        connection(self.superuser(), "connect as superuser")
    }

    /// A login of this test alone, a member of the application's group, with further `attributes` of `CREATE ROLE`
    /// such as `BYPASSRLS`. It is dropped with the database.
    ///
    /// Roles belong to the whole server: a test that changed the shared login would change the tests beside it.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn create_login(&self, attributes: &str) -> impl Future<Output = PgConnectOptions> + Send {
        or_panic(self.try_create_login(APP, attributes.to_owned()))
    }

    /// A login of this test alone that is a member of the group `tenancy_identity` and of no other: for the store of
    /// identities, which the application's login has no business in. It is dropped with the database.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn create_identity_login(&self) -> impl Future<Output = PgConnectOptions> + Send {
        or_panic(self.try_create_login(IDENTITY, String::new()))
    }

    async fn try_create_login(&self, group: &str, attributes: String) -> Result<PgConnectOptions, Error> {
        let role =
            format!("{}_{}", self.name, self.logins.lock().unwrap_or_else(PoisonError::into_inner).len());
        let password = Secret::random();
        self.logins.lock().unwrap_or_else(PoisonError::into_inner).push(role.clone());
        let mut connection = self.server.connect_as_superuser().await?;
        let create =
            format!("CREATE ROLE {role} LOGIN PASSWORD '{}' IN ROLE {group} {attributes}", password.expose());
        run(&mut connection, "create a login", create).await?;
        connection.close().await.doing("close a connection")?;
        Ok(self.server.login(&role, &password, &self.name))
    }

    /// Keeps the database, however the test ends.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    async fn drop_database(server: &Server, name: &str, logins: &[String]) -> Result<(), Error> {
        let mut connection = server.connect_as_superuser().await?;
        // A test may end with connections open: they are ended, not waited for.
        run(&mut connection, "drop a database", format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await?;
        let mut roles = String::new();
        for login in logins {
            let _ = write!(roles, "DROP ROLE IF EXISTS {login};");
        }
        run(&mut connection, "drop a login", roles).await?;
        connection.close().await.doing("close a connection")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if self.keep || std::thread::panicking() {
            eprintln!("tenancy-testkit: {}", self.server.keep(&self.name));
            return;
        }
        // The test's runtime is busy with dropping this, so the work has a thread and a runtime of its own.
        let (server, name) = (self.server, std::mem::take(&mut self.name));
        let logins = std::mem::take(self.logins.get_mut().unwrap_or_else(PoisonError::into_inner));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime.map(|runtime| runtime.block_on(Self::drop_database(server, &name, &logins))) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("tenancy-testkit: {name} stays: {}", chain(&error)),
                Err(error) => eprintln!("tenancy-testkit: {name} stays: {error}"),
            }
        });
        // A throwaway server ends with the process, whether the database has gone before or not.
        if self.server.folder().is_none() {
            let _ = dropping.join();
        }
    }
}

/// Says what a test's database holds at first. Steps run in the order in which they are given.
#[derive(Debug)]
#[must_use = "a builder creates nothing until `create` is called"]
pub struct TestDbBuilder<'a> {
    steps: Steps<'a>,
}

impl<'a> TestDbBuilder<'a> {
    /// Runs migrations, as the owner.
    pub fn migrations(mut self, migrator: &'a Migrator) -> Self {
        self.steps.migrations(migrator);
        self
    }

    /// Runs SQL, several statements if need be, as the owner.
    pub fn sql(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.steps.sql(Role::Owner, text.into());
        self
    }

    /// Runs SQL as a superuser: extensions, and roles that the migrations expect.
    pub fn sql_as_superuser(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.steps.sql(Role::Superuser, text.into());
        self
    }

    /// Creates the database, a copy of a template that the same steps share.
    ///
    /// # Errors
    ///
    /// When there is no server, or a step fails.
    pub async fn create(self) -> Result<TestDb, Error> {
        let server = Server::shared().await?;
        let template = self.steps.template(server).await?;
        let name = format!("tenancy_test_{}", &Uuid::new_v4().simple().to_string()[..16]);
        let mut connection = server.connect_as_superuser().await?;
        // From here on a failing step drops what there is.
        let db = TestDb { server, name, logins: Mutex::default(), keep: false };
        create_database(&mut connection, &db.name, &template).await?;
        connection.close().await.doing("close a connection")?;
        Ok(db)
    }
}

#[track_caller]
fn connection(options: PgConnectOptions, doing: &'static str) -> impl Future<Output = PgConnection> + Send {
    or_panic(async move { options.connect().await.doing(doing) })
}
