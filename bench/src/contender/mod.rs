//! The contenders. Each registers itself, and its cells; see [`cell`](crate::cell).

mod by_hand;
#[cfg(feature = "rivals")]
mod diesel;
mod floor;
mod guide;
mod hand;
mod ours;
#[cfg(feature = "rivals")]
mod pipelined;
#[cfg(feature = "rivals")]
mod sea_orm;
mod sqlx_pool;
#[cfg(feature = "rivals")]
mod tenaxum;
