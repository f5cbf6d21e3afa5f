//! What the tracker keeps: four structs, each a table whose rows belong to one tenant.
//!
//! Read them first: nothing else in this program says how tenants are kept apart, since nothing else has to.

use chrono::{DateTime, Utc};
use tenancy::prelude::*;
use uuid::Uuid;

/// What a tenant shows to everybody. A visitor reads it without logging in, and nothing else.
#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "landings", public_read)]
pub struct Landing {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub headline: String,
    pub text: String,
}

/// Its name is unique within its tenant. Another tenant may have one of the same name.
#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "projects", unique(name))]
pub struct Project {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    #[tenancy(generated)]
    pub created_at: DateTime<Utc>,
}

/// It goes with its project, which is one of the same tenant.
#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "tasks", index(project_id))]
pub struct Task {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Project, on_delete = "cascade")]
    pub project_id: Uuid,
    pub title: String,
    #[tenancy(default)]
    pub done: bool,
    #[tenancy(generated)]
    pub created_at: DateTime<Utc>,
}

/// An API key that was issued: what for, and to whom.
#[derive(Debug, Clone, TenantScoped)]
#[tenancy(table = "api_keys", index(subject))]
pub struct ApiKey {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub subject: String,
    pub name: String,
    #[tenancy(generated)]
    pub created_at: DateTime<Utc>,
}

tenancy::schema! { pub SCHEMA: [Landing, Project, Task, ApiKey] }
tenancy::migrations!(SCHEMA, "migrations");

pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

#[cfg(test)]
mod tests {
    use tenancy::auth::PgIdentity;

    /// A migration is applied once and never changed: a new text of the library's is a new file.
    #[test]
    fn the_tables_of_identities_are_those_of_the_library() {
        assert_eq!(include_str!("../migrations/0002_identity.sql"), PgIdentity::MIGRATION);
    }
}
