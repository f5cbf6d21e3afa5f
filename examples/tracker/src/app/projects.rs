//! Projects and their tasks. Whose they are, is in the token, and in no handler.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy::prelude::*;
use uuid::Uuid;

use super::App;
use super::error::ApiError;
use super::events::Change;
use crate::entities::{NewProject, NewTask, Project, Task};

/// In characters.
const LONGEST: usize = 200;

#[derive(Serialize)]
pub(super) struct ProjectView {
    id: Uuid,
    name: String,
}

#[derive(Serialize)]
pub(super) struct TaskView {
    id: Uuid,
    title: String,
    done: bool,
}

#[derive(Deserialize)]
pub(super) struct Named {
    name: String,
}

#[derive(Deserialize)]
pub(super) struct Titled {
    title: String,
}

#[derive(Deserialize)]
pub(super) struct Ticked {
    done: bool,
}

impl From<Project> for ProjectView {
    fn from(project: Project) -> Self {
        Self { id: project.id, name: project.name }
    }
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self { id: task.id, title: task.title, done: task.done }
    }
}

pub(super) async fn list(
    token: TenantToken,
    State(app): State<Arc<App>>,
) -> Result<Json<Vec<ProjectView>>, ApiError> {
    let projects = Project::find(&token).order_by(|p| p.created_at.asc()).fetch_all(&app.db).await?;
    Ok(Json(projects.into_iter().map(Into::into).collect()))
}

pub(super) async fn create(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Json(Named { name }): Json<Named>,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let project = Project::insert(&token, NewProject { name: text(name)? }).fetch_one(&app.db).await?;
    app.events.tell(&token, Change::Projects);
    Ok((StatusCode::CREATED, Json(project.into())))
}

pub(super) async fn rename(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(project): Path<Uuid>,
    Json(Named { name }): Json<Named>,
) -> Result<Json<ProjectView>, ApiError> {
    let name = text(name)?;
    let update = Project::update(&token).filter(|p| p.id.eq(project)).set(|p| p.name, name);
    let project = update.fetch_one(&app.db).await?;
    app.events.tell(&token, Change::Projects);
    Ok(Json(project.into()))
}

pub(super) async fn delete(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(project): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    Project::delete(&token).filter(|p| p.id.eq(project)).fetch_one(&app.db).await?;
    app.events.tell(&token, Change::Projects);
    Ok(StatusCode::NO_CONTENT)
}

/// In one transaction, so that a project without tasks is not taken for one that is not there.
pub(super) async fn tasks(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(project): Path<Uuid>,
) -> Result<Json<Vec<TaskView>>, ApiError> {
    let mut tx = app.db.begin(&token).await?;
    Project::find_by_id(&tx, project).fetch_one(&mut tx).await?;
    let tasks = Task::find(&tx).filter(|t| t.project_id.eq(project)).order_by(|t| t.created_at.asc());
    let tasks = tasks.fetch_all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(tasks.into_iter().map(Into::into).collect()))
}

/// Whether there is such a project is asked by nobody but PostgreSQL: the foreign key knows the tenant.
pub(super) async fn add_task(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path(project): Path<Uuid>,
    Json(Titled { title }): Json<Titled>,
) -> Result<(StatusCode, Json<TaskView>), ApiError> {
    let task = NewTask { project_id: project, title: text(title)? };
    let task = Task::insert(&token, task).fetch_one(&app.db).await?;
    app.events.tell(&token, Change::Tasks);
    Ok((StatusCode::CREATED, Json(task.into())))
}

pub(super) async fn tick(
    token: TenantToken,
    State(app): State<Arc<App>>,
    Path((project, task)): Path<(Uuid, Uuid)>,
    Json(Ticked { done }): Json<Ticked>,
) -> Result<Json<TaskView>, ApiError> {
    let update = Task::update(&token).filter(|t| t.id.eq(task).and(t.project_id.eq(project)));
    let task = update.set(|t| t.done, done).fetch_one(&app.db).await?;
    app.events.tell(&token, Change::Tasks);
    Ok(Json(task.into()))
}

/// A name for people: neither empty nor a page long, and without what PostgreSQL has no room for.
pub(super) fn text(text: String) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(ApiError::Unfit("A name has 1 to 200 characters, on one line."));
    }
    Ok(text.to_owned())
}
