//! [`Bound`]: the parameter that binds row-level security.
//!
//! The extended protocol calls the input function of each parameter's type while the server reads the parameters,
//! before it plans or runs the statement, in the statement's own transaction. `tenancy.bound` is a domain over `uuid`
//! whose CHECK sets `app.tenant_id` for the transaction. So the first parameter of every statement is the predicate
//! `tenant_id = $1` and the binding at once, at the cost of no round trip, and nothing outlives the transaction.
//!
//! Two things are musts. The parameter is *declared* as the domain, or PostgreSQL reads it as a bare uuid and binds
//! nothing. And the statement's text says `$1::tenancy.bound`, since sqlx caches statements by text alone: the same
//! text, prepared once with a bare uuid, would bind nothing ever after.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

use crate::TenantId;

/// The domain, as PostgreSQL names it.
pub(crate) const DOMAIN: &str = "tenancy.bound";

/// A tenant, as the parameter that binds it.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    tenant: TenantId,
    /// The domain by its id, which each connection learns when it is opened: by its name, sqlx would have to look that
    /// up before it can prepare anything. (What the id *is*, it still asks once a connection, when it describes the
    /// first statement.)
    domain: PgTypeInfo,
}

impl Bound {
    pub(crate) fn new(tenant: TenantId, domain: PgTypeInfo) -> Self {
        Self { tenant, domain }
    }
}

impl Bound {
    /// For a statement that is only shown.
    pub(crate) fn shown(tenant: TenantId) -> Self {
        Self::new(tenant, PgTypeInfo::with_name(DOMAIN))
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
