//! Throwaway PostgreSQL, test authorities and tenants for [`tenancy`](https://docs.rs/tenancy).
//!
//! Isolation is a property of a database, so it is tested against one. A test asks for a [`TestDb`] and has a database
//! of its own; the first test of a process starts the [`Server`], which is gone when the process is gone, however it
//! ends. Nothing has to be installed but PostgreSQL's server binaries, and nothing has to be running.
//!
//! ```no_run
//! # use tenancy_testkit::TestDb;
//! # async fn example() -> Result<(), sqlx::Error> {
//! let db = TestDb::builder().sql("CREATE TABLE notes (body text)").create().await.expect("a database");
//! let mut owner = db.connect_as_owner().await;
//! sqlx::query("INSERT INTO notes VALUES ('hello')").execute(&mut owner).await?;
//! # Ok(()) }
//! ```
//!
//! # Which server
//!
//! | environment | effect |
//! |---|---|
//! | `TENANCY_TEST_DATABASE_URL` | a superuser's URL: that server is used, and none is started |
//! | `TENANCY_POSTGRES_BIN` | the folder of the binaries (`initdb`, `pg_ctl`, `postgres`) to start a server with |
//! | `TENANCY_POSTGRES_OPTIONS` | more options of the server that is started: `-c shared_buffers=1GB` |
//!
//! With neither of the first two, installed binaries are looked for; [`Error::NotFound`] says where to get them. Give
//! a server of your own only when it serves nothing but tests: the roles `tenancy_owner`, `tenancy_app` and
//! `tenancy_app_login` are created and restricted there, and templates of databases (`tenancy_template_…`) stay for
//! the next run.
//!
//! # When a test fails
//!
//! Its database is kept, and its output says how to start the server again and how to connect. A kept throwaway server
//! stays in its folder, stopped, until you discard it by the command that is printed as well.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!("tenancy-testkit starts PostgreSQL by means of Unix (Linux, macOS, BSD, WSL)");

mod authority;
mod db;
mod error;
mod panics;
pub mod proxy;
mod secret;
pub mod server;
mod template;

pub use crate::authority::{Claims, TestAuthority};
pub use crate::db::{TestDb, TestDbBuilder};
pub use crate::error::Error;
pub use crate::server::Server;
