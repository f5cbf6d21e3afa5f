//! The builders as a property: whatever is asked, a tenant among others is answered as if it were alone.
//!
//! A random [`Script`](describe::Script) gives three tenants rows with the same ids, and runs statements, each by one of
//! them. Each statement is run twice: by the library, as the application's role, on the tables that all tenants share; and
//! as SQL of the test's own on tables that hold this tenant's rows alone, without tenants or row-level security. Rows,
//! numbers and refusals are the same, and after each write every tenant's rows are those of its own tables. In some of the
//! scripts row-level security is switched off, so that the predicates stand alone.
//!
//! `QUERY_CASES` says how many statements are run, and `QUERY_SEED` repeats one script, which a failure names.

mod columns;
mod describe;
mod generate;
mod run;
mod shapes;
mod sql;
mod tables;
mod world;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use self::run::Tally;
use self::world::World;

/// Statements, unless told otherwise.
const CASES: u64 = 6000;

/// Statements in one script, at most: what is written must not empty the tables.
const LONGEST: usize = 60;

/// Scripts that run at a time.
const WORKERS: u64 = 2;

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn a_tenant_among_others_is_answered_as_if_alone() {
    let (only, tally) = (variable("QUERY_SEED"), Tally::default());
    let cases = if only.is_some() { 1 } else { variable("QUERY_CASES").unwrap_or(CASES) };
    let first = only.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0) << 20);
    let (next, migrations) = (AtomicU64::new(first), runtime().block_on(world::migrations()));
    let failures: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let (runtime, strategy) = (runtime(), generate::script(LONGEST));
            let world = runtime.block_on(World::new(&migrations));
            while tally.statements.load(Ordering::Relaxed) < cases {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                let mut runner = runner(seed);
                let script = strategy.new_tree(&mut runner).expect("a script");
                let ran = runner.run_one(script, |script| {
                    let ran = runtime.block_on(run::run(&world, &script, &tally));
                    ran.map_err(TestCaseError::fail)
                });
                if let Err(TestError::Fail(reason, script)) = ran {
                    // The others need not go on.
                    tally.statements.fetch_max(cases, Ordering::Relaxed);
                    return Some(format!("QUERY_SEED={seed}: {reason}\nrun after nothing but {script:?}"));
                }
            }
            None
        };
        let workers: Vec<_> =
            (0..if only.is_some() { 1 } else { WORKERS }).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().expect("a worker")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    if only.is_none() && cases >= CASES {
        // Nothing is proven by answers that are empty.
        let Tally { statements, rows, changes, refusals } = &tally;
        let share =
            |counter: &AtomicU64| 100 * counter.load(Ordering::Relaxed) / statements.load(Ordering::Relaxed);
        assert!(share(rows) >= 40 && share(changes) >= 2 && share(refusals) >= 2, "{tally:?}");
    }
}

/// Repeats a script from its number.
fn runner(seed: u64) -> TestRunner {
    let config = Config {
        max_shrink_iters: 3000,
        max_shrink_time: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
