//! [`RoundTrips`]: a proxy that counts how often a client waits for PostgreSQL.
//!
//! Latency is paid by the round trip, so "one round trip" is a promise worth a test, and the client's own word is no
//! evidence. The proxy stands between the two, reads the framing of the protocol and records every exchange with the
//! types of its messages, such as `Bind Execute Close Sync`. It reads no contents and changes nothing.

mod frames;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use self::frames::{Exchanges, Frames};

/// A proxy on the loopback address that records the round trips of the connections that pass through it.
///
/// A round trip is what a client sends up to a `Query`, `Sync`, `FunctionCall` or `Flush`, together with the server's
/// answer. What happens before a connection is ready for its first query is not counted. A client that sends two
/// `Query` messages without waiting in between (sqlx does so with the `ROLLBACK` of a dropped transaction) makes two
/// round trips in this count.
///
/// It lives on the runtime that started it, and ends, with its connections, when it is dropped.
///
/// ```no_run
/// # use tenancy_testkit::{TestDb, proxy::RoundTrips};
/// # use sqlx::{ConnectOptions, Connection, Executor};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let db = TestDb::new().await;
/// let proxy = RoundTrips::start(&db.app()).await?;
/// let mut connection = proxy.options(db.app()).connect().await?;
/// proxy.reset();
/// connection.execute("SELECT 1").await?;
/// assert_eq!(proxy.count(), 1);
/// assert_eq!(proxy.take()[0].to_string(), "Query");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RoundTrips {
    address: SocketAddr,
    record: Arc<Mutex<Vec<RoundTrip>>>,
    accepting: JoinHandle<()>,
}

/// One round trip.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoundTrip {
    /// Which connection made it: 0 is the first that the proxy accepted.
    pub connection: usize,
    /// The types of the client's messages, in order, by the names of the protocol's documentation.
    pub messages: Vec<&'static str>,
}

impl fmt::Display for RoundTrip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages.join(" "))
    }
}

impl RoundTrips {
    /// Starts a proxy before the server that `upstream` names by host and port.
    ///
    /// # Errors
    ///
    /// When there is no free port on the loopback address.
    pub async fn start(upstream: &PgConnectOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let record = Arc::default();
        let server = (upstream.get_host().to_owned(), upstream.get_port());
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&record)));
        Ok(Self { address, record, accepting })
    }

    /// The same connection, by way of the proxy. It is not encrypted.
    #[must_use]
    pub fn options(&self, base: PgConnectOptions) -> PgConnectOptions {
        base.host(&self.address.ip().to_string()).port(self.address.port()).ssl_mode(PgSslMode::Disable)
    }

    /// How many round trips were made, by all connections, since the start or the last [`reset`](Self::reset).
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.record).len()
    }

    /// How many of them the connection of this number made.
    #[must_use]
    pub fn count_of(&self, connection: usize) -> usize {
        lock(&self.record).iter().filter(|trip| trip.connection == connection).count()
    }

    /// The round trips, in the order in which they ended.
    #[must_use]
    pub fn snapshot(&self) -> Vec<RoundTrip> {
        lock(&self.record).clone()
    }

    /// The round trips, forgotten by the proxy.
    #[must_use = "`reset` forgets without returning"]
    pub fn take(&self) -> Vec<RoundTrip> {
        std::mem::take(&mut *lock(&self.record))
    }

    /// Forgets the round trips made so far.
    pub fn reset(&self) {
        lock(&self.record).clear();
    }
}

impl Drop for RoundTrips {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: (String, u16), record: Arc<Mutex<Vec<RoundTrip>>>) {
    // Dropped with this task: the connections end with the proxy.
    let mut connections = tokio::task::JoinSet::new();
    for number in 0.. {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        let (server, record) = (server.clone(), Arc::clone(&record));
        connections.spawn(async move {
            // A connection that breaks ends on both sides, as it would without the proxy.
            if let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)).await {
                let _ = relay(number, client, server, record).await;
            }
        });
    }
}

async fn relay(
    number: usize,
    client: TcpStream,
    server: TcpStream,
    record: Arc<Mutex<Vec<RoundTrip>>>,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let exchanges = Mutex::new(Exchanges::default());

    let mut sent = Frames::of_client();
    let outward = copy(from_client, to_server, |bytes| sent.read(bytes, |kind| lock(&exchanges).sent(kind)));
    let mut received = Frames::of_server();
    let inward = copy(from_server, to_client, |bytes| {
        received.read(bytes, |kind| {
            if let Some(messages) = lock(&exchanges).received(kind) {
                lock(&record).push(RoundTrip { connection: number, messages });
            }
        });
    });
    tokio::select! {
        result = outward => result,
        result = inward => result,
    }
}

/// Passes bytes on after `see` has seen them: who has received an answer finds it counted.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut see: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        see(&buffer[..length]);
        to.write_all(&buffer[..length]).await?;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
