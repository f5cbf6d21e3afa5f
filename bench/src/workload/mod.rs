//! The workloads. Each registers itself; see [`cell`](crate::cell).

mod bulk_insert;
mod delete;
mod insert;
mod page;
mod point_read;
mod stream;
mod transaction;
mod update;
