//! HTTP: one layer authenticates each request, and extractors hand its token to handlers.
//!
//! [`TenancyLayer`] knows tower and `http` alone, so that it stands in front of axum, tonic or a service of one's own. It finds
//! the credential, and the tenant that the request asks for, asks the [`Authority`](crate::Authority) once, and lays the answer
//! into the request. A request without a credential passes, and one whose credential was refused too: what they reach is what
//! needs no token, for without one nothing opens a tenant's rows. Whoever takes a token (an extractor, [`tenant_token`]) gets
//! one, or the [`Problem`] to answer with.
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # mod example {
//! use axum::extract::State;
//! use axum::routing::get;
//! use axum::{Json, Router};
//! use tenancy_core::http::TenancyLayer;
//! use tenancy_core::{Authority, TenantDb, TenantToken};
//!
//! # async fn names(db: &TenantDb, token: &TenantToken) -> Vec<String> { vec![] }
//! async fn projects(token: TenantToken, State(db): State<TenantDb>) -> Json<Vec<String>> {
//!     Json(names(&db, &token).await)
//! }
//!
//! fn service(db: TenantDb, authority: &Authority) -> Router {
//!     let tenancy = TenancyLayer::builder().bearer(authority).build().expect("one authority");
//!     Router::new().route("/projects", get(projects)).layer(tenancy).with_state(db)
//! }
//! # }
//! ```

#[cfg(feature = "axum")]
mod axum;
mod body;
mod choice;
mod credential;
mod layer;
mod once;
mod outcome;
mod problem;
mod same_origin;
mod service;
mod site;
mod subject;
#[cfg(feature = "ws")]
mod ws;

pub use self::body::{BodyError, TenancyBody};
pub use self::layer::{LayerError, TenancyLayer, TenancyLayerBuilder};
pub use self::outcome::tenant_token;
pub use self::problem::Problem;
pub use self::service::{TenancyFuture, TenancyService};
#[cfg(feature = "ws")]
pub use self::ws::{TenantWebSocket, TenantWebSocketUpgrade};
