//! What `#[derive(GlobalTable)]` asks and writes otherwise than `#[derive(TenantScoped)]`.
//!
//! The rows belong to no tenant: no field says whose they are, and unless the struct is `writable` nothing writes them.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::model::{Entity, Names, Role};

/// No field holds a tenant, and what only a write needs is said of a table that is written.
pub(crate) fn check(entity: &Entity<'_>, errors: &Errors) {
    if let Some(name) = &entity.attrs.public_read.name {
        errors.at(name, "a global table is read by everybody already: leave `public_read` out");
    }
    for tenant in entity.fields.iter().filter(|field| field.role == Role::Tenant) {
        errors.at(
            &tenant.attrs.tenant.name,
            format!(
                "the rows of a `GlobalTable` belong to no tenant: a table with tenants is `TenantScoped`, so derive that for `{}`, or take `tenant` away",
                entity.name
            ),
        );
    }
    if entity.is_writable() {
        return;
    }
    let read_only = |what: &str| {
        format!(
            "`{}` is read-only, and `{what}` is about writes: say `writable` too, or leave it out",
            entity.name
        )
    };
    if let Some(name) = &entity.attrs.insert.name {
        errors.at(name, read_only("insert"));
    }
    if let Some(path) = entity.attrs.insert_derive.first() {
        errors.at(path, read_only("insert_derive"));
    }
    for field in &entity.fields {
        for name in field.attrs.kept() {
            errors.at(name, read_only(&name.to_string()));
        }
    }
}

/// What a table of nobody's has.
pub(crate) fn global_table(entity: &Entity<'_>) -> TokenStream {
    let Entity { ident, names: Names { krate, .. }, .. } = entity;
    quote! {
        #[automatically_derived]
        impl __private::ReadByVisitors for #ident {
            fn only_derive_is_allowed_to_implement_this_trait() {}
        }
        #[automatically_derived]
        impl #krate::GlobalTable for #ident {
            fn only_derive_is_allowed_to_implement_this_trait() {}
        }
    }
}
