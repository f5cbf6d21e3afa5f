//! `#[derive(Projection)]`: a struct that queries select into, field by field.
//!
//! Beside the struct stands another of the same fields, `SelectCard` for `Card`, each of any type that can be selected:
//! columns, keys of groups, aggregates. So fields are matched by name, and what is selected for one fits its type.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Path, parse_quote};

use crate::attr::read_crate;
use crate::errors::Errors;
use crate::model::named_fields;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let errors = Errors::new();
    let krate = read_crate(&input.attrs, &errors).unwrap_or_else(|| parse_quote!(::tenancy));
    let fields = shape(input, &errors);
    match (fields, errors.finish()) {
        (Some(fields), Ok(())) => expand(input, fields, &krate),
        (_, Err(error)) => error.into_compile_error(),
        (None, Ok(())) => TokenStream::new(),
    }
}

/// A projection is a struct with named fields and without parameters.
fn shape<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<&'a Fields> {
    const MEND: &str = "a projection is a struct with one named field for each thing that is selected";
    if !input.generics.params.is_empty() {
        errors.at(&input.generics.params, "a projection takes no parameters: write the types out");
    }
    let fields = named_fields(&input.data).filter(|fields| !fields.is_empty());
    if fields.is_none() {
        let what = match &input.data {
            Data::Enum(_) => "an enum",
            Data::Union(_) => "a union",
            Data::Struct(data) if data.fields.is_empty() => "a struct without fields",
            Data::Struct(_) => "a tuple struct",
        };
        errors.at(&input.ident, format!("{what} cannot be a projection: {MEND}"));
    }
    fields
}

fn expand(input: &DeriveInput, fields: &Fields, krate: &Path) -> TokenStream {
    let DeriveInput { ident, vis, .. } = input;
    let name = ident.unraw();
    let select = format_ident!("Select{name}", span = ident.span());
    let doc = format!(" What a query selects into [`{name}`]: a column, key or aggregate for each field.");
    let names: Vec<_> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let docs = names.iter().map(|name| format!(" What `{}` is read from.", name.unraw()));
    let types: Vec<_> = (0..names.len()).map(|position| format_ident!("__T{position}")).collect();
    let bounds = fields.iter().zip(&types).map(|(field, ty)| {
        let output = &field.ty;
        let span = output.span().resolved_at(proc_macro2::Span::call_site());
        quote_spanned!(span=> #ty: __private::Selection<__S, __K, Output = #output>)
    });
    quote! {
        #[doc = #doc]
        #[allow(dead_code, non_snake_case)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #select<#(#types),*> {
            #(
                #[doc = #docs]
                #vis #names: #types,
            )*
        }
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #krate::__private as __private;
            #[automatically_derived]
            impl<__S, __K, #(#types),*> __private::Selection<__S, __K> for #select<#(#types),*>
            where
                #(#bounds,)*
            {
                type Output = #ident;
                const WIDTH: usize = 0 #(+ <#types as __private::Selection<__S, __K>>::WIDTH)*;
                fn __push(self, __list: &mut __private::Selected) {
                    #(__private::Selection::<__S, __K>::__push(self.#names, __list);)*
                }
                fn __decode(__row: __private::Row<'_>) -> ::core::result::Result<#ident, __private::SqlxError> {
                    let mut __parts = __private::Parts::of(__row);
                    ::core::result::Result::Ok(#ident {
                        #(#names: __parts.next::<__S, __K, #types>()?,)*
                    })
                }
            }
        };
    }
}
