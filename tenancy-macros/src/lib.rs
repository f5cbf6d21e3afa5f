//! `#[derive(TenantScoped)]` and `#[derive(GlobalTable)]` of `tenancy`: depend on that crate, which re-exports them and
//! documents them there.
//!
//! Five stages, a file each. `attr` reads the `#[tenancy(..)]` attributes; `model` turns them and the struct into
//! an `Entity`, with every name that will be needed already made; `check` says what is wrong with
//! it; `expand` writes the code, and reads nothing but the model; `fallback` writes stubs in its place when
//! something was wrong, so that the user reads of that alone and not of the missing implementation everywhere else.
//!
//! Nothing stops at the first mistake: each stage adds to one `Errors` what it finds, at the token that is wrong.

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod global;
mod model;
mod name;
mod projection;
#[cfg(feature = "sql")]
mod sql;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::attr::StructAttrs;
use crate::errors::Errors;
use crate::model::{Entity, Kind};

#[allow(missing_docs, reason = "documented where the facade re-exports it, so that its examples compile")]
#[proc_macro_derive(TenantScoped, attributes(tenancy))]
pub fn derive_tenant_scoped(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(Kind::TenantScoped, input.into()).into()
}

#[allow(missing_docs, reason = "documented where the facade re-exports it, so that its examples compile")]
#[proc_macro_derive(GlobalTable, attributes(tenancy))]
pub fn derive_global_table(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(Kind::GlobalTable, input.into()).into()
}

#[allow(missing_docs, reason = "documented where the facade re-exports it, so that its examples compile")]
#[proc_macro_derive(Projection, attributes(tenancy))]
pub fn derive_projection(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    syn::parse2(input.into())
        .map_or_else(syn::Error::into_compile_error, |input| projection::derive(&input))
        .into()
}

#[allow(missing_docs, reason = "documented where the facade wraps it, so that its examples compile")]
#[cfg(feature = "sql")]
#[proc_macro]
pub fn sql(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    sql::sql(input.into()).into()
}

/// The derive, on tokens that unit tests can make.
fn derive(kind: Kind, input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(kind, &input),
        Err(not_an_item) => not_an_item.into_compile_error(),
    }
}

fn expand(kind: Kind, input: &DeriveInput) -> TokenStream {
    let errors = Errors::new();
    let attrs = StructAttrs::read(&input.attrs, &errors);
    let entity = examine(kind, input, &attrs, &errors);
    match (entity, errors.finish()) {
        (Some(entity), Ok(())) => expand::expand(&entity),
        (entity, found) => fallback::expand(kind, input, &attrs, entity.as_ref(), found.err()),
    }
}

/// What the struct is, as far as it could be understood.
fn examine<'a>(
    kind: Kind,
    input: &'a DeriveInput,
    attrs: &'a StructAttrs,
    errors: &Errors,
) -> Option<Entity<'a>> {
    let entity = Entity::new(kind, input, attrs, errors)?;
    check::check(&entity, errors);
    Some(entity)
}
