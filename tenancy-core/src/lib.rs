//! The runtime of [`tenancy`](https://docs.rs/tenancy): depend on that crate, which re-exports this one.
//!
//! The modules stand in the order in which data flows: an [`id`](TenantId) names a tenant and proves nothing; a
//! [`token`](TenantToken) is the proof, minted by an [`Authority`] alone; an
//! [`entity`](entity::TenantScoped) turns a token into a [`statement`]; a [`db`] handle binds the statement to
//! row-level security and runs it; a [`mod@schema`] is what PostgreSQL is told about the entities.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "adopt")]
pub mod adopt;
pub mod auth;
pub mod danger;
pub mod db;
#[cfg(feature = "doctor")]
pub mod doctor;
pub mod entity;
mod error;
#[cfg(feature = "tower")]
pub mod http;
mod id;
mod label;
mod public;
pub mod schema;
pub mod statement;
mod token;

pub use crate::auth::{AuthError, Authority};
pub use crate::db::{Executor, RawSql, TenantDb, TenantTx};
pub use crate::entity::{GlobalTable, PublicRead, TenantScoped};
pub use crate::error::{Error, ServerError};
pub use crate::id::{InvalidTenantId, TenantId};
pub use crate::label::{InvalidLabel, Label};
pub use crate::public::PublicTenant;
pub use crate::schema::Schema;
pub use crate::token::TenantToken;

#[doc(hidden)]
pub mod __private;
