//! The tool itself: the binary, run against real servers, with what it printed as reviewed snapshots.

#![allow(missing_docs, unreachable_pub, reason = "test code is not an API")]

mod adopt;
mod check;
mod common;
mod diagram;
mod doctor;
mod entities;
mod generate;
mod program;
mod usage;
