//! [`Error`]: why a statement did not run, or did not end.
//!
//! Errors end up in logs and sometimes in responses, so none of them carries a row's values, the server's DETAIL or a
//! credential: not in its `Display`, not in its `Debug`, not in any `source()`. What the server said is kept as a
//! [`ServerError`], which holds the SQLSTATE and the names of database objects.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

use crate::schema::Finding;

/// Why a statement did not run, or did not end.
///
/// A row of another tenant and a row that does not exist are the same answer everywhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The token has expired. Nothing was sent.
    #[error("the tenant token has expired")]
    TokenExpired,
    /// The token was minted by an authority that this database does not [trust](crate::db::TenantDbBuilder::trust).
    /// Nothing was sent.
    #[error("the tenant token was minted by an authority that this database does not trust")]
    UntrustedAuthority,
    /// A transaction is for one tenant, and this statement's token is another's. The client refuses it before
    /// anything is sent, and PostgreSQL refuses it again.
    #[error("the transaction is bound to another tenant")]
    OtherTenant,
    /// A [`PublicTenant`](crate::PublicTenant) reads on the database, and never in a transaction, which is of a tenant that
    /// was verified. Nothing was sent.
    #[error(
        "a transaction is of a tenant that was verified: read with it, or with the visitor on the database"
    )]
    PublicInTransaction,
    /// A visitor must not see this entity. Nothing was sent.
    #[error("`{entity}` is not `public_read`")]
    NotPublic {
        /// The Rust type.
        entity: &'static str,
    },
    /// The schema that this database was connected with does not list the entity, so nobody verified its isolation.
    /// Nothing was sent.
    #[error("`{entity}` is not listed in the schema of this database: add it to `schema!`")]
    EntityNotListed {
        /// The Rust type.
        entity: &'static str,
    },
    /// The schema that this database was connected with does not list the function, so nobody asked with whose rights it
    /// runs. Nothing was sent.
    #[error(
        "`{function}` is not listed in the schema of this database: add it to `functions: [..]` of `schema!`"
    )]
    FunctionNotListed {
        /// `schema.name`.
        function: &'static str,
    },
    /// An update or a delete has a filter that is always true, such as `not_in([])`. Nothing was sent.
    #[error(
        "the filter of this {statement} on `{entity}` is always true: say `all_rows()` when the whole tenant is meant"
    )]
    FilterAlwaysTrue {
        /// `update` or `delete`.
        statement: &'static str,
        /// The Rust type.
        entity: &'static str,
    },
    /// An update that sets no column. Nothing was sent.
    #[error("this update of `{entity}` sets no column")]
    NothingToSet {
        /// The Rust type.
        entity: &'static str,
    },
    /// The key of a [`keyset`](crate::statement::Select::keyset) does not tell all rows apart, so that pages would leave rows
    /// out. Nothing was sent.
    #[error(
        "the key of these pages of `{entity}` is not unique: end it with the id, or with the columns of a `unique(..)`"
    )]
    KeysetNotUnique {
        /// The Rust type.
        entity: &'static str,
    },
    /// A `limit`, an `offset` or a page stands before `aggregate` or `group_by`, which take all rows together. Nothing was sent.
    #[error(
        "`limit`, `offset` and `after` do not limit which rows of `{entity}` are taken together: leave them out, or say them \
         behind `select`"
    )]
    LimitOfAggregate {
        /// The Rust type.
        entity: &'static str,
    },
    /// The row has another version than the one that was read, or is gone: somebody else changed it since
    /// ([`at_version`](crate::statement::Update::at_version)).
    #[error("the row of `{entity}` was changed or deleted since it was read")]
    StaleVersion {
        /// The Rust type.
        entity: &'static str,
    },
    /// `fetch_one` found no row.
    #[error("no row was returned by a statement that expected one")]
    RowNotFound,
    /// The transaction was rolled back because it stood idle for longer than
    /// [`idle_in_transaction_timeout`](crate::db::TenantDbBuilder::idle_in_transaction_timeout), or because its
    /// connection was lost.
    #[error("the transaction is gone: it stood idle for too long, or its connection was lost")]
    TransactionLost,
    /// A statement of the transaction (or of its savepoint) failed, so that PostgreSQL could not commit it, or a savepoint was
    /// left in the middle. It was rolled back, or can only be rolled back.
    #[error("a statement of this transaction failed, so it was rolled back and not committed")]
    TransactionAborted,
    /// The database would not isolate tenants. Only [`connect`](crate::db::TenantDbBuilder::connect), and the opening
    /// of a further connection, return this.
    #[error("the database would not isolate tenants:{}", Listed(.findings))]
    NotIsolated {
        /// Everything that was found, each with what mends it.
        findings: Vec<Finding>,
    },
    /// The login would not be one that reads across tenants and does nothing else. Only
    /// [`CrossTenant`](crate::danger::CrossTenant) returns this.
    #[error("this login is not fit to read across tenants:{}", Listed(.findings))]
    NotCrossTenant {
        /// Everything that was found, each with what mends it.
        findings: Vec<Finding>,
    },
    /// What stands between this process and PostgreSQL hands the prepared statements of one connection to another.
    #[error(
        "the connection pooler in front of PostgreSQL mixes up prepared statements: use PgBouncer 1.21 or later with \
         max_prepared_statements above 0, its session mode, or connect directly"
    )]
    UnsafePooler,
    /// A pooler stands between this process and PostgreSQL that takes single statements alone. Nothing was done.
    #[error(
        "the connection pooler in front of PostgreSQL is in statement mode, which has no transactions: use PgBouncer's \
         pool_mode = transaction"
    )]
    StatementPooler,
    /// What the builder was given does not work.
    #[error("{0}")]
    Configuration(&'static str),
    /// No connection became free in time.
    #[error("no connection became free within {waited:?}")]
    PoolTimedOut {
        /// The [`acquire_timeout`](crate::db::TenantDbBuilder::acquire_timeout).
        waited: Duration,
    },
    /// PostgreSQL refused the statement.
    #[error(transparent)]
    Database(ServerError),
    /// The connection failed. A write that was under way may or may not have happened, and is never tried again.
    #[error("the connection to PostgreSQL failed")]
    Connection(#[source] io::Error),
    /// The driver failed: TLS, authentication, the protocol.
    #[error("the PostgreSQL driver failed: {0}")]
    Driver(Cow<'static, str>),
    /// A value of the row does not fit the field. The value stays out of the error.
    #[error("column {column} of `{entity}` does not fit the type of its field")]
    Decode {
        /// The Rust type.
        entity: &'static str,
        /// The column's name or position.
        column: Box<str>,
    },
    /// A value could not be encoded for PostgreSQL.
    #[error("a value of this statement on `{entity}` could not be encoded for PostgreSQL")]
    Encode {
        /// The Rust type.
        entity: &'static str,
    },
}

impl Error {
    /// What PostgreSQL said, when it was PostgreSQL that refused.
    #[must_use]
    pub fn as_server_error(&self) -> Option<&ServerError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }

    /// Its name for spans: PostgreSQL's code, or that of the variant.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Database(error) => error.code().to_owned(),
            other => format!("{other:?}").chars().take_while(char::is_ascii_alphanumeric).collect(),
        }
    }

    /// What the driver reported of a `BEGIN`. PostgreSQL itself has no reason to call one a violation of the protocol.
    pub(crate) fn of_begin(error: sqlx::Error) -> Self {
        match Self::from_driver(error, "") {
            Self::Database(error) if error.code() == "08P01" => Self::StatementPooler,
            error => error,
        }
    }

    /// What the driver reported while it ran a statement on `entity`.
    pub(crate) fn from_driver(error: sqlx::Error, entity: &'static str) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::from_database(&*error),
            sqlx::Error::RowNotFound => Self::RowNotFound,
            sqlx::Error::ColumnDecode { index, .. } => Self::Decode { entity, column: index.into() },
            sqlx::Error::ColumnIndexOutOfBounds { index, .. } => {
                Self::Decode { entity, column: index.to_string().into() }
            }
            sqlx::Error::ColumnNotFound(name) => Self::Decode { entity, column: name.into() },
            sqlx::Error::Decode(_) => Self::Decode { entity, column: "?".into() },
            sqlx::Error::Encode(_) => Self::Encode { entity },
            sqlx::Error::Io(error) => Self::Connection(error),
            sqlx::Error::Tls(_) => Self::Driver("TLS could not be established".into()),
            sqlx::Error::TypeNotFound { type_name } => {
                Self::Driver(format!("the type {type_name} does not exist in this database").into())
            }
            sqlx::Error::Configuration(_) => Self::Driver("the connection options are invalid".into()),
            sqlx::Error::Protocol(_) => Self::Driver("the server broke the protocol".into()),
            _ => Self::Driver("unexpected failure".into()),
        }
    }

    fn from_database(error: &dyn DatabaseError) -> Self {
        let error = ServerError::new(error);
        if error.is_other_tenant() { Self::OtherTenant } else { Self::Database(error) }
    }
}

/// The findings, one a line.
struct Listed<'a>(&'a [Finding]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|finding| write!(f, "\n- {finding}"))
    }
}

/// What PostgreSQL said, without any value: the SQLSTATE, and the names of what it concerns.
///
/// It is also what `sqlx::Error::Database` holds when a statement of [`TenantTx::raw`](crate::TenantTx::raw) fails, so
/// that `code()`, `constraint()` and `kind()` work there as they do with sqlx.
#[derive(Clone)]
pub struct ServerError {
    code: Box<str>,
    message: Option<Box<str>>,
    schema: Option<Box<str>>,
    table: Option<Box<str>>,
    column: Option<Box<str>>,
    data_type: Option<Box<str>>,
    constraint: Option<Box<str>>,
    fatal: bool,
}

impl ServerError {
    pub(crate) fn new(error: &dyn DatabaseError) -> Self {
        let owned = |text: Option<&str>| text.map(Box::from);
        match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => Self {
                code: error.code().into(),
                message: owned(says_no_value(error).then(|| error.message())),
                schema: owned(error.schema()),
                table: owned(error.table()),
                column: owned(error.column()),
                data_type: owned(error.data_type()),
                constraint: owned(error.constraint()),
                fatal: error.severity().is_error() && must_evict(error),
            },
            None => Self {
                code: error.code().unwrap_or_default().into(),
                message: None,
                schema: None,
                table: owned(error.table()),
                column: None,
                data_type: None,
                constraint: owned(error.constraint()),
                fatal: true,
            },
        }
    }

    /// The [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html), five characters.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The constraint that was violated.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    /// The table concerned.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// The column concerned.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Which constraint was violated, in sqlx's terms.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &*self.code {
            "23505" => ErrorKind::UniqueViolation,
            "23503" => ErrorKind::ForeignKeyViolation,
            "23502" => ErrorKind::NotNullViolation,
            "23514" => ErrorKind::CheckViolation,
            "23P01" => ErrorKind::ExclusionViolation,
            _ => ErrorKind::Other,
        }
    }

    /// Whether the domain `tenancy.bound` refused a second tenant. The code alone (23514) is any CHECK's.
    pub(crate) fn is_other_tenant(&self) -> bool {
        &*self.code == "23514"
            && self.schema.as_deref() == Some("tenancy")
            && matches!(self.data_type.as_deref(), Some("bound" | "bound_public"))
            && self.constraint.as_deref() == Some("one_tenant_per_transaction")
    }

    /// Whether the connection that said this must not be used again.
    pub(crate) fn is_fatal(&self) -> bool {
        self.fatal
    }
}

/// Whether the message of an error names objects and settings only. Those of the classes left out, those of the
/// scanner (which quotes the text that it stumbled over) and those of RAISE can carry values. A pooler's own errors name no
/// routine: `unsupported startup parameter: extra_float_digits`.
fn says_no_value(error: &PgDatabaseError) -> bool {
    let named = ["08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "55", "57"];
    error.code().get(..2).is_some_and(|class| named.contains(&class))
        && error.code() != "42601"
        && match error.routine() {
            None => error.code() == "08P01",
            Some(routine) => routine != "exec_stmt_raise",
        }
}

/// Whether PostgreSQL refused a plan because what it returns was changed by a migration. By the routine, since messages are
/// translated and the code is that of much else.
fn is_stale(error: &PgDatabaseError) -> bool {
    error.code() == "0A000" && error.routine() == Some("RevalidateCachedQuery")
}

/// Whether it was the plan of the statement itself, refused before anything ran: a function or trigger of the statement's would
/// say where it stands.
pub(crate) fn is_stale_plan(error: Option<&sqlx::Error>) -> bool {
    let Some(sqlx::Error::Database(error)) = error else { return false };
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| is_stale(error) && error.r#where().is_none())
}

/// Whether what the connection knows no longer fits the server: it must be replaced, or it fails for ever.
fn must_evict(error: &PgDatabaseError) -> bool {
    match error.code() {
        // The server is going away, or the connection was ended.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => true,
        // A prepared statement is gone, or its name was taken.
        "26000" | "42P05" => true,
        // A type that was dropped and made again has another id: `cache lookup failed for type`.
        "XX000" | "42704" => true,
        // A migration changed what a prepared statement returns.
        "0A000" => is_stale(error),
        code => code.starts_with("08"),
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DatabaseError::message(self))?;
        write!(f, " (SQLSTATE {}", self.code)?;
        for (what, name) in
            [("table", &self.table), ("column", &self.column), ("constraint", &self.constraint)]
        {
            if let Some(name) = name {
                write!(f, ", {what} {name:?}")?;
            }
        }
        f.write_str(")")
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerError")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("table", &self.table)
            .field("column", &self.column)
            .field("constraint", &self.constraint)
            .finish_non_exhaustive()
    }
}

impl StdError for ServerError {}

impl DatabaseError for ServerError {
    fn message(&self) -> &str {
        self.message.as_deref().unwrap_or(match self.kind() {
            ErrorKind::UniqueViolation => "a unique key is taken",
            ErrorKind::ForeignKeyViolation => "a foreign key does not hold",
            ErrorKind::NotNullViolation => "a required column is NULL",
            ErrorKind::CheckViolation => "a check constraint does not hold",
            ErrorKind::ExclusionViolation => "an exclusion constraint does not hold",
            _ => "PostgreSQL refused the statement",
        })
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.code))
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.constraint()
    }

    fn table(&self) -> Option<&str> {
        self.table()
    }

    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}
