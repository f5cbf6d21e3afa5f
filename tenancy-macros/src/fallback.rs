//! Stage five, in place of the fourth: stubs for an entity that is wrong.
//!
//! Without them, each `Project::find(&token)` of the program would be one more error, and the one to mend would be hard
//! to find among them. What could be understood keeps its types, so that filters and inserts still fit.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::DeriveInput;

use crate::attr::StructAttrs;
use crate::expand::{
    columns_impls, columns_struct, id_type, insert_struct, kept_impls, keys_struct, owner, writable,
};
use crate::model::{Entity, Kind, Names};

pub(crate) fn expand(
    kind: Kind,
    input: &DeriveInput,
    attrs: &StructAttrs,
    entity: Option<&Entity<'_>>,
    error: Option<syn::Error>,
) -> TokenStream {
    let error = error.map(syn::Error::into_compile_error);
    let stubs = match entity {
        Some(entity) if input.generics.params.is_empty() && !entity.fields.is_empty() => of_entity(entity),
        _ => of_other_item(kind, input, &Names::new(&input.ident, attrs)),
    };
    quote! {
        #error
        #stubs
    }
}

/// For a struct whose fields are columns, more or less.
fn of_entity(entity: &Entity<'_>) -> TokenStream {
    let Names { krate, columns, new, .. } = &entity.names;
    let writes = entity.is_writable();
    let keys_struct = writes.then(|| keys_struct(entity));
    let ident = entity.ident;
    let columns_struct = columns_struct(entity);
    let insert_struct = writes.then(|| insert_struct(entity));
    let id = match entity.ids().next() {
        Some(_) => id_type(entity),
        // Most probably the attribute is what is missing.
        None => entity
            .fields
            .iter()
            .find(|field| field.name == "id")
            .map_or(quote!(()), |id| id.ty.to_token_stream()),
    };
    let entity_stub = entity_stub(&entity.name, &quote!(#columns<__S, __J>), &id);
    let columns_impls = columns_impls(entity);
    let writable = writes.then(|| writable(entity, &quote!(::core::unreachable!())));
    let owner = owner(entity);
    // A mistake that stands at its attribute already.
    let kept_impls = writes.then(|| kept_impls(entity));
    let new_entity = new_entity();
    let new_entity = writes.then(|| {
        quote! {
            #[automatically_derived]
            impl __private::NewEntity for #new {
                type Entity = #ident;
                #new_entity
            }
        }
    });
    quote! {
        #columns_struct
        #keys_struct
        #insert_struct
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #krate::__private as __private;
            #columns_impls
            #[automatically_derived]
            impl __private::Entity for #ident {
                #entity_stub
            }
            #writable
            #owner
            #kept_impls
            #new_entity
        };
    }
}

/// For an enum, a union, a struct with parameters or without named fields. The two structs are there to be imported.
fn of_other_item(kind: Kind, input: &DeriveInput, names: &Names) -> TokenStream {
    let Names { krate, columns, keys, new } = names;
    let DeriveInput { ident, vis, generics, .. } = input;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let predicates = where_clause.map(|clause| clause.predicates.iter()).into_iter().flatten();
    let entity_stub = entity_stub(&ident.to_string(), &quote!(__private::NoColumns<Self>), &quote!(()));
    let predicates: Vec<_> = predicates.collect();
    let new_entity = new_entity();
    // Whatever it was to be, it has every statement.
    let also = (kind == Kind::GlobalTable).then(|| quote!(__private::ReadByVisitors));
    let owner = match kind {
        Kind::TenantScoped => quote!(#krate::TenantScoped),
        Kind::GlobalTable => quote!(#krate::GlobalTable),
    };
    let owners = also.into_iter().chain([owner]).map(|owner| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #owner for #ident #type_generics
            where
                Self: ::core::marker::Send + ::core::marker::Unpin + 'static,
                #(#predicates,)*
            {
                fn only_derive_is_allowed_to_implement_this_trait() {}
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #columns {}
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #keys {}
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #new {}
        #[allow(deprecated, unreachable_pub, unused_qualifications)]
        const _: () = {
            use #krate::__private as __private;
            pub struct __New<E>(::core::marker::PhantomData<fn() -> E>);
            #[automatically_derived]
            impl #impl_generics __private::Entity for #ident #type_generics
            where
                Self: ::core::marker::Send + ::core::marker::Unpin + 'static,
                #(#predicates,)*
            {
                #entity_stub
            }
            #[automatically_derived]
            impl #impl_generics __private::Writable for #ident #type_generics
            where
                Self: ::core::marker::Send + ::core::marker::Unpin + 'static,
                #(#predicates,)*
            {
                type New = __New<Self>;
                type Keys = ();
                const KEYS: () = ();
            }
            #(#owners)*
            #[automatically_derived]
            impl<E: __private::Writable<New = Self>> __private::NewEntity for __New<E> {
                type Entity = E;
                #new_entity
            }
        };
    }
}

/// The items of the implementation. None of it is ever run, since the build has failed.
fn entity_stub(name: &str, columns: &TokenStream, id: &TokenStream) -> TokenStream {
    quote! {
        type Columns<__S, __J: __private::Side> = #columns;
        type Id = #id;
        const DESCRIPTOR: &'static __private::EntityDescriptor = &__private::EntityDescriptor {
            entity: #name,
            schema: ::core::option::Option::None,
            table: "",
            owner: __private::Owner::Nobody { writable: false },
            public_read: false,
            kept: __private::KeptColumns::NOTHING,
            columns: &[],
            select_list: "",
            indexes: &[],
            uniques: &[],
            references: &[],
            type_id: ::core::any::TypeId::of::<Self>,
        };
        fn __columns<__S, __J: __private::Side>(_: __private::Alias) -> Self::Columns<__S, __J> {
            ::core::unreachable!()
        }
        fn decode(_: &__private::Row<'_>) -> ::core::result::Result<Self, __private::SqlxError> {
            ::core::unreachable!()
        }
        fn has_id(_: __private::ColumnsOf<Self>, _: Self::Id) -> __private::Filter<Self> {
            ::core::unreachable!()
        }
        fn id_arrays(_: ::std::vec::Vec<Self::Id>, _: &mut __private::Values) {}
    }
}

fn new_entity() -> TokenStream {
    quote! {
        const COLUMNS: &'static [&'static str] = &[];
        fn values(self, _: &mut __private::Values) {}
        fn arrays(_: ::std::vec::Vec<Self>, _: &mut __private::Values) {}
    }
}
