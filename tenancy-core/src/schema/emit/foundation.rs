//! The foundation: what all entities share. The runtime role, the schema `tenancy`, the domain that binds a tenant, and
//! the function that policies ask who is bound.

use crate::schema::emit::quote::{ident, literal};

/// How PostgreSQL prints the CHECK of the domain, with each run of blanks as one: the same in 15, 16, 17 and 18, under
/// `search_path = pg_catalog, pg_temp`. The emitted file and verification compare with it.
pub(crate) const BOUND_CHECK: &str = "CHECK ( CASE WHEN ((VALUE IS NULL) OR \
     (VALUE = '00000000-0000-0000-0000-000000000000'::uuid)) THEN false ELSE \
     CASE COALESCE(current_setting('app.tenant_id'::text, true), ''::text) \
     WHEN ''::text THEN (set_config('app.tenant_id'::text, (VALUE)::text, true) IS NOT NULL) \
     WHEN (VALUE)::text THEN true ELSE false END END)";

/// How PostgreSQL prints the body of `tenancy.current_tenant()`, as above.
pub(crate) const CURRENT_TENANT_BODY: &str =
    "RETURN (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid";

/// The SQL of the foundation.
pub(crate) fn foundation(runtime_role: &str, tag: &str) -> String {
    format!(
        include_str!("foundation.sql"),
        tag = tag,
        role = ident(runtime_role),
        role_literal = literal(runtime_role),
        bound_check = literal(BOUND_CHECK),
    )
}
