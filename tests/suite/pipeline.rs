//! Pipelined statements: several of the extended protocol before the server is asked for its answers.
//!
//! Without a `Sync` between them they are one implicit transaction (PostgreSQL manual, "Message Flow", "Pipelining"). A
//! binding lasts as long as a transaction, so it lasts for the rest of such a pipeline, and no longer. sqlx sends a `Sync`
//! after each statement; an attacker who speaks the protocol need not.

use std::fmt::Write as _;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::message::frontend;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::*;

/// A connection of the application's, by hand.
struct Wire(TcpStream);

/// A parameter: a tenant, declared as the domain.
type Bind<'a> = Option<&'a str>;

impl Wire {
    async fn connect(host: (&str, u16), user: &str, password: &str, database: &str) -> Self {
        let mut wire = Self(TcpStream::connect(host).await.expect("a server"));
        let mut out = BytesMut::new();
        frontend::startup_message([("user", user), ("database", database)], &mut out).expect("a message");
        wire.send(&mut out).await;
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        loop {
            let (kind, body) = wire.message().await;
            match (kind, body.get(..4)) {
                // The testkit's own server asks for the password, others for a proof of it.
                (b'R', Some([0, 0, 0, 3])) => {
                    frontend::password_message(password.as_bytes(), &mut out).expect("a message");
                    wire.send(&mut out).await;
                }
                (b'R', Some([0, 0, 0, 10])) => {
                    frontend::sasl_initial_response("SCRAM-SHA-256", scram.message(), &mut out)
                        .expect("a message");
                    wire.send(&mut out).await;
                }
                (b'R', Some([0, 0, 0, 11])) => {
                    scram.update(&body[4..]).expect("a challenge");
                    frontend::sasl_response(scram.message(), &mut out).expect("a message");
                    wire.send(&mut out).await;
                }
                (b'R', Some([0, 0, 0, 12])) => {
                    scram.finish(&body[4..]).expect("the server knows the password")
                }
                (b'E', _) => panic!("refused: {}", String::from_utf8_lossy(&body)),
                (b'Z', _) => return wire,
                _ => {}
            }
        }
    }

    async fn send(&mut self, out: &mut BytesMut) {
        self.0.write_all(&out.split()).await.expect("sent");
    }

    async fn message(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).await.expect("an answer");
        let length = u32::from_be_bytes(head[1..].try_into().expect("four bytes")) as usize;
        let mut body = vec![0; length - 4];
        self.0.read_exact(&mut body).await.expect("an answer");
        (head[0], body)
    }

    /// Sends all of it at once, and says what each step answered: `rows:` the values of its first column, or an SQLSTATE.
    async fn run(&mut self, domain: u32, steps: &[Step<'_>]) -> String {
        let mut out = BytesMut::new();
        for step in steps {
            step.write(domain, &mut out);
        }
        frontend::sync(&mut out);
        self.send(&mut out).await;
        let syncs = 1 + steps.iter().filter(|step| matches!(step, Step::Sync)).count();
        let (mut said, mut ready) = (String::new(), 0);
        while ready < syncs {
            let (kind, body) = self.message().await;
            match kind {
                b'D' => _ = write!(said, "{} ", first(&body)),
                b'C' => said += "| ",
                b'E' => _ = write!(said, "{} | ", field(&body, b'C')),
                b's' => said += "suspended | ",
                b'Z' => ready += 1,
                _ => {}
            }
        }
        said.trim_end_matches(" |").trim().trim_end_matches('|').trim().to_owned()
    }
}

/// The first column of a row, as text.
fn first(body: &[u8]) -> String {
    let length = i32::from_be_bytes(body[2..6].try_into().expect("four bytes"));
    usize::try_from(length)
        .map_or("NULL".into(), |length| String::from_utf8_lossy(&body[6..6 + length]).into_owned())
}

fn field(body: &[u8], wanted: u8) -> String {
    let of = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&wanted));
    of.map_or_else(String::new, |field| String::from_utf8_lossy(&field[1..]).into_owned())
}

enum Step<'a> {
    /// Parse, Bind and Execute.
    Run(&'a str, Bind<'a>),
    /// Parse and Bind, into a portal of this name.
    Open(&'a str, &'a str, Bind<'a>),
    /// Execute of a portal, for so many rows.
    Fetch(&'a str, i32),
    Sync,
}

impl Step<'_> {
    fn write(&self, domain: u32, out: &mut BytesMut) {
        let open = |portal: &str, sql: &str, bind: Bind<'_>, out: &mut BytesMut| {
            frontend::parse("", sql, bind.map(|_| domain), out).expect("a message");
            let value = |value: &str, out: &mut BytesMut| {
                out.extend_from_slice(value.as_bytes());
                Ok(IsNull::No)
            };
            let bound = frontend::bind(portal, "", [0], bind, value, [0], out);
            assert!(bound.is_ok(), "a message");
        };
        match self {
            Self::Run(sql, bind) => {
                open("", sql, *bind, out);
                frontend::execute("", 0, out).expect("a message");
            }
            Self::Open(portal, sql, bind) => open(portal, sql, *bind, out),
            Self::Fetch(portal, rows) => frontend::execute(portal, *rows, out).expect("a message"),
            Self::Sync => frontend::sync(out),
        }
    }
}

/// Both tenants have two projects, whose slugs say whose they are.
const SLUGS: &str = "SELECT slug FROM projects ORDER BY slug";
const BOUND: &str = "SELECT slug FROM projects WHERE tenant_id = $1::tenancy.bound ORDER BY slug";

#[tokio::test]
async fn a_binding_lasts_for_its_implicit_transaction() {
    use Step::{Fetch, Open, Run, Sync};
    let world = World::new().await;
    for slug in ["a1", "a2"] {
        world.project(&world.a, slug).await;
    }
    for slug in ["b1", "b2"] {
        world.project(&world.b, slug).await;
    }
    let mut superuser = world.test.connect_as_superuser().await;
    let login = format!("{}_wire", world.test.name());
    let sql = format!("CREATE ROLE {login} LOGIN PASSWORD 'wire' IN ROLE tenancy_app");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.expect("a login");
    let domain: i32 = sqlx::query_scalar("SELECT 'tenancy.bound'::regtype::oid::int")
        .fetch_one(&mut superuser)
        .await
        .expect("the domain");
    let domain = u32::try_from(domain).expect("an oid");
    let options = world.test.app();
    let host = (options.get_host(), options.get_port());
    let (a, b) = (world.a.tenant().to_string(), world.b.tenant().to_string());
    let (a, b) = (Some(a.as_str()), Some(b.as_str()));

    let cases: &[(&str, &[Step<'_>], &str)] = &[
        ("each tenant's own", &[Run(BOUND, a), Sync, Run(BOUND, b)], "a1 a2 | b1 b2"),
        // The rest of the pipeline is the transaction's: of one tenant, or refused.
        ("two tenants in one", &[Run(BOUND, a), Run(BOUND, b)], "a1 a2 | 23514"),
        (
            "a second one that is caught",
            &[Run(BOUND, a), Run("SAVEPOINT s", None), Run(BOUND, b)],
            "a1 a2 | 25P01",
        ),
        ("unbound after bound", &[Run(BOUND, a), Run(SLUGS, None)], "a1 a2 | a1 a2"),
        ("unbound before bound", &[Run(SLUGS, None), Run(BOUND, a)], "| a1 a2"),
        // A binding happens when the parameter is read, and lasts even if nothing is executed.
        ("bound and not executed", &[Open("p", BOUND, a), Run(SLUGS, None)], "a1 a2"),
        ("a portal of each", &[Open("p", BOUND, a), Open("q", BOUND, b), Fetch("p", 0)], "23514"),
        // What ended takes its binding and its portals along.
        ("unbound after a Sync", &[Run(BOUND, a), Sync, Run(SLUGS, None)], "a1 a2 |"),
        (
            "a portal over a Sync",
            &[Open("p", BOUND, a), Fetch("p", 1), Sync, Fetch("p", 1)],
            "a1 suspended | 34000",
        ),
        (
            "after COMMIT",
            &[Run("BEGIN", None), Run(BOUND, a), Run("COMMIT", None), Run(SLUGS, None)],
            "| a1 a2 | |",
        ),
        (
            "after COMMIT AND CHAIN",
            &[
                Run("BEGIN", None),
                Run(BOUND, a),
                Run("COMMIT AND CHAIN", None),
                Run(SLUGS, None),
                Run("COMMIT", None),
            ],
            "| a1 a2 | | |",
        ),
        (
            "after an error",
            &[Run(BOUND, a), Run("SELECT 1/0", None), Run(SLUGS, None), Sync, Run(SLUGS, None)],
            "a1 a2 | 22012 |",
        ),
        (
            "another tenant's after a Sync",
            &[Run(BOUND, a), Sync, Run(BOUND, b), Run(SLUGS, None)],
            "a1 a2 | b1 b2 | b1 b2",
        ),
    ];
    for (name, steps, expected) in cases {
        let mut wire = Wire::connect(host, &login, "wire", world.test.name()).await;
        let said = wire.run(domain, steps).await;
        let trimmed = |text: &str| text.trim_end_matches(['|', ' ']).to_owned();
        assert_eq!(trimmed(&said), trimmed(expected), "{name}");
        // Whatever it was, the next statement on the connection is bound to nobody.
        assert_eq!(wire.run(domain, &[Run(SLUGS, None)]).await, "", "after: {name}");
    }
    let sql = format!("DROP ROLE {login}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.expect("the login goes");
    superuser.close().await.expect("closed");
}
