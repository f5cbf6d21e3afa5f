//! Everything hostile that a request can bring, over published keys, real routing and the real extractors: each differs from a
//! request that is accepted by one thing, gets the refusal that it should, and never a token.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::routing::{any, get};
use http::header::HeaderName;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenancy_core::auth::JwtAlgorithm::*;
use tenancy_core::auth::{
    Directory, DirectoryStore, HostError, Hosts, Listing, MembershipStore, Memberships, Standing, StoreError,
};
use tenancy_core::http::TenancyLayer;
use tenancy_core::{Authority, Label, PublicTenant, TenantId, TenantToken};
use tower::ServiceExt as _;

use crate::common::*;
use crate::jwk::{jwk, signer};
use crate::jwks::Provider;

const OTHER: &str = "7e57ab1e-0000-4000-8000-000000000002";
const UNKNOWN: &str = "7e57ab1e-0000-4000-8000-00000000ffff";
const SUSPENDED: &str = "7e57ab1e-0000-4000-8000-000000000003";

fn id(text: &str) -> TenantId {
    text.parse().expect("an id")
}

/// `acme` is the tenant of the good token, `globex` another, `gone` is suspended. Ada is a member of all three; Eve
/// of none.
struct Store;

impl DirectoryStore for Store {
    async fn find(&self, label: &Label) -> Result<Option<Listing>, StoreError> {
        let listing = |tenant, suspended| Some(Listing::new(id(tenant)).suspended(suspended));
        Ok(match label.as_str() {
            "acme" => listing(TENANT, false),
            "globex" => listing(OTHER, false),
            "gone" => listing(SUSPENDED, true),
            // Whoever let these in: they are reserved, and open nothing.
            "www" | "app" => listing(TENANT, false),
            _ => None,
        })
    }
}

impl MembershipStore for Store {
    async fn standing(&self, subject: &str, tenant: TenantId) -> Result<Standing, StoreError> {
        Ok(match (subject, tenant.to_string().as_str()) {
            ("ada", TENANT | OTHER) => Standing::Member,
            ("ada", SUSPENDED) => Standing::Suspended,
            (_, TENANT | OTHER | SUSPENDED) => Standing::NotAMember,
            _ => Standing::UnknownTenant,
        })
    }
}

/// A request that is accepted, until something in it is changed.
struct Attempt {
    header: Value,
    claims: Value,
    /// In place of what header and claims would make.
    token: Option<Vec<u8>>,
    signed_with: tenancy_core::auth::JwtAlgorithm,
    method: &'static str,
    uri: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    /// Where the token stands: `authorization`, or `x-user-token`, which says who and not for which tenant.
    place: &'static str,
    peer: [u8; 4],
}

impl Attempt {
    fn good() -> Self {
        Self {
            header: json!({ "alg": "ES256", "typ": "JWT", "kid": "key" }),
            claims: good_claims(),
            token: None,
            signed_with: ES256,
            method: "GET",
            uri: "/token".into(),
            headers: vec![("host", b"acme.example.com".to_vec())],
            place: "authorization",
            peer: [203, 0, 113, 9],
        }
    }

    /// A user of several tenants, who has chosen none yet.
    fn user() -> Self {
        let mut attempt = Self::good();
        attempt.place = "x-user-token";
        attempt.set("host", "example.com");
        attempt
    }

    fn set(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.headers.retain(|(held, _)| *held != name);
        self.add(name, value);
    }

    fn add(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.headers.push((name, value.as_ref().to_vec()));
    }

    fn jwt(&self) -> Vec<u8> {
        self.token.clone().unwrap_or_else(|| {
            signer(self.signed_with).sign(self.header.to_string(), self.claims.to_string()).into()
        })
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(&self.uri);
        request = request.extension(ConnectInfo(std::net::SocketAddr::from((self.peer, 4711))));
        for (name, value) in &self.headers {
            request = request.header(*name, HeaderValue::from_bytes(value).expect("a header can hold it"));
        }
        let credential = match self.place {
            "authorization" => [b"Bearer ", &*self.jwt()].concat(),
            "" => return request.body(Body::empty()).expect("a request"),
            _ => self.jwt(),
        };
        let value = HeaderValue::from_bytes(&credential).expect("a header can hold it");
        request.header(self.place, value).body(Body::empty()).expect("a request")
    }
}

fn served(authority: &Authority, users: &Authority) -> Router {
    let sites = Hosts::below("example.com").expect("a domain");
    let layer = TenancyLayer::builder()
        .bearer(authority)
        .header(HeaderName::from_static("x-user-token"), users)
        .cookie("__Host-session", authority)
        .tenant_header(HeaderName::from_static("x-tenant-id"))
        .tenant_path("/t/")
        .tenant_subdomain()
        .hosts(sites)
        .directory(Directory::new(Store))
        .trusted_proxies(["10.0.0.0/8".parse().expect("a network")])
        .build()
        .expect("a layer");
    Router::new()
        .route("/token", any(async |token: TenantToken| token.tenant().to_string()))
        .route("/t/{*rest}", any(async |token: TenantToken| token.tenant().to_string()))
        .route(
            "/optional",
            get(async |token: Option<TenantToken>| match token {
                Some(token) => token.tenant().to_string(),
                None => "nobody".into(),
            }),
        )
        .route("/site", get(async |site: PublicTenant| site.tenant().to_string()))
        .layer(layer)
}

async fn answer(service: &Router, attempt: &Attempt) -> (StatusCode, http::HeaderMap, String) {
    let response: Result<Response, Infallible> = service.clone().oneshot(attempt.request()).await;
    let Ok(response) = response;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

type Change = Box<dyn FnOnce(&mut Attempt)>;

fn change(change: impl FnOnce(&mut Attempt) + 'static) -> Change {
    Box::new(change)
}

/// Of bearer tokens: 401 each.
fn tokens(evil: &str) -> Vec<(String, Change)> {
    let mut all: Vec<(String, Change)> = Vec::new();
    let mut add = |name: &str, by: Change| all.push((name.to_owned(), by));
    // What is no JWT.
    for text in ["", ".", "..", "...", "a.b.c", "null", "Bearer", "acme", "eyJhbGciOiJub25lIn0.e30."] {
        add(&format!("the token {text:?}"), change(move |a| a.token = Some(text.into())));
    }
    for bytes in [&b"\xff\xfe\xfd"[..], b"eyJ\xe9.e30.x", "тест.e30.x".as_bytes()] {
        add("not ASCII", change(move |a| a.token = Some(bytes.into())));
    }
    add("oversized", change(|a| a.claims["padding"] = json!("x".repeat(20_000))));
    add("a megabyte", change(|a| a.token = Some(vec![b'a'; 1 << 20])));
    add(
        "cut off",
        change(|a| {
            let mut jwt = a.jwt();
            jwt.truncate(jwt.len() - 2);
            a.token = Some(jwt);
        }),
    );
    add(
        "another message under the signature",
        change(|a| {
            let jwt = String::from_utf8(a.jwt()).expect("ASCII");
            let (_, signature) = jwt.rsplit_once('.').expect("parts");
            let mut other = Attempt::good();
            other.claims["sub"] = json!("eve");
            let forged = String::from_utf8(other.jwt()).expect("ASCII");
            let (message, _) = forged.rsplit_once('.').expect("parts");
            a.token = Some(format!("{message}.{signature}").into());
        }),
    );
    add(
        "no signature",
        change(|a| {
            let jwt = String::from_utf8(a.jwt()).expect("ASCII");
            let (message, _) = jwt.rsplit_once('.').expect("parts");
            a.token = Some(format!("{message}.").into());
        }),
    );
    add(
        "a blank after the token",
        change(|a| {
            let jwt = [&a.jwt()[..], b" x"].concat();
            a.token = Some(jwt);
        }),
    );
    for (name, deep) in [("arrays", "[".repeat(4000)), ("objects", "{\"a\":".repeat(1500))] {
        add(
            &format!("deep nesting of {name}"),
            change(move |a| {
                let claims = format!("{{\"sub\":\"ada\",\"x\":{deep}");
                a.token = Some(signer(ES256).sign(a.header.to_string(), claims).into());
            }),
        );
    }
    // The header.
    for alg in ["none", "None", "HS256", "RS256", "ES384", "es256", ""] {
        add(&format!("alg {alg:?}"), change(move |a| a.header["alg"] = json!(alg)));
    }
    add(
        "the public key as an HMAC secret",
        change(|a| {
            let public = jwk(ES256).to_string();
            a.header["alg"] = json!("HS256");
            let signed = Signer::secret(jsonwebtoken::Algorithm::HS256, public.as_bytes());
            a.token = Some(signed.sign(a.header.to_string(), a.claims.to_string()).into());
        }),
    );
    for typ in ["dpop+jwt", "logout+jwt", "tenancy-grant+jwt", "JWE"] {
        add(&format!("typ {typ}"), change(move |a| a.header["typ"] = json!(typ)));
    }
    add("crit", change(|a| a.header["crit"] = json!(["exp"])));
    let own = Signer::secret(jsonwebtoken::Algorithm::HS256, b"a secret of the attacker's own choosing");
    let own = own.sign(json!({ "alg": "HS256", "kid": "key" }).to_string(), good_claims().to_string());
    add("a secret of the attacker's", change(move |a| a.token = Some(own.into())));
    // `kid` tricks.
    for kid in [
        json!("../../../../dev/null"),
        json!("/proc/self/environ"),
        json!(format!("{evil}/keys")),
        json!("file:///etc/passwd"),
        json!("' UNION SELECT 'key"),
        json!("key' OR '1'='1"),
        json!("key\u{0}"),
        json!("key\n"),
        json!(" key"),
        json!("KEY"),
        json!("*"),
        json!(""),
        json!("k".repeat(8000)),
        json!(["key"]),
        json!({ "key": "key" }),
        json!(0),
        json!(true),
        // Keys that the set has for something else.
        json!("encryption"),
        json!("secret"),
        json!("wide"),
    ] {
        add(&format!("kid {:.40}", kid.to_string()), change(move |a| a.header["kid"] = kid));
    }
    add("no kid", change(|a| remove(&mut a.header, "kid")));
    add("another key's id", change(|a| a.header["kid"] = json!("rsa")));
    add(
        "another key's id and algorithm",
        change(|a| {
            a.header["kid"] = json!("rsa");
            a.header["alg"] = json!("RS256");
        }),
    );
    for (name, value) in [
        ("jku", json!(format!("{evil}/keys"))),
        ("x5u", json!(format!("{evil}/certificate"))),
        ("jwk", jwk(EdDSA)),
        ("x5c", json!(["MIIB"])),
    ] {
        // Signed with a key that the token itself brings along.
        add(
            &format!("{name} in the header"),
            change(move |a| {
                a.header[name] = value;
                a.header["alg"] = json!("EdDSA");
                a.signed_with = EdDSA;
            }),
        );
    }
    // Claims.
    for claim in ["iss", "aud", "sub", "exp", "tenant_id"] {
        add(&format!("no {claim}"), change(move |a| remove(&mut a.claims, claim)));
        add(&format!("{claim} is null"), change(move |a| a.claims[claim] = Value::Null));
        add(&format!("{claim} is an object"), change(move |a| a.claims[claim] = json!({ "$ne": null })));
        add(
            &format!("{claim} twice"),
            change(move |a| {
                let claims = a.claims.to_string();
                let again = json!({ claim: a.claims[claim] }).to_string();
                let claims = format!("{},{}", &claims[..claims.len() - 1], &again[1..]);
                a.token = Some(signer(ES256).sign(a.header.to_string(), claims).into());
            }),
        );
    }
    for (claim, value) in [
        ("iss", json!("https://id.example.com/")),
        ("iss", json!("https://id.example.com.evil.test")),
        ("iss", json!(["https://id.example.com"])),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", json!("api ")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("exp", json!(now() - 60)),
        ("exp", json!("9999999999")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!(now() + 400 * DAY)),
        ("nbf", json!(now() + 600)),
        ("iat", json!(now() + 600)),
        ("iat", json!("now")),
        ("jti", json!(["a"])),
        ("tenant_id", json!("")),
        ("tenant_id", json!("acme")),
        ("tenant_id", json!("00000000-0000-0000-0000-000000000000")),
        ("tenant_id", json!("{0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55}")),
        ("tenant_id", json!("0b9f7c9e3d0b4f6e9d0e2f8f7f1f3c55")),
        ("tenant_id", json!("0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55 ")),
        ("tenant_id", json!(["0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55"])),
    ] {
        add(&format!("{claim}: {value}"), change(move |a| a.claims[claim] = value));
    }
    all
}

/// Of hosts, for visitors: 400 for what is none, 404 for what is nobody's.
const SITES: &[(&[u8], u16)] = &[
    (b"example.com", 404),
    (b"www.example.com", 404),
    (b"WWW.EXAMPLE.COM", 404),
    (b"app.example.com:443", 404),
    (b"nobody.example.com", 404),
    (b"gone.example.com", 404),
    (b"acme.example.com.evil.test", 404),
    (b"acme.example.com.", 200),
    (b"acme.example.com..", 400),
    (b"ACME.Example.Com:8443", 200),
    (b"acmeexample.com", 404),
    (b"evil-example.com", 404),
    (b"acme.evilexample.com", 404),
    (b"acme.example.co", 404),
    (b"evil.test", 404),
    (b"a.acme.example.com", 404),
    (b"acme.acme.example.com", 404),
    (b".example.com", 400),
    (b"..example.com", 400),
    (b"acme..example.com", 400),
    (b"acme.example..com", 400),
    (b"-acme.example.com", 400),
    (b"acme-.example.com", 400),
    (b"acme_x.example.com", 400),
    (b"xn--acm-epa.example.com", 404),
    (b"ac--me.example.com", 404),
    ("\u{ff41}cme.example.com".as_bytes(), 400),
    ("acme\u{3002}example.com".as_bytes(), 400),
    ("ácme.example.com".as_bytes(), 400),
    (b"acme%2eexample.com", 400),
    (b"acme%00.example.com", 400),
    (b"acme.example.com%00.evil.test", 400),
    (b"user@acme.example.com", 400),
    (b"user:password@acme.example.com", 400),
    (b"acme.example.com@evil.test", 400),
    (b"acme.example.com/path", 400),
    (b"acme.example.com?x", 400),
    (b"acme.example.com#x", 400),
    (b"acme.example.com\\evil.test", 400),
    (b"http://acme.example.com", 400),
    (b"acme.example.com:", 400),
    (b"acme.example.com:x", 400),
    (b"acme.example.com:-1", 400),
    (b"acme.example.com:65536", 400),
    (b"acme.example.com:000080", 400),
    (b"acme.example.com:80:80", 400),
    (b"acme.example.com, evil.test", 400),
    (b"acme.example.com evil.test", 400),
    (b"acme.example.com\tx", 400),
    (b"*.example.com", 400),
    (b"127.0.0.1", 404),
    (b"[::1]", 400),
    (b"[::1]:80", 400),
    (b"::1", 400),
    (b"localhost", 404),
    (b"com", 404),
    (b"", 400),
    (b".", 400),
    (b"0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55.example.com", 404),
    (b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com", 400),
    (b"acme.example.com;x=1", 400),
    (b"acme'--.example.com", 400),
];

/// Of requests around a good token.
fn requests(jwt: String) -> Vec<(&'static str, u16, Change)> {
    let bearer = format!("Bearer {jwt}");
    let other_scheme = format!("Digest {jwt}");
    let (in_cookie, cookie) = (jwt.clone(), format!("__Host-session={jwt}"));
    let cookies = format!("__Host-session={jwt}; a=b; __Host-session={jwt}");
    let apart = cookie.clone();
    // As a browser sends it along, whoever makes it send the request.
    let sent_along = |by: fn(&mut Attempt)| {
        let cookie = cookie.clone();
        change(move |a| {
            a.place = "";
            a.set("cookie", &cookie);
            by(a);
        })
    };
    vec![
        // Credentials.
        ("none at all", 401, change(|a| a.place = "")),
        (
            "a scheme of another kind",
            401,
            change(|a| {
                a.place = "";
                a.add("authorization", "Basic YWRhOnBhc3N3b3Jk");
            }),
        ),
        (
            "a scheme alone",
            401,
            change(|a| {
                a.place = "";
                a.add("authorization", "Bearer");
            }),
        ),
        (
            "a scheme and a blank",
            401,
            change(|a| {
                a.place = "";
                a.add("authorization", "Bearer ");
            }),
        ),
        (
            "a good token under another scheme",
            401,
            change(move |a| {
                a.place = "";
                a.add("authorization", other_scheme);
            }),
        ),
        (
            "a token without a scheme",
            401,
            change(move |a| {
                a.place = "";
                a.add("authorization", jwt);
            }),
        ),
        ("Authorization twice", 400, change(move |a| a.add("authorization", bearer))),
        ("two credentials at two places", 400, change(move |a| a.add("x-user-token", in_cookie))),
        ("a bearer token and a cookie", 400, change(move |a| a.add("cookie", apart))),
        (
            "a cookie twice",
            400,
            change(move |a| {
                a.place = "";
                a.add("cookie", cookies);
            }),
        ),
        (
            "a cookie that is not ASCII",
            401,
            change(|a| {
                a.place = "";
                a.add("cookie", b"__Host-session=\xff");
            }),
        ),
        (
            "a cookie of a longer name",
            401,
            change(|a| {
                a.place = "";
                a.add("cookie", "__Host-session2=x; x__Host-session=y");
            }),
        ),
        (
            "an empty cookie",
            401,
            change(|a| {
                a.place = "";
                a.add("cookie", "__Host-session=");
            }),
        ),
        // Cookies that another site sends along.
        (
            "POST from another site",
            403,
            sent_along(|a| {
                a.method = "POST";
                a.add("sec-fetch-site", "cross-site");
            }),
        ),
        (
            "POST from a sibling tenant",
            403,
            sent_along(|a| {
                a.method = "POST";
                a.add("sec-fetch-site", "same-site");
            }),
        ),
        (
            "POST from another origin",
            403,
            sent_along(|a| {
                a.method = "POST";
                a.add("origin", "https://globex.example.com");
            }),
        ),
        (
            "POST from nowhere",
            403,
            sent_along(|a| {
                a.method = "POST";
                a.add("origin", "null");
            }),
        ),
        (
            "DELETE with two origins",
            403,
            sent_along(|a| {
                a.method = "DELETE";
                a.add("origin", "https://acme.example.com");
                a.add("origin", "https://evil.test");
            }),
        ),
        (
            "a WebSocket from another site",
            403,
            sent_along(|a| {
                a.add("upgrade", "websocket");
                a.add("origin", "https://evil.test");
            }),
        ),
        (
            "POST from an origin that begins alike",
            403,
            sent_along(|a| {
                a.method = "POST";
                a.add("origin", "https://acme.example.com.evil.test");
            }),
        ),
        // Which tenant.
        ("the header asks for another tenant", 400, change(|a| a.add("x-tenant-id", OTHER))),
        (
            "the header asks for another tenant, at the base domain",
            403,
            change(|a| {
                a.set("host", "example.com");
                a.add("x-tenant-id", OTHER);
            }),
        ),
        ("the host asks for another tenant", 403, change(|a| a.set("host", "globex.example.com"))),
        ("the host asks for an unknown tenant", 403, change(|a| a.set("host", "nobody.example.com"))),
        ("the host asks for a suspended tenant", 403, change(|a| a.set("host", "gone.example.com"))),
        (
            "its own tenant is suspended",
            403,
            change(|a| {
                a.claims["tenant_id"] = json!(SUSPENDED);
                a.set("host", "gone.example.com");
            }),
        ),
        ("the path asks for another tenant than the host", 400, change(|a| a.uri = "/t/globex/x".into())),
        (
            "the path asks for another tenant, at the base domain",
            403,
            change(|a| {
                a.set("host", "example.com");
                a.uri = "/t/globex/x".into();
            }),
        ),
        (
            "the header twice",
            400,
            change(|a| {
                a.add("x-tenant-id", TENANT);
                a.add("x-tenant-id", TENANT);
            }),
        ),
        ("a list in the header", 400, change(|a| a.add("x-tenant-id", format!("{TENANT},{OTHER}")))),
        ("a header that is no tenant", 400, change(|a| a.add("x-tenant-id", "' OR 1=1 --"))),
        ("a header that is not ASCII", 400, change(|a| a.add("x-tenant-id", b"\xff\xfe"))),
        ("an empty header", 400, change(|a| a.add("x-tenant-id", ""))),
        ("the nil tenant", 400, change(|a| a.add("x-tenant-id", "00000000-0000-0000-0000-000000000000"))),
        ("a path that is percent-encoded", 400, change(|a| a.uri = "/t/%61cme/x".into())),
        ("a path that climbs", 400, change(|a| a.uri = "/t/../acme".into())),
        ("a path in upper case", 400, change(|a| a.uri = "/t/ACME/x".into())),
        ("no host", 400, change(|a| a.headers.clear())),
        ("a host elsewhere", 404, change(|a| a.set("host", "evil.test"))),
        ("a host that is none", 400, change(|a| a.set("host", "user@acme.example.com"))),
        ("two hosts", 400, change(|a| a.add("host", "acme.example.com"))),
        (
            "an absolute address beside another host",
            400,
            change(|a| {
                a.uri = "http://globex.example.com/token".into();
            }),
        ),
        (
            "an absolute address with user information",
            400,
            change(|a| {
                a.headers.clear();
                a.uri = "http://acme.example.com@globex.example.com/token".into();
            }),
        ),
        // Forwarding, by a proxy that is trusted.
        (
            "a proxy forwards another host",
            403,
            change(|a| {
                a.peer = [10, 1, 2, 3];
                a.add("x-forwarded-host", "globex.example.com");
            }),
        ),
        (
            "a proxy adds to what it was sent",
            400,
            change(|a| {
                a.peer = [10, 1, 2, 3];
                a.add("x-forwarded-host", "globex.example.com, acme.example.com");
            }),
        ),
        (
            "a proxy forwards two hosts",
            400,
            change(|a| {
                a.peer = [10, 1, 2, 3];
                a.add("x-forwarded-host", "acme.example.com");
                a.add("x-forwarded-host", "acme.example.com");
            }),
        ),
    ]
}

/// Of users of several tenants.
fn users() -> Vec<(&'static str, u16, Change)> {
    vec![
        ("no tenant is chosen", 400, change(|_| {})),
        (
            "no member",
            403,
            change(|a| {
                a.claims["sub"] = json!("eve");
                a.add("x-tenant-id", TENANT);
            }),
        ),
        ("an unknown tenant", 403, change(|a| a.add("x-tenant-id", UNKNOWN))),
        ("a suspended tenant", 403, change(|a| a.add("x-tenant-id", SUSPENDED))),
        ("a suspended tenant by its label", 403, change(|a| a.add("x-tenant-id", "gone"))),
        ("an unknown label", 403, change(|a| a.add("x-tenant-id", "nobody"))),
        (
            "header and host differ",
            400,
            change(|a| {
                a.set("host", "acme.example.com");
                a.add("x-tenant-id", OTHER);
            }),
        ),
        (
            "header and path differ",
            400,
            change(|a| {
                a.uri = "/t/acme/x".into();
                a.add("x-tenant-id", "globex");
            }),
        ),
        (
            "host and path differ",
            400,
            change(|a| {
                a.set("host", "globex.example.com");
                a.uri = "/t/acme/x".into();
            }),
        ),
        (
            "a subject of another case",
            403,
            change(|a| {
                a.claims["sub"] = json!("Ada");
                a.add("x-tenant-id", TENANT);
            }),
        ),
        (
            "a subject with a null character",
            403,
            change(|a| {
                a.claims["sub"] = json!("ada\u{0}");
                a.add("x-tenant-id", TENANT);
            }),
        ),
    ]
}

/// The answers that clients get: none says more than its status does, but for what a request must say.
const BODIES: [&str; 8] = [
    r#"{"type":"about:blank","title":"Unauthorized","status":401}"#,
    r#"{"type":"about:blank","title":"Forbidden","status":403}"#,
    r#"{"type":"about:blank","title":"Not Found","status":404}"#,
    r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"present one credential, once"}"#,
    r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"name one tenant, once"}"#,
    r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"that names no tenant"}"#,
    r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"name a tenant"}"#,
    r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"the host is not a host name"}"#,
];

async fn refused(service: &Router, name: &str, attempt: &Attempt, expected: u16) {
    let (status, headers, body) = answer(service, attempt).await;
    assert_eq!(status.as_u16(), expected, "{name}: {body}");
    assert!(BODIES.contains(&body.as_str()), "{name}: {body}");
    assert_eq!(headers["content-type"], "application/problem+json", "{name}");
    assert_eq!(headers["cache-control"], "no-store", "{name}");
    assert_eq!(headers.contains_key("www-authenticate"), expected == 401, "{name}");
}

#[tokio::test]
async fn nothing_hostile_gets_a_token() {
    let mut keys = vec![jwk(ES256), jwk(RS256), jwk(ES384), jwk(EdDSA)];
    for (key, kid) in keys.iter_mut().zip(["key", "rsa", "wide", "encryption"]) {
        key["kid"] = json!(kid);
    }
    keys[3]["use"] = json!("enc");
    let secret = json!({ "kty": "oct", "alg": "HS256", "kid": "secret", "k": "c2l4dHktZm91ciBieXRlcyBvZiBhIHNlY3JldA" });
    keys.push(secret);
    let provider = Provider::new(json!({ "keys": keys })).await;
    let evil = Provider::new(json!({ "keys": [jwk(EdDSA)] })).await;
    let published = provider.keys().connect().await.expect("keys");
    let authority = Authority::new(builder().jwks(published.clone()).build().expect("a verifier"));
    let users_verifier = builder().jwks(published).without_tenant_claim().build().expect("a verifier");
    let by_membership = Authority::new(users_verifier).with_memberships(Memberships::new(Store));
    let service = served(&authority, &by_membership);
    let asked_before = provider.asked();

    // What is accepted.
    let accepted = async |name: &str, attempt: Attempt, tenant: &str| {
        let (status, _, body) = answer(&service, &attempt).await;
        assert_eq!((status.as_u16(), body.as_str()), (200, tenant), "{name}");
    };
    accepted("the good token", Attempt::good(), TENANT).await;
    let mut visitor = Attempt::good();
    (visitor.place, visitor.uri) = ("", "/optional".into());
    accepted("no credential where it is optional", visitor, "nobody").await;
    let with = |by: &dyn Fn(&mut Attempt)| {
        let mut attempt = Attempt::good();
        by(&mut attempt);
        attempt
    };
    accepted(
        "everything says the same",
        with(&|a| {
            a.uri = "/t/acme/projects".into();
            a.add("x-tenant-id", TENANT);
        }),
        TENANT,
    )
    .await;
    accepted(
        "a stranger's X-Forwarded-Host is not read",
        with(&|a| a.add("x-forwarded-host", "globex.example.com")),
        TENANT,
    )
    .await;
    accepted("Forwarded is never read", with(&|a| a.add("forwarded", "host=globex.example.com")), TENANT)
        .await;
    accepted(
        "a proxy forwards the host",
        with(&|a| {
            a.peer = [10, 1, 2, 3];
            a.set("host", "internal");
            a.add("x-forwarded-host", "acme.example.com");
        }),
        TENANT,
    )
    .await;
    for (method, site) in [("GET", "cross-site"), ("POST", "same-origin")] {
        accepted(
            "a cookie",
            with(&|a| {
                let jwt = String::from_utf8(a.jwt()).expect("ASCII");
                (a.place, a.method) = ("", method);
                a.add("cookie", format!("a=b; __Host-session={jwt}; c=d"));
                a.add("sec-fetch-site", site);
            }),
            TENANT,
        )
        .await;
    }
    for (label, tenant) in [("acme", TENANT), ("globex", OTHER)] {
        let mut chosen = Attempt::user();
        chosen.add("x-tenant-id", label);
        accepted("chosen by header", chosen, tenant).await;
        let mut chosen = Attempt::user();
        chosen.set("host", format!("{label}.example.com"));
        accepted("chosen by host", chosen, tenant).await;
        let mut chosen = Attempt::user();
        chosen.uri = format!("/t/{label}/x");
        accepted("chosen by path", chosen, tenant).await;
    }

    let mut attacks = 0;
    for (name, by) in tokens(&evil.address) {
        // Each once where a token is needed, and once where it is optional: a bad one is no missing one.
        let mut attempt = Attempt::good();
        by(&mut attempt);
        refused(&service, &name, &attempt, 401).await;
        attempt.uri = "/optional".into();
        refused(&service, &name, &attempt, 401).await;
        attacks += 1;
    }
    for (host, expected) in SITES {
        let mut attempt = Attempt::good();
        (attempt.place, attempt.uri) = ("", "/site".into());
        attempt.set("host", host);
        let name = String::from_utf8_lossy(host);
        if *expected == 200 {
            accepted(&name, attempt, TENANT).await;
        } else {
            refused(&service, &name, &attempt, *expected).await;
            attacks += 1;
        }
    }
    for (name, expected, by) in requests(String::from_utf8(Attempt::good().jwt()).expect("ASCII")) {
        let mut attempt = Attempt::good();
        by(&mut attempt);
        refused(&service, name, &attempt, expected).await;
        attacks += 1;
    }
    for (name, expected, by) in users() {
        let mut attempt = Attempt::user();
        by(&mut attempt);
        refused(&service, name, &attempt, expected).await;
        attacks += 1;
    }
    assert!(attacks >= 120, "{attacks}");
    assert_eq!(evil.asked(), 0, "nothing that a token names is fetched");
    // Each made-up `kid` may ask the provider, here without a least interval, and nothing else does.
    assert!(provider.asked() - asked_before < 60, "{}", provider.asked());
    println!("{attacks} hostile requests");
}

#[test]
fn a_host_says_what_is_wrong_with_it() {
    let hosts = Hosts::below("example.com").expect("a domain").reserve("internal".parse().expect("a label"));
    let label = |host: &str| hosts.label(host).map(|label| label.map(|label| label.to_string()));
    for host in ["example.com", "www.example.com", "APP.example.com.", "internal.example.com:80"] {
        assert_eq!(label(host), Ok(None), "{host}");
    }
    assert_eq!(label("Acme.Example.com"), Ok(Some("acme".into())));
    for (host, expected) in [
        ("a.acme.example.com", HostError::TooDeep),
        ("acme.example.com.evil.test", HostError::Foreign),
        ("xacme-example.com", HostError::Foreign),
        ("xn--80ak6aa92e.example.com", HostError::Label),
        ("acme..example.com", HostError::Malformed),
        ("user@acme.example.com", HostError::Malformed),
    ] {
        assert_eq!(label(host), Err(expected), "{host}");
    }
}

/// What is the same to a client is told apart in the log: see the tests of the suite, which read it.
#[tokio::test]
async fn the_three_ways_not_to_be_a_member_look_alike() {
    let store =
        || Authority::new(builder().key(hs256_key()).without_tenant_claim().build().expect("a verifier"));
    let authority = store().with_memberships(Memberships::new(Store));
    let jwt = Signer::hs256().sign(good_header().to_string(), good_claims().to_string());
    let mut problems = Vec::new();
    for tenant in [UNKNOWN, SUSPENDED] {
        let error = authority.authenticate_for(&jwt, id(tenant)).await.expect_err("refused");
        problems.push((error, tenancy_core::http::Problem::from(error)));
    }
    let eve = Signer::hs256().sign(good_header().to_string(), {
        let mut claims = good_claims();
        claims["sub"] = json!("eve");
        claims.to_string()
    });
    let error = authority.authenticate_for(&eve, id(TENANT)).await.expect_err("refused");
    problems.push((error, error.into()));
    let [a, b, c] = problems[..] else { panic!("three") };
    assert!(a.1 == b.1 && b.1 == c.1);
    assert!(a.0 != b.0 && b.0 != c.0 && a.0 != c.0);
}
