//! [`World`]: a running service; [`Visitor`]: somebody at a tenant's address, with the cookies that a browser would keep.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argon2::Params;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tenancy::auth::PgIdentity;
use tenancy_testkit::TestDb;
use tracker::entities::MIGRATIONS;
use tracker::{Logins, Settings, Tracker, USERS, start};

pub(crate) struct World {
    pub(crate) tracker: Tracker,
    /// Follows no redirect and keeps no cookie.
    pub(crate) http: Client,
    /// The store of identities, as its administrator has it.
    pub(crate) identity: PgIdentity,
    // The last to go: the service has connections open.
    _database: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        // Whatever the provider does to its keys, nobody waits for the next attempt to fetch them.
        Self::with(Settings { least_key_interval: Duration::ZERO, ..Settings::default() }).await
    }

    pub(crate) async fn with(mut settings: Settings) -> Self {
        settings.password_cost = Params::new(Params::MIN_M_COST, 1, 1, None).expect("the least");

        let database = TestDb::with_migrations(&MIGRATIONS).await;
        let logins = Logins { app: database.app(), identity: database.create_identity_login().await };
        let store = PgPoolOptions::new().max_connections(1).connect_lazy_with(logins.identity.clone());
        let tracker = start(logins, settings).await.expect("it starts");
        let identity = PgIdentity::new(store, tracker.issuer.as_str());
        let hosts = ["acme.localhost", "globex.localhost", "nobody.localhost"];
        let client = Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(60));
        let client = hosts.iter().fold(client, |client, host| client.resolve(host, tracker.address()));
        Self { tracker, http: client.build().expect("a client"), identity, _database: database }
    }

    pub(crate) fn visitor(&self, label: &str) -> Visitor<'_> {
        Visitor { world: self, site: self.tracker.url(label), cookies: Mutex::default() }
    }

    /// Somebody who has logged in.
    pub(crate) async fn member(&self, name: &str, label: &str) -> Visitor<'_> {
        let visitor = self.visitor(label);
        let answer = visitor.log_in(name).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{name} is a member of {label}");
        assert_eq!(location(&answer), "/app");
        visitor
    }
}

/// At one host, as a browser keeps cookies with the prefix `__Host-`.
pub(crate) struct Visitor<'w> {
    world: &'w World,
    pub(crate) site: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'w> Visitor<'w> {
    /// A request with this visitor's cookies, as a program sends it: it says nothing of where it comes from.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.world.http.request(method, format!("{}{path}", self.site));
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        if cookies.is_empty() {
            return request;
        }
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, pairs.join("; "))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.expect("an answer");
        self.keep(response.headers());
        response
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().expect("ASCII").split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.into(), value.into());
            }
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// What a list of the API holds.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.expect("a list")
    }

    /// The names of the projects that are seen.
    pub(crate) async fn projects(&self) -> Vec<String> {
        let projects = self.list("/api/projects").await;
        projects.iter().map(|project| project["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Makes something, and returns it.
    pub(crate) async fn create(&self, path: &str, body: Value) -> Value {
        let response = self.post(path, body).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{path}");
        response.json().await.expect("what was made")
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), value.into());
    }

    /// Begins a login: the address of the provider's page.
    pub(crate) async fn begin(&self) -> Url {
        let response = self.get("/login").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        location(&response).parse().expect("an address")
    }

    /// Gives name and password at the provider's page.
    pub(crate) async fn confirm(&self, page: &Url, name: &str, password: &str) -> Response {
        let shown = self.world.http.get(page.clone()).send().await.expect("an answer");
        assert_eq!(shown.status(), StatusCode::OK, "the page is there");
        let mut form: BTreeMap<_, _> = page.query_pairs().collect();
        form.insert("name".into(), name.into());
        form.insert("password".into(), password.into());
        let mut address = page.clone();
        address.set_query(None);
        self.world.http.post(address).form(&form).send().await.expect("an answer")
    }

    /// The address that the provider sends a user to who has logged in there.
    pub(crate) async fn returning(&self, page: &Url, name: &str) -> Url {
        let response = self.confirm(page, name, password(name)).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{name} has this password");
        location(&response).parse().expect("an address")
    }

    /// Comes back from the provider.
    pub(crate) async fn come_back(&self, address: &Url) -> Response {
        let path = address.as_str().strip_prefix(&self.site).filter(|path| path.starts_with("/callback?"));
        self.get(path.unwrap_or_else(|| panic!("{address} is not of this site"))).await
    }

    /// The whole way: what the service answers in the end.
    pub(crate) async fn log_in(&self, name: &str) -> Response {
        let page = self.begin().await;
        let back = self.returning(&page, name).await;
        self.come_back(&back).await
    }

    /// A token of the provider's, as a program of this user may get one.
    pub(crate) async fn id_token(&self, name: &str) -> String {
        let page = self.begin().await;
        let back = self.returning(&page, name).await;
        let answer = self.exchange(&page, &parameter(&back, "code")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.expect("JSON");
        answer["id_token"].as_str().expect("a token").to_owned()
    }

    /// Exchanges a code at the provider, as the service does: with the verifier of the login that began here.
    pub(crate) async fn exchange(&self, page: &Url, code: &str) -> Response {
        let attempt = self.cookie("__Host-login").expect("a login was begun");
        self.exchange_with(page, code, attempt.split('.').nth(1).expect("a verifier")).await
    }

    pub(crate) async fn exchange_with(&self, page: &Url, code: &str, verifier: &str) -> Response {
        let form = json!({
            "grant_type": "authorization_code",
            "client_id": "tracker",
            "code": code,
            "redirect_uri": format!("{}/callback", self.site),
            "code_verifier": verifier,
        });
        let address = page.join("/token").expect("an address");
        self.world.http.post(address).form(&form).send().await.expect("an answer")
    }
}

pub(crate) fn password(name: &str) -> &'static str {
    USERS.iter().find(|user| user.0 == name).expect("a user").1
}

pub(crate) fn parameter(address: &Url, name: &str) -> String {
    address.query_pairs().find(|pair| pair.0 == name).expect("a parameter").1.into_owned()
}

pub(crate) fn location(response: &Response) -> String {
    response.headers()[LOCATION].to_str().expect("ASCII").to_owned()
}

/// As the layer and the API say it.
#[track_caller]
pub(crate) fn assert_problem(response: &Response, status: StatusCode) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers().contains_key("www-authenticate"), status == StatusCode::UNAUTHORIZED);
}
