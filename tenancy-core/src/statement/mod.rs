//! Statements: values that say what to read or write, and do nothing until they are run.
//!
//! A statement is built from a [`Proof`] and owns it. Running it on an [`Executor`] checks
//! the token, renders the SQL (whose text depends on the statement's shape alone, never on its values) and sends one
//! message: its first parameter is the tenant, as predicate and as binding at once.

mod count;
mod delete;
pub(crate) mod filter;
mod insert;
pub(crate) mod order;
mod proof;
mod run;
pub(crate) mod select;
pub(crate) mod sql;
mod texts;
mod update;

pub use self::count::{Count, Exists};
pub use self::delete::Delete;
pub use self::filter::{Filter, IntoFilter, MaybeNull, Text};
pub use self::insert::{Insert, InsertMany};
pub use self::order::Order;
pub(crate) use self::proof::Scope;
pub use self::proof::{Proof, ReadProof};
pub use self::select::Select;
pub use self::update::{Chosen, Filtered, Unfiltered, Update};

#[cfg(doc)]
use crate::Executor;
