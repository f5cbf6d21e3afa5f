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

/// As above, of the domain that binds a visitor.
pub(crate) const BOUND_PUBLIC_CHECK: &str = "CHECK ( CASE WHEN ((VALUE IS NULL) OR \
     (VALUE = '00000000-0000-0000-0000-000000000000'::uuid) OR \
     (COALESCE(current_setting('app.tenant_id'::text, true), ''::text) <> ''::text)) THEN false ELSE \
     CASE COALESCE(current_setting('app.public_tenant_id'::text, true), ''::text) \
     WHEN ''::text THEN (set_config('app.public_tenant_id'::text, (VALUE)::text, true) IS NOT NULL) \
     WHEN (VALUE)::text THEN true ELSE false END END)";

/// How PostgreSQL prints the body of `tenancy.current_tenant()`, as above.
pub(crate) const CURRENT_TENANT_BODY: &str =
    "RETURN (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid";

/// As above, of `tenancy.readable_tenant()`.
pub(crate) const READABLE_TENANT_BODY: &str = "RETURN (COALESCE(NULLIF(current_setting('app.tenant_id'::text, true), ''::text), \
     NULLIF(current_setting('app.public_tenant_id'::text, true), ''::text)))::uuid";

/// The SQL of the foundation.
pub(crate) fn add(tag: &str) -> String {
    format!(
        include_str!("foundation.sql"),
        tag = tag,
        bound = domain("bound", include_str!("bound.sql"), BOUND_CHECK, tag),
        bound_public = domain("bound_public", include_str!("bound_public.sql"), BOUND_PUBLIC_CHECK, tag),
    )
}

/// A domain in the schema `tenancy` with this CHECK, which PostgreSQL prints as `pinned`.
fn domain(name: &str, check: &str, pinned: &str, tag: &str) -> String {
    let check = check.trim_end();
    format!(include_str!("domain.sql"), tag = tag, name = name, check = check, pinned = literal(pinned))
}

/// In the reverse of the first file alone. It fails where something else depends on the foundation.
pub(crate) fn drop() -> String {
    include_str!("foundation_drop.sql").to_owned()
}

/// What is asked of a group role, in the words of its SQL.
pub(crate) struct Kind {
    /// A variable.
    pub(crate) kind: &'static str,
    pub(crate) named: &'static str,
    /// A condition on that variable.
    pub(crate) unfit: &'static str,
    pub(crate) problem: &'static str,
    pub(crate) attributes: &'static str,
}

/// The role exists from then on, and is fit for what it is for. Roles belong to the whole server.
pub(crate) fn ensure_role(role: &str, of: &Kind, tag: &str) -> String {
    let Kind { kind, named, unfit, problem, attributes } = of;
    format!(
        include_str!("ensure_role.sql"),
        tag = tag,
        role = ident(role),
        role_literal = literal(role),
        kind = kind,
        named = named,
        unfit = unfit,
        problem = problem,
        attributes = attributes,
    )
}

/// The runtime role, and what it may do with the foundation.
pub(crate) fn add_role(role: &str, tag: &str) -> String {
    let kind = Kind {
        kind: "runtime",
        named: "runtime",
        unfit: "runtime.rolsuper OR runtime.rolbypassrls",
        problem: "row-level security does not hold for the runtime role %",
        attributes: "NOSUPERUSER NOBYPASSRLS",
    };
    format!(include_str!("role.sql"), ensured = ensure_role(role, &kind, tag), role = ident(role))
}

/// The role itself stays: roles belong to the whole server, and other databases may have grants for it.
pub(crate) fn drop_role(role: &str, tag: &str) -> String {
    let statements = format!(
        "REVOKE ALL ON FUNCTION tenancy.current_tenant(), tenancy.readable_tenant() FROM {role};\n    \
         REVOKE ALL ON SCHEMA tenancy FROM {role};",
        role = ident(role)
    );
    // A role can be gone: an administrator drops it for the whole server.
    format!(
        "DO {tag} BEGIN\n  \
           IF EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN\n    \
             {statements}\n  \
           END IF;\n\
         END {tag};\n",
        literal(role)
    )
}

/// Unless it was granted before, which is not ours to take away.
pub(crate) fn grant_usage(schema: &str, role: &str, tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           IF NOT EXISTS (SELECT FROM pg_namespace CROSS JOIN aclexplode(nspacl) AS a\n      \
             WHERE nspname = {name} AND a.grantee = {regrole}::regrole AND a.privilege_type = 'USAGE') THEN\n    \
             GRANT USAGE ON SCHEMA {schema} TO {to};\n    \
             INSERT INTO tenancy.emitted VALUES ('usage', 0, {usage}) ON CONFLICT DO NOTHING;\n  \
           END IF;\n\
         END {tag};\n",
        name = literal(schema),
        regrole = literal(&ident(role)),
        schema = ident(schema),
        to = ident(role),
        usage = literal(&usage(schema, role)),
    )
}

pub(crate) fn revoke_usage(schema: &str, role: &str, tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('usage', 0, {usage});\n  \
           IF FOUND AND EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN\n    \
             REVOKE USAGE ON SCHEMA {schema} FROM {role};\n  \
           END IF;\n\
         END {tag};\n",
        usage = literal(&usage(schema, role)),
        name = literal(role),
        schema = ident(schema),
        role = ident(role),
    )
}

/// As `tenancy.emitted` has it.
fn usage(schema: &str, role: &str) -> String {
    format!("{} to {}", ident(schema), ident(role))
}
