//! A transaction pooler that does not track prepared statements, as PgBouncer before 1.21: `connect` refuses it.
//!
//! The pooler here is real enough to run statements of one client on the server connection of another: it forwards the
//! messages of PostgreSQL's protocol, and gives a server connection to whoever comes next as soon as the server says
//! that no transaction is open.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Row as _};
use tenancy::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::common::*;

/// Server connections that no transaction holds. The last one in is the first one out.
type Idle = Arc<Mutex<Vec<TcpStream>>>;

/// One message: its type, and all of its bytes.
async fn message(from: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut bytes = vec![0; 5];
    from.read_exact(&mut bytes).await?;
    let length = u32::from_be_bytes(bytes[1..5].try_into().expect("four bytes")) as usize;
    bytes.resize(length + 1, 0);
    from.read_exact(&mut bytes[5..]).await?;
    Ok((bytes[0], bytes))
}

/// Passes on what the server says until it is ready. Whether it is in a transaction then.
async fn answer(server: &mut TcpStream, client: &mut TcpStream) -> io::Result<bool> {
    loop {
        let (kind, bytes) = message(server).await?;
        client.write_all(&bytes).await?;
        if kind == b'Z' {
            return Ok(bytes[5] != b'I');
        }
    }
}

async fn serve(mut client: TcpStream, upstream: SocketAddr, idle: Idle) -> io::Result<()> {
    // Each client logs in for itself, on a server connection that belongs to everybody afterwards.
    let mut server = TcpStream::connect(upstream).await?;
    let mut length = [0; 4];
    client.read_exact(&mut length).await?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    client.read_exact(&mut startup).await?;
    server.write_all(&[&length[..], &startup].concat()).await?;
    loop {
        let (kind, bytes) = message(&mut server).await?;
        client.write_all(&bytes).await?;
        match (kind, &bytes[5..]) {
            (b'Z', _) => break,
            // AuthenticationOk and SASLFinal ask nothing; the others wait for the client.
            (b'R', [0, 0, 0, 0 | 12, ..]) => {}
            (b'R', _) => {
                let (_, response) = message(&mut client).await?;
                server.write_all(&response).await?;
            }
            _ => {}
        }
    }
    idle.lock().expect("no panic").push(server);
    let mut held: Option<TcpStream> = None;
    loop {
        let (kind, bytes) = message(&mut client).await?;
        if kind == b'X' {
            return Ok(());
        }
        let mut server = match held.take() {
            Some(server) => server,
            None => idle.lock().expect("no panic").pop().expect("one for each client that logged in"),
        };
        server.write_all(&bytes).await?;
        let busy = if matches!(kind, b'Q' | b'S') { answer(&mut server, &mut client).await? } else { true };
        if busy {
            held = Some(server);
        } else {
            idle.lock().expect("no panic").push(server);
        }
    }
}

/// Starts the pooler in front of a server.
async fn start(options: &PgConnectOptions) -> PgConnectOptions {
    let upstream: SocketAddr = format!("{}:{}", options.get_host(), options.get_port())
        .parse()
        .expect("the address of the test server");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("a port").port();
    let idle = Idle::default();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, upstream, idle.clone()));
        }
    });
    options.clone().host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable)
}

#[tokio::test]
async fn a_pooler_that_mixes_up_statements_is_refused() {
    let world = World::new().await;
    let through = start(&world.test.app()).await;
    // It pools: a transaction of its own gets the same server process as the session before it.
    let (mut one, mut two) =
        (through.connect().await.expect("a session"), through.connect().await.expect("a session"));
    let pid = "SELECT pg_backend_pid()";
    let first: i32 = sqlx::raw_sql(pid).fetch_one(&mut one).await.expect("a pid").get(0);
    let second: i32 = sqlx::raw_sql(pid).fetch_one(&mut two).await.expect("a pid").get(0);
    assert_eq!(first, second, "two clients share a server connection");

    let connected = world.builder_of(through).connect().await;
    assert!(matches!(connected, Err(Error::UnsafePooler)), "{connected:?}");
}
