//! The entities that the cases speak of. `tests/fail/` holds what must not compile, one mistake a file; `tests/pass/`
//! holds its twin, which differs in that mistake alone.

pub use axum::Router;
pub use axum::extract::{Path, State};
pub use axum::routing::get;
pub use futures_core::stream::BoxStream;
pub use sqlx::{PgConnection, PgPool};
pub use tenancy::prelude::*;
pub use tenancy::statement::count;
pub use tenancy::{Label, Projection, PublicRead, sql};
pub use uuid::Uuid;

tenancy::sql_function! {
    /// What a database has beside its tables.
    pub SECRET = "app.secret"
}

/// A project.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "projects", unique(slug))]
pub struct Project {
    /// Filled in by the database.
    #[tenancy(id, default)]
    pub id: Uuid,
    /// From the token.
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    /// Required.
    pub slug: String,
    /// Nullable.
    #[tenancy(default)]
    pub note: Option<String>,
    /// With a default.
    #[tenancy(default)]
    pub size: i32,
    /// Written by the database.
    #[tenancy(generated)]
    pub revision: i64,
}

/// A task of a project.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "tasks", insert = "TaskDraft")]
pub struct Task {
    /// Filled in by the database.
    #[tenancy(id, default)]
    pub id: Uuid,
    /// From the token.
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    /// Its project.
    #[tenancy(references = Project)]
    pub project_id: Uuid,
    /// Required.
    pub title: String,
}

/// Belongs to no tenant, and is read-only.
#[derive(Debug, GlobalTable)]
#[tenancy(table = "countries")]
pub struct Country {
    /// The application gives it.
    #[tenancy(id)]
    pub code: String,
}

/// Belongs to no tenant, and every tenant writes it.
#[derive(Debug, GlobalTable)]
#[tenancy(table = "tags", writable)]
pub struct Tag {
    /// The application gives it.
    #[tenancy(id)]
    pub name: String,
}

/// What visitors read.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "pages", public_read)]
pub struct Page {
    /// Filled in by the database.
    #[tenancy(id, default)]
    pub id: Uuid,
    /// From the token.
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    /// Required.
    pub text: String,
}

/// What visitors say of a page, and of what nobody else sees.
#[derive(Debug, TenantScoped)]
#[tenancy(table = "comments", public_read)]
pub struct Comment {
    /// Filled in by the database.
    #[tenancy(id, default)]
    pub id: Uuid,
    /// From the token.
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    /// A page, which is public.
    #[tenancy(references = Page)]
    pub page_id: Uuid,
    /// A project, which is not.
    #[tenancy(references = Project)]
    pub project_id: Uuid,
}

/// An insert of a page that is right.
#[must_use]
pub fn new_page() -> NewPage {
    NewPage { text: String::new() }
}

/// An insert that is right.
#[must_use]
pub fn new_project() -> NewProject {
    NewProject { slug: String::new() }
}
