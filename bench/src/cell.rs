//! [`Cell`]: how one contender does one workload.
//!
//! Contenders, workloads and cells register themselves. A file that adds a contender registers a cell for each
//! workload that it can do; a file that adds a workload registers a cell for each contender that can do it. So either
//! is one file (and its line in `mod.rs`), and what nobody registered is a dash in the table.

use std::any::Any;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::future::BoxFuture;

use crate::draw::Draw;
use crate::place::Place;

/// A contender that has opened its pool.
pub(crate) type Open = Arc<dyn Any + Send + Sync>;

/// One way to keep tenants apart, or not to.
pub(crate) struct Contender {
    pub(crate) id: &'static str,
    /// For the tables.
    pub(crate) title: &'static str,
    /// How it isolates, and by which round trips.
    pub(crate) about: &'static str,
    /// Its row in the tables.
    pub(crate) row: u32,
    pub(crate) open: for<'a> fn(&'a Place<'a>) -> BoxFuture<'a, anyhow::Result<Open>>,
}

/// What the rows of an operation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// A row that is there, in proportion to the rows of its tenant.
    Existing,
    /// An id that no row has yet.
    Fresh,
    /// A row that was inserted to be deleted, by one operation alone.
    Doomed,
}

/// One thing to do, the same for every contender.
pub(crate) struct Workload {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What is measured, in SQL or in words.
    pub(crate) about: &'static str,
    pub(crate) row: u32,
    pub(crate) rows: Rows,
    pub(crate) writes: bool,
    /// How many rows an operation must come to. A contender that comes to others is wrong, not fast.
    pub(crate) yields: fn(&Draw) -> u64,
}

/// How one contender does one workload. The number of rows that it came to is compared.
pub(crate) struct Cell {
    pub(crate) contender: &'static str,
    pub(crate) workload: &'static str,
    pub(crate) run: Run,
}

pub(crate) type Run = for<'a> fn(&'a (dyn Any + Send + Sync), &'a Draw) -> BoxFuture<'a, anyhow::Result<u64>>;

inventory::collect!(Contender);
inventory::collect!(Workload);
inventory::collect!(Cell);

/// Registers a cell: `cell!(Floor, "floor", "point-read", |floor, draw| { … })`, whose block is `async`.
macro_rules! cell {
    ($type:ty, $contender:literal, $workload:literal, |$open:ident, $draw:ident| $body:block) => {
        inventory::submit! {
            $crate::cell::Cell {
                contender: $contender,
                workload: $workload,
                run: |open, $draw| {
                    let $open = open.downcast_ref::<$type>().expect("the contender of this cell");
                    Box::pin(async move { $body })
                },
            }
        }
    };
}
pub(crate) use cell;

/// The contenders, in the order of the tables.
pub(crate) fn contenders() -> Vec<&'static Contender> {
    let mut all: Vec<_> = inventory::iter::<Contender>.into_iter().collect();
    all.sort_by_key(|contender| contender.row);
    all
}

/// The workloads, in the order of the tables.
pub(crate) fn workloads() -> Vec<&'static Workload> {
    let mut all: Vec<_> = inventory::iter::<Workload>.into_iter().collect();
    all.sort_by_key(|workload| workload.row);
    all
}

pub(crate) fn find(contender: &str, workload: &str) -> Option<&'static Cell> {
    inventory::iter::<Cell>.into_iter().find(|cell| cell.contender == contender && cell.workload == workload)
}

pub(crate) fn contender(id: &str) -> anyhow::Result<&'static Contender> {
    let found = inventory::iter::<Contender>.into_iter().find(|contender| contender.id == id);
    found.with_context(|| format!("no contender is called `{id}`"))
}

pub(crate) fn workload(id: &str) -> anyhow::Result<&'static Workload> {
    let found = inventory::iter::<Workload>.into_iter().find(|workload| workload.id == id);
    found.with_context(|| format!("no workload is called `{id}`"))
}
