//! The integration tests: one binary, every module against a real PostgreSQL, as the restricted role.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "test code is not an API")]

mod adopt;
mod arrays;
mod attack;
mod backup;
mod binding;
mod bulk;
mod chinook;
mod common;
mod comparison;
mod connect;
mod cost;
mod cross_tenant;
mod doctor;
mod emission;
mod errors;
mod global;
mod guide;
mod hostile;
mod identity;
mod kept;
mod log;
mod maintenance;
mod matrix;
mod one_mint;
mod pipeline;
mod pooler;
mod programs;
mod property;
mod public;
mod queries;
mod raw;
mod relations;
mod round_trips;
mod savepoints;
mod spans;
mod sql;
mod stale_plans;
mod statements;
mod stress;
mod transactions;
mod twins;
mod upsert;
mod verify;
mod web;
