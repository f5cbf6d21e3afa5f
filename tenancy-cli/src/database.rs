//! The database that is asked: its URL, a connection, and what the server says beside answers.

use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::args::Url;
use crate::failure::Failure;
use crate::style;

/// How to connect. There must be a URL, and it is never printed: it holds a password.
pub(crate) fn options(url: &Url) -> Result<PgConnectOptions, Failure> {
    let Some(url) = url.url.as_deref().filter(|url| !url.is_empty()) else {
        return Err(Failure::usage("no database is named")
            .mend("say --url postgres://user:password@host:port/database, or set DATABASE_URL"));
    };
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(Failure::usage("the URL is none of PostgreSQL's").mend("it begins with postgres://"));
    }
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| Failure::usage("the URL cannot be read").mend("write it as postgres://user:password@host:port/database, with special characters percent-encoded"))?;
    Ok(options.application_name("cargo-tenancy"))
}

/// The database that is meant: PostgreSQL takes the user's name where none is given.
pub(crate) fn name(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or(options.get_username())
}

/// A connection.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Failure> {
    options.connect().await.map_err(|error| cannot_connect(options, &error))
}

/// Without the password, and without what a server may have put into its message.
fn cannot_connect(options: &PgConnectOptions, error: &sqlx::Error) -> Failure {
    let (host, port) = (options.get_host(), options.get_port());
    let at = format!("{host}:{port}, database {:?}, as {:?}", name(options), options.get_username());
    let (why, mend) = match error {
        sqlx::Error::Io(error) => {
            (error.to_string(), "is the server running, and is this its host and port?")
        }
        sqlx::Error::Tls(error) => (
            error.to_string(),
            "say `sslmode` in the URL: sslmode=verify-full, or sslmode=disable on a network that is yours",
        ),
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01" | "28000") => {
                (error.message().to_owned(), "check the user, the password and pg_hba.conf")
            }
            Some("3D000") => (error.message().to_owned(), "check the name of the database"),
            _ => (error.message().to_owned(), "see the server's log"),
        },
        error => (error.to_string(), "check the URL"),
    };
    Failure::new(format!("cannot connect to {at}: {why}")).mend(mend)
}

/// What a statement failed with: PostgreSQL's own words, which name objects.
pub(crate) fn refused(what: &str) -> impl FnOnce(sqlx::Error) -> Failure {
    move |error| Failure::new(format!("{what}: {}", words(&error)))
}

/// An error of the driver's, in PostgreSQL's words where it has some.
pub(crate) fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().map(|code| format!(" ({code})")).unwrap_or_default();
            format!("{}{code}", error.message())
        }
        error => error.to_string(),
    }
}

/// Prints the warnings of the server from here on: `RAISE WARNING` and PostgreSQL's own. sqlx logs them.
pub(crate) fn print_warnings() {
    // It fails where it was called before, and they are printed already.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Warnings));
}

struct Warnings;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == "sqlx::postgres::notice" && *metadata.level() <= tracing::Level::WARN {
            let mut message = Message(String::new());
            event.record(&mut message);
            anstream::eprintln!("{}: {}", style::warning("warning"), message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0 = value.to_owned();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
