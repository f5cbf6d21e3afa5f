//! Statements: values that say what to read or write, and do nothing until they are run.
//!
//! A statement is built from a [`Proof`] and owns it. Running it on an [`Executor`] checks
//! the token, renders the SQL (whose text depends on the statement's shape alone, never on its values) and sends one
//! message: its first parameter is the tenant, as predicate and as binding at once.

mod aggregate;
mod arrays;
mod children;
pub(crate) mod condition;
mod count;
mod delete;
pub(crate) mod filter;
mod given;
mod group;
mod insert;
mod insert_stream;
mod join;
mod keyset;
mod lock;
pub(crate) mod order;
mod projection;
mod proof;
mod query;
pub(crate) mod read;
mod related;
mod rows;
mod run;
mod select;
pub(crate) mod sql;
mod texts;
mod traced;
mod update;
mod update_many;
mod upsert;
mod version;

pub use self::aggregate::{Aggregate, Number, count};
pub use self::children::Children;
pub use self::count::{Count, Exists};
pub use self::delete::{Delete, Restore};
pub use self::filter::{Filter, IntoFilter, MaybeNull, PerGroup, PerRow, Text};
pub use self::given::SqlValue;
#[doc(hidden)]
pub use self::given::SqlValues;
pub use self::group::{GroupBy, Grouped, Key};
pub use self::insert::{Insert, InsertMany};
pub use self::insert_stream::InsertStream;
pub use self::keyset::{KeyOrder, Keyset};
pub use self::lock::Locked;
pub use self::order::{OfAggregate, OfColumn, Order};
#[doc(hidden)]
pub use self::projection::{Parts, Selected};
pub use self::projection::{Projection, Selection, Total};
pub(crate) use self::proof::Scope;
pub use self::proof::{MayRead, Proof, ReadProof, Verified, Visitor};
#[doc(hidden)]
pub use self::query::SqlPiece;
pub use self::query::{SqlQuery, SqlScalar};
pub(crate) use self::related::Related;
pub use self::rows::{Has, Part, Rows, With};
pub use self::select::Select;
pub use self::update::{Chosen, Filtered, Unfiltered, Update};
pub use self::update_many::UpdateMany;
pub use self::upsert::{OnConflict, Overwrite, Upsert};

#[cfg(doc)]
use crate::Executor;
