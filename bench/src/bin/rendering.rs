//! Times building and rendering of a statement: nanoseconds, one sample a line.
//!
//! A program of its own, since the benchmark counts allocations, and counting them takes as long as making them.

#![allow(dead_code, reason = "the entity is shared with the benchmark, which does more with it")]

#[path = "../item.rs"]
mod item;
#[path = "../three.rs"]
mod three;

use std::hint::black_box;
use std::time::Instant;

use tenancy::TenantId;
use tenancy_testkit::TestAuthority;

const SAMPLES: usize = 200;
const STATEMENTS: u32 = 1000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let token = TestAuthority::new().token(TenantId::random()).await;
    for _ in 0..SAMPLES {
        let began = Instant::now();
        for _ in 0..STATEMENTS {
            drop(black_box(three::three(&token).sql()));
        }
        println!("{}", began.elapsed().as_nanos() as f64 / f64::from(STATEMENTS));
    }
}
