//! [`Bound`]: the parameter that binds row-level security.
//!
//! The extended protocol calls the input function of each parameter's type while the server reads the parameters,
//! before it plans or runs the statement, in the statement's own transaction. `tenancy.bound` is a domain over `uuid`
//! whose CHECK sets `app.tenant_id` for the transaction. So the first parameter of every statement is the predicate
//! `tenant_id = $1` and the binding at once, at the cost of no round trip, and nothing outlives the transaction.
//!
//! A visitor's read is bound by another domain, `tenancy.bound_public`, which sets another setting: the same in all else.
//!
//! Two things are musts. The parameter is *declared* as the domain, or PostgreSQL reads it as a bare uuid and binds
//! nothing. And the statement's text says `$1::tenancy.bound`, since sqlx caches statements by text alone: the same
//! text, prepared once with a bare uuid, would bind nothing ever after.

use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

use crate::TenantId;
use crate::statement::Scope;

/// The domain, as PostgreSQL names it.
pub(crate) const DOMAIN: &str = "tenancy.bound";

/// The domain of visitors.
pub(crate) const PUBLIC_DOMAIN: &str = "tenancy.bound_public";

/// Both domains by their ids, which each connection learns when it is opened: by its name, sqlx would have to look one up
/// before it can prepare anything. (What the id *is*, it still asks once a connection, when it describes the first statement.)
#[derive(Debug, Clone)]
pub(crate) struct Domains {
    pub(crate) tenant: PgTypeInfo,
    pub(crate) public: PgTypeInfo,
}

/// A tenant, as the parameter that binds it.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    tenant: TenantId,
    domain: PgTypeInfo,
    name: &'static str,
}

impl Bound {
    pub(crate) fn new(tenant: TenantId, domain: PgTypeInfo) -> Self {
        Self { tenant, domain, name: DOMAIN }
    }

    fn public(tenant: TenantId, domain: PgTypeInfo) -> Self {
        Self { tenant, domain, name: PUBLIC_DOMAIN }
    }

    /// For a statement.
    pub(crate) fn of(scope: &Scope, domains: &Domains) -> Self {
        match scope {
            Scope::Tenant(token) => Self::new(token.tenant(), domains.tenant.clone()),
            Scope::Public(site) => Self::public(site.tenant(), domains.public.clone()),
        }
    }

    /// For a statement that is only shown.
    pub(crate) fn shown(scope: &Scope) -> Self {
        let by_name = PgTypeInfo::with_name;
        Self::of(scope, &Domains { tenant: by_name(DOMAIN), public: by_name(PUBLIC_DOMAIN) })
    }

    /// As the text of the statement has it, when it is the parameter of this number.
    pub(crate) fn placeholder(&self, number: usize) -> Cow<'static, str> {
        match (number, self.name) {
            (1, DOMAIN) => Cow::Borrowed("$1::tenancy.bound"),
            (1, PUBLIC_DOMAIN) => Cow::Borrowed("$1::tenancy.bound_public"),
            (number, name) => Cow::Owned(format!("${number}::{name}")),
        }
    }
}

impl Type<Postgres> for Bound {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name(DOMAIN)
    }
}

impl Encode<'_, Postgres> for Bound {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.tenant.encode_by_ref(buffer)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.domain.clone())
    }
}
