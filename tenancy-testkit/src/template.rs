//! [`Steps`]: what a test's database holds at first, and the template that it is copied from.
//!
//! Migrations run once for each different list of steps: the result is a template, and a test's database is a copy
//! of it, which costs milliseconds. The template's name is a hash of the steps, so that on a server of one's own
//! later runs find it there; whoever changes a migration gets another.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};

use crate::Error;
use crate::error::Doing;
use crate::secret::hex;
use crate::server::{APP, IDENTITY, OWNER, Server, run};

/// Part of every template's name. Change it whenever this file changes what a template holds.
const EDITION: &str = "1";

/// What fills a database, in order.
#[derive(Debug, Default)]
pub(crate) struct Steps<'a>(Vec<Step<'a>>);

#[derive(Debug)]
enum Step<'a> {
    Migrations(&'a Migrator),
    Sql { role: Role, text: Cow<'a, str> },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    Owner,
    Superuser,
}

impl<'a> Steps<'a> {
    pub(crate) fn migrations(&mut self, migrator: &'a Migrator) {
        self.0.push(Step::Migrations(migrator));
    }

    pub(crate) fn sql(&mut self, role: Role, text: Cow<'a, str>) {
        self.0.push(Step::Sql { role, text });
    }

    /// The name of the template that holds these steps, once it is built.
    pub(crate) async fn template(&self, server: &Server) -> Result<String, Error> {
        let name = format!("tenancy_template_{}", &self.hash()[..24]);
        let built = server.template(&name);
        let mut built = built.lock().await;
        if !*built {
            self.build_once(server, &name).await?;
            *built = true;
        }
        Ok(name)
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update(bytes.len().to_be_bytes());
            hash.update(bytes);
        };
        part(EDITION.as_bytes());
        for step in &self.0 {
            match step {
                Step::Migrations(migrator) => {
                    part(b"migrations");
                    part(migrator.table_name.as_bytes());
                    for migration in migrator.iter() {
                        part(&migration.version.to_be_bytes());
                        part(migration.migration_type.label().as_bytes());
                        part(&migration.checksum);
                    }
                }
                Step::Sql { role, text } => {
                    part(match role {
                        Role::Owner => b"owner",
                        Role::Superuser => b"superuser",
                    });
                    part(text.as_bytes());
                }
            }
        }
        hex(&hash.finalize())
    }

    /// Builds the template, unless this or another process has.
    async fn build_once(&self, server: &Server, name: &str) -> Result<(), Error> {
        let mut connection = server.connect_as_superuser().await?;
        // Held until the connection ends, and so given back by a process that dies here.
        sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
            .bind(name)
            .execute(&mut connection)
            .await
            .doing("lock the template")?;
        let built: Option<bool> =
            sqlx::query_scalar("SELECT datistemplate FROM pg_database WHERE datname = $1")
                .bind(name)
                .fetch_optional(&mut connection)
                .await
                .doing("look for the template")?;
        if built != Some(true) {
            // What another process left half-built.
            run(&mut connection, "drop a template", format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                .await?;
            create_database(&mut connection, name, "template0").await?;
            self.build(server, name).await?;
            let done = format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false");
            run(&mut connection, "close the template", done).await?;
        }
        connection.close().await.doing("close a connection")
    }

    async fn build(&self, server: &Server, name: &str) -> Result<(), Error> {
        let mut superuser =
            server.superuser().database(name).connect().await.doing("connect to the template")?;
        run(&mut superuser, "prepare the template", opening()).await?;
        let mut owner = server.owner(name).connect().await.doing("connect to the template as its owner")?;
        for step in &self.0 {
            match step {
                // What `Migrator::run` does, less its generic connection, with which no future is `Send` as far as
                // the compiler can see; sqlx's own test harness calls it for that reason.
                Step::Migrations(migrator) => {
                    migrator.run_direct(None, &mut owner, false).await.map_err(Error::Migration)?
                }
                Step::Sql { role, text } => {
                    let connection = match role {
                        Role::Owner => &mut owner,
                        Role::Superuser => &mut superuser,
                    };
                    run(connection, "run the SQL of the database's builder", text.as_ref()).await?;
                }
            }
        }
        owner.close().await.doing("close a connection")?;
        superuser.close().await.doing("close a connection")
    }
}

/// What production's provisioning does once for each database: nothing for everybody, the schema for its two users.
fn opening() -> String {
    format!(
        "REVOKE ALL ON SCHEMA public FROM PUBLIC;
         GRANT ALL ON SCHEMA public TO {OWNER};
         GRANT USAGE ON SCHEMA public TO {APP}"
    )
}

/// Creates a database that the owner owns and nobody else may enter but the application.
pub(crate) async fn create_database(
    connection: &mut PgConnection,
    name: &str,
    template: &str,
) -> Result<(), Error> {
    let create = format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}");
    run(connection, "create a database", create).await?;
    // A copy does not take over the grants on the database itself.
    let enter = format!(
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {APP}, {IDENTITY}"
    );
    run(connection, "grant access to a database", enter).await
}
