//! The role that reads across tenants, and the table that says that it did: of a schema that names one.

use crate::schema::emit::foundation::{Kind, ensure_role};
use crate::schema::emit::quote::{ident, literal, table};
use crate::schema::model::Table;

/// The table, without grants.
pub(crate) fn add_audit() -> String {
    include_str!("audit.sql").to_owned()
}

/// In the reverse of a file alone. What was written down is nobody's to forget.
pub(crate) fn drop_audit(tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           IF EXISTS (SELECT FROM tenancy.cross_tenant_audit) THEN\n    \
             RAISE EXCEPTION 'tenancy: tenancy.cross_tenant_audit holds uses' USING HINT = 'Keep them elsewhere, and empty it.';\n  \
           END IF;\n  \
           DROP TABLE tenancy.cross_tenant_audit;\n\
         END {tag};\n"
    )
}

pub(crate) fn add_role(role: &str, tag: &str) -> String {
    let kind = Kind {
        kind: "reader",
        named: "cross-tenant",
        unfit: "reader.rolsuper",
        problem: "the cross-tenant role % is a superuser, and would not be held by grants",
        attributes: "NOSUPERUSER",
    };
    format!(include_str!("cross_tenant.sql"), ensured = ensure_role(role, &kind, tag), role = ident(role))
}

/// The role itself stays, as the runtime role does.
pub(crate) fn drop_role(role: &str, tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           IF EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN\n    \
             REVOKE ALL ON tenancy.cross_tenant_audit FROM {role};\n    \
             REVOKE ALL ON SCHEMA tenancy FROM {role};\n  \
           END IF;\n\
         END {tag};\n",
        name = literal(role),
        role = ident(role),
    )
}

pub(crate) fn show(on: &Table, role: &str) -> String {
    format!("GRANT SELECT ON {} TO {};\n", table(on), ident(role))
}
