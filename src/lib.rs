#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("derive.md")]
pub use tenancy_macros::TenantScoped;

#[doc = include_str!("global.md")]
pub use tenancy_macros::GlobalTable;

#[doc = include_str!("projection.md")]
pub use tenancy_macros::Projection;

#[cfg(feature = "sql")]
#[doc(hidden)]
pub use tenancy_macros::sql as __sql;

#[cfg(feature = "sql")]
#[doc = include_str!("sql.md")]
#[macro_export]
macro_rules! sql {
    ($($all:tt)*) => { $crate::__sql!($crate; $($all)*) };
}

#[cfg(feature = "adopt")]
pub use tenancy_core::adopt;
#[cfg(feature = "doctor")]
pub use tenancy_core::doctor;
#[cfg(feature = "tower")]
pub use tenancy_core::http;
pub use tenancy_core::{
    __private, AuthError, Authority, Error, Executor, GlobalTable, InvalidLabel, InvalidTenantId, Label,
    PublicRead, PublicTenant, RawSql, Schema, ServerError, TenantDb, TenantId, TenantScoped, TenantToken,
    TenantTx, auth, danger, db, entity, migrations, schema, sql_function, statement,
};

/// The examples of the guides compile.
#[cfg(all(doctest, feature = "adopt", feature = "doctor", feature = "jwt"))]
mod guides {
    #[doc = include_str!("../docs/adoption.md")]
    mod adoption {}
    #[cfg(all(feature = "axum", feature = "jwks"))]
    #[doc = include_str!("../docs/authentication.md")]
    mod authentication {}
    #[doc = include_str!("../docs/doctor.md")]
    mod doctor {}
    #[doc = include_str!("../docs/migrations.md")]
    mod migrations {}
}

/// What most files of an application need: `use tenancy::prelude::*;`.
///
/// It holds the derives with their traits, whose methods are the statements, and the types that signatures name.
pub mod prelude {
    pub use crate::entity::{Entity as _, EntityColumns as _};
    pub use crate::{
        Authority, Executor, GlobalTable, PublicTenant, TenantDb, TenantId, TenantScoped, TenantToken,
        TenantTx,
    };
}
