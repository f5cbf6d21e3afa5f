//! [`Serving`]: a server that runs until this is dropped.

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Tasks that end with it.
pub(crate) struct Serving(JoinSet<()>);

impl Serving {
    pub(crate) fn new(listener: TcpListener, router: Router) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("tracker: a server ended: {error}");
            }
        });
        Self(tasks)
    }

    /// With something else that runs as long.
    pub(crate) fn and(mut self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        self.0.spawn(task);
        self
    }
}
