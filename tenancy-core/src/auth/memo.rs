//! [`Memo`]: answers of a store that are kept for a moment.
//!
//! One question is asked once, however many wait for its answer, and the answer is kept until its time is over or somebody
//! says that it changed. Forgetting is sure, also while the store is being asked: an answer carries the numbers that its tags
//! had before it was asked for, and is worth nothing once one of them has moved on.

use std::future::Future;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;

use crate::auth::StoreError;

/// Tags share so many numbers. Two that share one are forgotten together, which costs a question.
const NUMBERS: usize = 1024;

/// More answers than this are not kept; those that are asked for least go first.
const MOST_ANSWERS: u64 = 100_000;

/// How often an answer that is outdated when it arrives is asked for again.
const ATTEMPTS: usize = 3;

/// Answers by their questions. What can be forgotten are tags: of an answer, whatever it depends on.
#[derive(Clone)]
pub(super) struct Memo<Q, A> {
    /// None when nothing is kept.
    answers: Option<Cache<Q, Stamped<A>>>,
    numbers: Arc<[AtomicU64]>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Stamped<A> {
    answer: A,
    stamp: [u64; 2],
}

impl<Q: Hash + Eq + Clone + Send + Sync + 'static, A: Clone + Send + Sync + 'static> Memo<Q, A> {
    /// Keeps each answer for so long; not at all when that is zero.
    pub(super) fn new(ttl: Duration) -> Self {
        let answers =
            (!ttl.is_zero()).then(|| Cache::builder().max_capacity(MOST_ANSWERS).time_to_live(ttl).build());
        let numbers = (0..NUMBERS).map(|_| AtomicU64::new(0)).collect();
        Self { answers, numbers, hasher: RandomState::new() }
    }

    /// The answer, kept or from the store.
    pub(super) async fn ask<T: Hash, U: Hash, F: Future<Output = Result<A, StoreError>> + Send>(
        &self,
        question: &Q,
        tags: (&T, &U),
        store: impl Fn() -> F + Send + Sync,
    ) -> Result<A, Arc<StoreError>> {
        let Some(answers) = &self.answers else { return store().await.map_err(Arc::new) };
        let stamp = || [self.number(tags.0), self.number(tags.1)].map(|number| number.load(Ordering::SeqCst));
        for _ in 0..ATTEMPTS {
            let fresh = async {
                let stamp = stamp();
                Ok(Stamped { stamp, answer: store().await? })
            };
            let kept = answers.try_get_with_by_ref(question, fresh).await?;
            if kept.stamp == stamp() {
                return Ok(kept.answer);
            }
            answers.invalidate(question).await;
        }
        // Somebody forgets all the time: what is true now is asked for, and not kept.
        store().await.map_err(Arc::new)
    }

    /// From here on no answer with this tag is given that was asked for before.
    pub(super) fn forget<T: Hash>(&self, tag: &T) {
        self.number(tag).fetch_add(1, Ordering::SeqCst);
    }

    fn number<T: Hash>(&self, tag: &T) -> &AtomicU64 {
        let place = self.hasher.hash_one(tag) % NUMBERS as u64;
        &self.numbers[usize::try_from(place).unwrap_or_default()]
    }
}
