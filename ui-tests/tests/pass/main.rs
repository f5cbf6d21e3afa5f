//! The twins of `tests/fail/`: each differs from its case in the one mistake. That they compile is the test.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_mut,
    unused_imports,
    clippy::drop_non_drop,
    clippy::unused_async,
    clippy::let_underscore_future,
    reason = "the cases are never called: what counts is that they compile"
)]

mod columns;
mod cross_tenant;
mod derive;
mod escape;
mod executor;
mod filters;
mod forge;
mod global;
mod must_use;
mod proof;
mod public;
mod queries;
mod sql;
mod web;
