//! What stands between a program and its database, or in its place: poolers, and standbys of a server.
//!
//! `cargo test` leaves these tests out, since they need programs that a machine seldom has. `cargo xtask matrix` gets those,
//! and runs each module by its name; without them a test fails, and is not skipped.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "test code is not an API")]

mod background;
#[path = "../suite/common.rs"]
mod common;
mod pooler;
#[path = "../suite/programs.rs"]
mod programs;
mod standby;
