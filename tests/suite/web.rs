//! The layer and the extractors over real sockets: axum, WebSockets, streams, gRPC; what is logged, and what it costs.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::Message;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _, stream};
use http::header::HeaderName;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use tenancy::auth::{
    CredentialKind, Directory, DirectoryStore, Hosts, Listing, Memberships, OpaqueVerifier, PgIdentity,
    StoreError,
};
use tenancy::http::{
    LayerError, Problem, TenancyLayer, TenantWebSocket, TenantWebSocketUpgrade, tenant_token,
};
use tenancy::prelude::*;
use tenancy::{Error, Label};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite;
use tower::{Service as _, ServiceExt as _};

use crate::common::{NewPage, Page, Project, World};
use crate::log::Log;

/// `acme` and `globex` are the tenants of a [`World`].
struct Labels([TenantId; 2]);

impl DirectoryStore for Labels {
    async fn find(&self, label: &Label) -> Result<Option<Listing>, StoreError> {
        let tenant = ["acme", "globex"].iter().position(|name| *name == label.as_str()).map(|at| self.0[at]);
        Ok(tenant.map(Listing::new))
    }
}

fn layer(world: &World) -> TenancyLayer {
    TenancyLayer::builder()
        .bearer(world.authority.authority())
        .cookie("session", world.authority.authority())
        .hosts(Hosts::below("example.com").expect("a domain"))
        .directory(Directory::new(Labels([world.a.tenant(), world.b.tenant()])))
        .build()
        .expect("a layer")
}

/// Errors of statements, as an application answers them.
struct Failed(Error);

impl IntoResponse for Failed {
    fn into_response(self) -> axum::response::Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

async fn projects(token: TenantToken, State(db): State<TenantDb>) -> Result<Json<Vec<String>>, Failed> {
    let projects = Project::find(&token).order_by(|p| p.slug.asc()).fetch_all(&db).await?;
    Ok(Json(projects.into_iter().map(|project| project.slug).collect()))
}

async fn landing(
    site: PublicTenant,
    token: Option<TenantToken>,
    State(db): State<TenantDb>,
) -> Result<Json<(Vec<String>, Option<String>)>, Failed> {
    let pages = Page::find(&site).fetch_all(&db).await?;
    let who = token.map(|token| token.subject().to_owned());
    Ok(Json((pages.into_iter().map(|page| page.text).collect(), who)))
}

/// Says something every so often, for ever.
async fn endless(token: TenantToken) -> axum::body::Body {
    let ticks = stream::unfold(0, |tick| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Ok::<_, Infallible>(format!("{tick}\n")), tick + 1))
    });
    assert!(!token.is_expired());
    axum::body::Body::from_stream(ticks)
}

/// Says nothing, for ever.
async fn silent(_: TenantToken) -> axum::body::Body {
    axum::body::Body::from_stream(stream::pending::<Result<String, Infallible>>())
}

async fn echo(upgrade: TenantWebSocketUpgrade) -> axum::response::Response {
    upgrade.on_upgrade(async |mut socket: TenantWebSocket| {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

/// Never asks for a message: only the end of its token ends it.
async fn chatter(upgrade: TenantWebSocketUpgrade) -> axum::response::Response {
    upgrade.on_upgrade(async |mut socket: TenantWebSocket| {
        while socket.send(Message::Text("tick".into())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

fn service(world: &World) -> Router {
    Router::new()
        .route("/projects", get(projects))
        .route("/", get(landing))
        .route("/open", get(async || "no token is taken"))
        .route("/endless", get(endless))
        .route("/silent", get(silent))
        .route("/echo", get(echo))
        .route("/chatter", get(chatter))
        .route("/change", post(async |_: TenantToken| "changed"))
        .layer(layer(world))
        .with_state(world.db.clone())
}

async fn serve(service: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        axum::serve(listener, service.into_make_service_with_connect_info::<SocketAddr>())
            .await
            .expect("served");
    });
    address
}

/// An answer to bytes that are sent as they are.
async fn raw(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(request.as_ref()).await.expect("sent");
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer))
        .await
        .expect("in time");
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(path: &str, host: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn handlers_see_the_rows_of_whoever_asks() {
    let world = World::new().await;
    world.project(&world.a, "of-a").await;
    world.project(&world.b, "of-b").await;
    for (owner, text) in [(&world.a, "site of a"), (&world.b, "site of b")] {
        let page = NewPage { path: "/".into(), text: text.into() };
        Page::insert(owner, page).execute(&world.db).await.expect("its own");
    }
    let address = serve(service(&world)).await;
    let bearer = |tenant| format!("Authorization: Bearer {}\r\n", world.authority.jwt(tenant));
    let (a, b) = (bearer(world.a.tenant()), bearer(world.b.tenant()));

    for (of, slug) in [(&a, r#"["of-a"]"#), (&b, r#"["of-b"]"#)] {
        let answer = raw(address, request("/projects", "acme.example.com", of)).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(slug), "{answer}");
    }
    for (host, expected) in
        [("acme.example.com", r#"[["site of a"],null]"#), ("globex.example.com", r#"[["site of b"],null]"#)]
    {
        let answer = raw(address, request("/", host, "")).await;
        assert!(answer.ends_with(expected), "{answer}");
    }
    // Signed in at one tenant and visiting another: what is public there, and no more.
    let answer = raw(address, request("/", "globex.example.com", &a)).await;
    assert!(answer.ends_with(r#"[["site of b"],"tester"]"#), "{answer}");
    let answer = raw(address, request("/", "nobody.example.com", &a)).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");

    let anonymous = raw(address, request("/projects", "acme.example.com", "")).await;
    assert!(
        anonymous.starts_with("HTTP/1.1 401") && anonymous.contains("www-authenticate: Bearer\r\n"),
        "{anonymous}"
    );
    let bad = "Authorization: Bearer eyJ.e30.x\r\n";
    let refused = raw(address, request("/projects", "acme.example.com", bad)).await;
    assert!(refused.starts_with("HTTP/1.1 401") && refused.contains(r#"error="invalid_token""#), "{refused}");
    // A bad credential is no missing one, and stands in the way of nothing that needs none.
    let refused = raw(address, request("/", "acme.example.com", bad)).await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let open = raw(address, request("/open", "acme.example.com", bad)).await;
    assert!(open.starts_with("HTTP/1.1 200"), "{open}");
    // What is no HTTP never gets here, and what is barely so is refused.
    for nonsense in [
        "GET /projects HTTP/1.1\r\nAuthorization: Bearer \u{7f}\r\n\r\n",
        "GET /projects HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        "GET /projects HTTP/1.1\r\nAuthorization: Bearer x\r\n folded\r\nConnection: close\r\n\r\n",
    ] {
        let answer = raw(address, nonsense).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let long = format!("Authorization: Bearer {}\r\n", "a".repeat(20_000));
    let answer = raw(address, request("/projects", "acme.example.com", &long)).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let endless = format!("Authorization: Bearer {}\r\n", "a".repeat(2_000_000));
    let answer = raw(address, request("/projects", "acme.example.com", &endless)).await;
    assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
}

#[tokio::test]
async fn without_the_layer_there_is_no_token() {
    let world = World::new().await;
    let bare =
        Router::new().route("/projects", get(projects)).route("/", get(landing)).with_state(world.db.clone());
    let address = serve(bare).await;
    let jwt = world.authority.jwt(world.a.tenant());
    for path in ["/projects", "/"] {
        let more = format!("Authorization: Bearer {jwt}\r\n");
        let answer = raw(address, request(path, "acme.example.com", &more)).await;
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    }
}

/// A stream that has begun ends, with an error, when its token expires: one that says something all the time, and one that
/// says nothing.
#[tokio::test]
async fn streams_end_with_their_token() {
    let world = World::new().await;
    let address = serve(service(&world)).await;
    let expires_at = std::time::SystemTime::now() + Duration::from_secs(4);
    let jwt = world.authority.jwt_with(world.a.tenant(), |claims| claims.expires_at = expires_at);
    let more = format!("Authorization: Bearer {jwt}\r\n");
    let (endless, silent) = tokio::join!(
        raw(address, request("/endless", "acme.example.com", &more)),
        raw(address, request("/silent", "acme.example.com", &more)),
    );
    assert!(endless.starts_with("HTTP/1.1 200") && endless.contains("5\n"), "{endless}");
    assert!(silent.starts_with("HTTP/1.1 200"), "{silent}");
    for cut in [endless, silent] {
        assert!(!cut.contains("\r\n0\r\n"), "it must not look complete: {cut:?}");
    }
}

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

async fn open(address: SocketAddr, path: &str, jwt: &str) -> Result<Socket, tungstenite::Error> {
    let request = Request::builder()
        .uri(format!("ws://{address}{path}"))
        .header("host", "acme.example.com")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("authorization", format!("Bearer {jwt}"))
        .body(())
        .expect("a request");
    let stream = TcpStream::connect(address).await.expect("connected");
    tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| socket)
}

#[tokio::test]
async fn web_sockets_end_with_their_token() {
    let world = World::new().await;
    let address = serve(service(&world)).await;
    for path in ["/echo", "/chatter"] {
        let expires_at = std::time::SystemTime::now() + Duration::from_secs(4);
        let jwt = world.authority.jwt_with(world.a.tenant(), |claims| claims.expires_at = expires_at);
        let mut socket = open(address, path, &jwt).await.expect("it is good still");
        socket.send("tick".into()).await.expect("sent");
        let first = socket.next().await.expect("an answer").expect("a message");
        assert_eq!(first.to_text().expect("text"), "tick");
        let closed = loop {
            let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("in time");
            match next.expect("a close frame comes first").expect("a message") {
                tungstenite::Message::Close(frame) => break frame.expect("with a reason"),
                _ => {
                    assert!(std::time::SystemTime::now() < expires_at + Duration::from_secs(5), "it goes on")
                }
            }
        };
        assert_eq!(u16::from(closed.code), 1008, "{closed:?}");
    }
    for jwt in ["", "eyJ.e30.x"] {
        let refused = open(address, "/echo", jwt).await.expect_err("no token");
        let tungstenite::Error::Http(answer) = refused else { panic!("{refused}") };
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
}

/// The same layer in front of gRPC, where nothing extracts: it answers by itself.
#[tokio::test]
async fn a_service_of_grpc_behind_the_layer() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;

    let world = World::new().await;
    let layer =
        TenancyLayer::builder().bearer(world.authority.authority()).required().build().expect("a layer");
    let (_, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sees = Arc::clone(&seen);
    let inspect = move |request: tonic::Request<()>| {
        let token = tenant_token(request.extensions()).expect("a layer stands in front");
        sees.lock().expect("not poisoned").push(token.expect("it is required").tenant());
        Ok(request)
    };
    let health = tonic::service::interceptor::InterceptedService::new(health, inspect);
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(async move {
        let served = tonic::transport::Server::builder().layer(layer).add_service(health);
        served.serve_with_incoming(incoming).await.expect("served");
    });
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let channel = channel.connect().await.expect("connected");
    let check = async |authorization: Option<String>| {
        let mut request = tonic::Request::new(HealthCheckRequest { service: String::new() });
        if let Some(value) = authorization {
            request.metadata_mut().insert("authorization", value.parse().expect("ASCII"));
        }
        HealthClient::new(channel.clone()).check(request).await.map(drop).map_err(|status| status.code())
    };
    assert_eq!(check(None).await, Err(tonic::Code::Unauthenticated));
    assert_eq!(check(Some("Bearer eyJ.e30.x".into())).await, Err(tonic::Code::Unauthenticated));
    assert!(seen.lock().expect("not poisoned").is_empty(), "nothing got through");
    let jwt = world.authority.jwt(world.a.tenant());
    assert_eq!(check(Some(format!("Bearer {jwt}"))).await, Ok(()));
    assert_eq!(*seen.lock().expect("not poisoned"), [world.a.tenant()]);
}

/// One request through the layer, in this task.
async fn ask(service: &Router, jwt: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .uri("/open")
        .header("host", "acme.example.com")
        .header("authorization", format!("Bearer {jwt}"))
        .body(axum::body::Body::empty())
        .expect("a request");
    let Ok(response) = service.clone().oneshot(request).await;
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn spans_say_who_and_stay_one_line() {
    let world = World::new().await;
    let service = service(&world);
    let hostile = "eve\r\n2026-01-01 ERROR forged\u{1b}[2J\u{202e}";
    let jwt = world.authority.jwt_with(world.a.tenant(), |claims| claims.subject = hostile.into());
    ask(&service, &jwt).await;
    ask(&service, "eyJ.e30.x").await;
    let log = Log::default();
    let listening = log.listen();
    let (status, _) = ask(&service, &jwt).await;
    assert_eq!(status, StatusCode::OK);
    ask(&service, "eyJ.e30.x").await;
    drop(listening);
    let lines = log.lines();
    let span = lines.iter().find(|line| line.contains("span tenant")).expect("a span");
    assert!(span.contains(&world.a.tenant().to_string()) && span.contains("eve"), "{span}");
    let refused = lines.iter().find(|line| line.contains("tenancy::auth")).expect("an event");
    assert!(refused.contains("not a JWT"), "{refused}");
    for line in &lines {
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
        assert!(!line.contains(&jwt) && !line.contains("eyJ.e30.x"), "{line}");
    }
}

/// Not a member, no tenant, a suspended one: one answer, and three events.
#[tokio::test]
async fn what_looks_alike_outside_is_told_apart_in_the_log() {
    let test = crate::identity::database().await;
    let identity: PgIdentity = crate::identity::store(&test).await;
    let label = |text: &str| text.parse::<Label>().expect("a label");
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    let gone = identity.create_tenant(&label("gone")).await.expect("created");
    let others = identity.create_tenant(&label("others")).await.expect("created");
    for tenant in [acme, gone] {
        identity.admit(tenant, "ada").await.expect("admitted");
    }
    identity.suspend(gone).await.expect("suspended");
    let hour = Duration::from_secs(3600);
    let session = identity.issue(CredentialKind::Session, "ada", None, hour).await.expect("issued").reveal();
    let authority = Authority::new(OpaqueVerifier::new(identity.clone(), CredentialKind::Session))
        .with_memberships(Memberships::new(identity.clone()));
    let layer = TenancyLayer::builder()
        .cookie("__Host-session", &authority)
        .tenant_header(HeaderName::from_static("x-tenant-id"))
        .directory(Directory::new(identity))
        .build()
        .expect("a layer");
    let service =
        Router::new().route("/", get(async |token: TenantToken| token.tenant().to_string())).layer(layer);
    let ask = async |tenant: String| {
        let request = Request::builder()
            .uri("/")
            .header("cookie", format!("__Host-session={session}"))
            .header("x-tenant-id", tenant)
            .body(axum::body::Body::empty())
            .expect("a request");
        let Ok(response) = service.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let mut headers: Vec<_> =
            parts.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        headers.sort();
        (parts.status, headers, body.collect().await.expect("a body").to_bytes())
    };
    assert_eq!(ask("acme".into()).await.0, StatusCode::OK);
    let cases = [
        (others.to_string(), "the subject is no member of the tenant"),
        (TenantId::random().to_string(), "there is no such tenant"),
        ("nobody".to_owned(), "there is no such tenant"),
        (gone.to_string(), "the tenant is suspended"),
        ("gone".to_owned(), "the tenant is suspended"),
    ];
    ask(others.to_string()).await;
    let mut answers = Vec::new();
    for (tenant, reason) in cases {
        let log = Log::default();
        let listening = log.listen();
        answers.push(ask(tenant.clone()).await);
        drop(listening);
        let lines = log.lines();
        assert!(lines.iter().any(|line| line.contains(reason)), "{tenant}: {lines:?}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::FORBIDDEN);
}

/// What the layer costs beyond authentication, in allocations: what the token is laid into, and at most one more when the
/// request's table of extensions must grow for it.
#[tokio::test]
async fn the_layer_allocates_next_to_nothing() {
    let world = World::new().await;
    let authority = world.authority.authority().clone();
    let layer = TenancyLayer::builder().bearer(&authority).build().expect("a layer");
    let jwt = world.authority.jwt(world.a.tenant());
    let inner = tower::service_fn(async |request: Request<Empty<bytes::Bytes>>| {
        Ok::<_, Infallible>(http::Response::new(request.into_body()))
    });
    let mut bare = inner;
    let mut layered = tower::Layer::layer(&layer, inner);
    // As axum hands a request on: it has noted the route and the address.
    let request = || {
        let mut request = Request::builder()
            .uri("/")
            .header("authorization", format!("Bearer {jwt}"))
            .body(Empty::new())
            .expect("a request");
        request.extensions_mut().insert("the route");
        request
    };
    let count = |work: &mut dyn FnMut()| {
        work();
        allocation_counter::measure(work).count_total
    };
    let authenticated = count(&mut || drop(authority.authenticate(&jwt).now_or_never().expect("at once")));
    let one = request();
    let mut requests = vec![request(), one];
    let bare = count(&mut || drop(bare.call(requests.pop().expect("two")).now_or_never().expect("at once")));
    let mut requests = vec![request(), request()];
    let layered =
        count(&mut || drop(layered.call(requests.pop().expect("two")).now_or_never().expect("at once")));
    let beyond = layered - authenticated - bare;
    println!("{authenticated} allocations of authentication, {beyond} of the layer");
    assert!(beyond <= 2, "{layered} with the layer, {authenticated} of authentication, {bare} without both");
}

#[tokio::test]
async fn layers_that_make_no_sense() {
    let world = World::new().await;
    let authority = world.authority.authority();
    let built = [
        (TenancyLayer::builder(), LayerError::NoAuthority),
        (TenancyLayer::builder().bearer(authority).bearer(authority), LayerError::OnePlaceTwice),
        (TenancyLayer::builder().cookie("a b", authority), LayerError::CookieName),
        (TenancyLayer::builder().cookie("", authority), LayerError::CookieName),
        (TenancyLayer::builder().bearer(authority).tenant_path("t"), LayerError::PathPrefix),
        (TenancyLayer::builder().bearer(authority).tenant_path("/"), LayerError::PathPrefix),
        (TenancyLayer::builder().bearer(authority).tenant_subdomain(), LayerError::NoHosts),
        (
            TenancyLayer::builder().bearer(authority).hosts(Hosts::below("example.com").expect("a domain")),
            LayerError::NoHosts,
        ),
    ];
    for (builder, expected) in built {
        assert_eq!(builder.build().err(), Some(expected));
    }
    for base in ["", "EXAMPLE.com", ".example.com", "example.com.", "127.0.0.1", "exa mple.com", "[::1]"] {
        assert!(Hosts::below(base).is_err(), "{base}");
    }
    assert_eq!(Problem::from(tenancy::AuthError::NoKeys).status(), StatusCode::SERVICE_UNAVAILABLE);
}
