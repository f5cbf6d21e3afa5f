//! The janitor: a task that takes back what nobody hands back.
//!
//! It closes connections that have been idle or alive for too long, and takes the connection from transactions that
//! have stood idle for too long. It holds the database weakly and ends with it.

use std::sync::Weak;
use std::time::Duration;

use crate::db::Inner;

/// How often the janitor looks, given the shortest time that it must tell.
fn interval(shortest: Duration) -> Duration {
    (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(10))
}

pub(super) fn employ(db: Weak<Inner>, idle_timeout: Duration, idle_in_transaction_timeout: Duration) {
    let pause = interval(idle_timeout.min(idle_in_transaction_timeout));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(pause).await;
            let Some(db) = db.upgrade() else { return };
            let abandoned: Vec<_> = db
                .transactions()
                .iter()
                .filter_map(|slot| slot.upgrade()?.evict_idle(idle_in_transaction_timeout))
                .collect();
            if !abandoned.is_empty() {
                tracing::warn!(
                    transactions = abandoned.len(),
                    "transactions stood idle for longer than idle_in_transaction_timeout: rolled back"
                );
            }
            // Dropping them rolls them back.
            drop(abandoned);
            let closed = db.pool.retain(|connection, metrics| {
                connection.idle_for() < idle_timeout && metrics.age() < db.pool.manager().max_lifetime
            });
            drop(closed);
        }
    });
}
