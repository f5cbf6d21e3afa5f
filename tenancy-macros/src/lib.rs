//! `#[derive(TenantScoped)]` of `tenancy`: depend on that crate, which re-exports it and
//! documents it there.
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
use crate::model::Entity;

#[allow(missing_docs, reason = "documented where the facade re-exports it, so that its examples compile")]
#[proc_macro_derive(TenantScoped, attributes(tenancy))]
pub fn derive_tenant_scoped(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
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
fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(&input),
        Err(not_an_item) => not_an_item.into_compile_error(),
    }
}

fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::new();
    let attrs = StructAttrs::read(&input.attrs, &errors);
    let entity = examine(input, &attrs, &errors);
    match (entity, errors.finish()) {
        (Some(entity), Ok(())) => expand::expand(&entity),
        (entity, found) => fallback::expand(input, &attrs, entity.as_ref(), found.err()),
    }
}

/// What the struct is, as far as it could be understood.
fn examine<'a>(input: &'a DeriveInput, attrs: &'a StructAttrs, errors: &Errors) -> Option<Entity<'a>> {
    let entity = Entity::new(input, attrs, errors)?;
    check::check(&entity, errors);
    Some(entity)
}
