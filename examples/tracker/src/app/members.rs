//! Who may act for the tenant. A member admits and expels others, of this tenant alone: it is the token's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy::prelude::*;

use super::App;
use super::error::ApiError;
use super::events::Change;
use super::projects::text;
use crate::entities::ApiKey;

#[derive(Serialize)]
pub(super) struct Me {
    subject: String,
    tenant: String,
}

#[derive(Deserialize)]
pub(super) struct Subject {
    subject: String,
}

pub(super) async fn me(token: TenantToken, site: PublicTenant) -> Json<Me> {
    Json(Me { subject: token.subject().into(), tenant: site.label().to_string() })
}

pub(super) async fn list(
    token: TenantToken,
    State(app): State<Arc<App>>,
) -> Result<Json<Vec<String>>, ApiError> {
    Ok(Json(app.identity.members(token.tenant()).await?))
}

/// Whether the provider has such a user is the provider's affair: a name that nobody has opens nothing.
pub(super) async fn admit(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Json(Subject { subject }): Json<Subject>,
) -> Result<StatusCode, ApiError> {
    let subject = text(subject)?;
    let new = app.identity.admit(token.tenant(), &subject).await?;
    app.memberships.forget(&subject);
    app.events.tell(&token, Change::Members);
    Ok(if new { StatusCode::CREATED } else { StatusCode::OK })
}

/// At once: sessions and keys of the expelled are revoked with the membership, and what is open is closed.
pub(super) async fn expel(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(subject): Path<String>,
) -> Result<StatusCode, ApiError> {
    let _one_at_a_time = app.changing_members.lock().await;
    let members = app.identity.members(token.tenant()).await?;
    if !members.contains(&subject) {
        return Err(ApiError::NotThere);
    }
    if members.len() == 1 {
        return Err(ApiError::Conflict("The last member stays: nobody could admit another."));
    }
    app.identity.expel(token.tenant(), &subject).await?;
    app.memberships.forget(&subject);
    app.events.tell(&token, Change::Expelled(subject.as_str().into()));
    app.events.tell(&token, Change::Members);

    // What is listed of the expelled's credentials.
    ApiKey::delete(&token).filter(|k| k.subject.eq(subject.as_str())).execute(&app.db).await?;
    Ok(StatusCode::NO_CONTENT)
}
