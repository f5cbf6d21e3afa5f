//! [`Network`]: the way between client and server, and the proxy that makes it longer.
//!
//! `tc netem` would need a kernel module that sandboxes lack, and tokio's timer counts in whole milliseconds. So each
//! direction of a connection has two threads: one stamps what arrives with when it is due, the other holds it back
//! until then. A thread that sleeps wakes within some microseconds, since its timer slack is set to the least.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What a round trip costs beyond loopback.
    pub(crate) added: Duration,
}

pub(crate) const LOOPBACK: Network = Network { id: "loopback", title: "loopback", added: Duration::ZERO };
pub(crate) const ONE: Network = Network { id: "1ms", title: "+1 ms", added: Duration::from_millis(1) };
pub(crate) const FIVE: Network = Network { id: "5ms", title: "+5 ms", added: Duration::from_millis(5) };

impl Network {
    /// The port to connect to. The proxy runs until this process ends.
    pub(crate) fn port(self, server: u16) -> anyhow::Result<u16> {
        if self.added.is_zero() { Ok(server) } else { delay(server, self.added / 2) }
    }
}

/// Starts a proxy before a port of this machine that holds everything back for so long in each direction.
fn delay(server: u16, one_way: Duration) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for the proxy")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client whose connection cannot be passed on sees it closed.
            let _ = pass(client, SocketAddr::from((Ipv4Addr::LOCALHOST, server)), one_way);
        }
    });
    Ok(port)
}

fn pass(client: TcpStream, server: SocketAddr, one_way: Duration) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        let (due, dues) = channel();
        thread::spawn(move || stamp(from, &due, one_way));
        thread::spawn(move || hold(&dues, to));
    }
    Ok(())
}

fn stamp(mut from: TcpStream, due: &Sender<(Instant, Vec<u8>)>, one_way: Duration) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        // The end of the stream is held back as well: an empty chunk.
        let ended = read == 0;
        if due.send((Instant::now() + one_way, buffer[..read].to_vec())).is_err() || ended {
            return;
        }
    }
}

fn hold(dues: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    // Where this is refused, delays come out longer, for all contenders alike, and the report shows it.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    while let Ok((due, chunk)) = dues.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if chunk.is_empty() || to.write_all(&chunk).is_err() {
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}
