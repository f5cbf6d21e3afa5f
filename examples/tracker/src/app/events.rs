//! What changed, told to the pages that a tenant has open: server-sent events.
//!
//! An event says which list to fetch again and nothing of what is in it. Channels are kept by the tenant of a token, both to
//! speak and to listen, so there is no way to name another's. They are of this process: several of them would pass events on
//! by `NOTIFY` or a broker.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tenancy::prelude::*;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};

use super::App;

/// So many events a listener may be behind before it is told to fetch everything.
const BEHIND: usize = 64;

#[derive(Debug, Clone)]
pub(super) enum Change {
    Projects,
    Tasks,
    Members,
    Keys,
    /// What is open of this member ends. A response that has begun is not authenticated again.
    Expelled(Arc<str>),
}

#[derive(Default)]
pub(super) struct Events(Mutex<HashMap<TenantId, Sender<Change>>>);

impl Events {
    /// Tells those who listen with a token of the same tenant.
    pub(super) fn tell(&self, token: &TenantToken, change: Change) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&token.tenant())
            && channel.send(change).is_err()
        {
            // Nobody listens any more.
            channels.remove(&token.tenant());
        }
    }

    /// Ends what is open of a whole tenant.
    pub(super) fn close(&self, tenant: TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }

    fn listen(&self, token: &TenantToken) -> Receiver<Change> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(token.tenant()).or_insert_with(|| broadcast::channel(BEHIND).0).subscribe()
    }
}

/// `GET /api/events`. It ends with the token, and a browser opens it again by itself, which authenticates it again.
pub(super) async fn listen(
    token: TenantToken,
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = app.events.listen(&token);
    // The first event says that from here on nothing is missed.
    let began = stream::iter([Ok(Event::default().data("all"))]);
    let told = stream::unfold((changes, token), async |(mut changes, token)| {
        loop {
            let what = match changes.recv().await {
                Ok(Change::Projects) => "projects",
                Ok(Change::Tasks) => "tasks",
                Ok(Change::Members) => "members",
                Ok(Change::Keys) => "keys",
                Ok(Change::Expelled(subject)) if *subject == *token.subject() => return None,
                Ok(Change::Expelled(_)) => continue,
                Err(RecvError::Lagged(_)) => "all",
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(Event::default().data(what)), (changes, token)));
        }
    });
    Sse::new(stream::StreamExt::chain(began, told)).keep_alive(KeepAlive::default())
}
