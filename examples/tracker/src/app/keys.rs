//! API keys: of programs, for the tenant in which they were issued. A key is shown once, and revoked at once.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy::auth::CredentialKind;
use tenancy::prelude::*;
use uuid::Uuid;

use super::App;
use super::error::ApiError;
use super::events::Change;
use super::projects::text;
use crate::entities::{ApiKey, NewApiKey};

const LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);

#[derive(Serialize)]
pub(super) struct KeyView {
    id: Uuid,
    name: String,
    subject: String,
}

/// The key itself: this answer has it, and nothing ever again.
#[derive(Serialize)]
pub(super) struct Issued {
    id: Uuid,
    key: String,
}

#[derive(Deserialize)]
pub(super) struct Named {
    name: String,
}

pub(super) async fn list(
    token: TenantToken,
    State(app): State<Arc<App>>,
) -> Result<Json<Vec<KeyView>>, ApiError> {
    let keys = ApiKey::find(&token).order_by(|k| k.created_at.asc()).fetch_all(&app.db).await?;
    let view = |key: ApiKey| KeyView { id: key.id, name: key.name, subject: key.subject };
    Ok(Json(keys.into_iter().map(view).collect()))
}

/// It acts for who issued it, and ends with that member.
pub(super) async fn issue(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Json(Named { name }): Json<Named>,
) -> Result<(StatusCode, Json<Issued>), ApiError> {
    let (name, subject) = (text(name)?, token.subject());
    let issued = app.identity.issue(CredentialKind::ApiKey, subject, Some(token.tenant()), LIFETIME).await?;
    let listed = NewApiKey { id: issued.id(), subject: subject.into(), name };
    ApiKey::insert(&token, listed).execute(&app.db).await?;
    app.events.tell(&token, Change::Keys);
    Ok((StatusCode::CREATED, Json(Issued { id: issued.id(), key: issued.reveal() })))
}

/// The id is a client's word: the store revokes what is of this tenant, and nothing else.
pub(super) async fn revoke(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(key): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    if !app.identity.revoke(token.tenant(), key).await? {
        return Err(ApiError::NotThere);
    }
    ApiKey::delete(&token).filter(|k| k.id.eq(key)).execute(&app.db).await?;
    app.events.tell(&token, Change::Keys);
    Ok(StatusCode::NO_CONTENT)
}
