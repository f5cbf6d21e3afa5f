// What the examples of this crate speak of. Each includes it, so that it compiles.

use tenancy::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "status", rename_all = "lowercase")]
pub enum Status {
    Draft,
    Active,
}

#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "projects", unique(slug))]
pub struct Project {
    #[tenancy(id, default)]
    pub id: uuid::Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub slug: String,
    pub name: String,
    #[tenancy(default)]
    pub status: Status,
}

#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "tasks")]
pub struct Task {
    #[tenancy(id, default)]
    pub id: uuid::Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Project)]
    pub project_id: uuid::Uuid,
    pub title: String,
    #[tenancy(default)]
    pub done: bool,
    #[tenancy(generated)]
    pub created_at: chrono::DateTime<chrono::Utc>,
    #[tenancy(version)]
    pub version: i32,
}

#[derive(Debug, Clone, GlobalTable)]
#[tenancy(table = "countries")]
pub struct Country {
    #[tenancy(id)]
    pub code: String,
    pub name: String,
}
