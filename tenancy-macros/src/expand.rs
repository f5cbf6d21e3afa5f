//! Stage four: the code. It reads the model and nothing else.
//!
//! Two structs stand beside the entity, because users name them: its columns, and what an insert must be given. All
//! else stands in one `const _`, so that it adds no name. Paths are absolute, and variables begin with two underscores,
//! since a lower-case constant or unit struct of the user's would turn a variable of its name into a pattern.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use crate::global;
use crate::model::{Entity, Field, Kind, Names, Reference, Role};

pub(crate) fn expand(entity: &Entity<'_>) -> TokenStream {
    let columns_struct = columns_struct(entity);
    let writes = entity.is_writable();
    let keys_struct = writes.then(|| keys_struct(entity));
    let insert_struct = writes.then(|| insert_struct(entity));
    let witnesses = witnesses(entity);
    let columns_impls = columns_impls(entity);
    let entity_impl = entity_impl(entity);
    let writable = writes.then(|| writable(entity, &keys(entity)));
    let owner = owner(entity);
    let kept_impls = kept_impls(entity);
    let new_entity = writes.then(|| new_entity(entity));
    let krate = &entity.names.krate;
    let ident = entity.ident;
    quote! {
        #columns_struct
        #keys_struct
        #insert_struct
        #[allow(deprecated, non_upper_case_globals, unused_qualifications)]
        const _: () = {
            use #krate::__private as __private;
            #witnesses
            #columns_impls
            #entity_impl
            #writable
            #owner
            #kept_impls
            #new_entity
            __private::register! { #ident }
        };
    }
}

/// `ProjectColumns`.
pub(crate) fn columns_struct(entity: &Entity<'_>) -> TokenStream {
    let Entity { vis, ident, .. } = entity;
    let Names { krate, columns, .. } = &entity.names;
    let doc = format!(" The columns of `{}`.", entity.name);
    let private = quote!(#krate::__private);
    let fields = entity.fields.iter().map(|field| {
        let Field { ident: name, base, role, .. } = field;
        let doc = format!(" The column of `{}`.", field.name);
        let null = if field.nullable { quote!(Nullable) } else { quote!(NotNull) };
        let filled = match &field.reference {
            Some(Reference { parent, .. }) => quote!(#private::References<#parent, #private::#role>),
            None => quote!(#private::#role),
        };
        quote! {
            #[doc = #doc]
            #vis #name: #private::Column<__S, #base, <__J as #private::Side>::Null<#private::#null>, #filled>
        }
    });
    quote! {
        #[doc = #doc]
        // A program need not use every column.
        #[allow(dead_code, deprecated, non_snake_case, private_interfaces, unused_qualifications)]
        #vis struct #columns<__S = #ident, __J: #private::Side = #private::Inner> {
            #(#fields,)*
        }
    }
}

/// `ProjectKeys`.
pub(crate) fn keys_struct(entity: &Entity<'_>) -> TokenStream {
    let Entity { vis, ident, names: Names { krate, keys, .. }, .. } = entity;
    let doc = format!(" The keys of `{}`: what an insert can conflict with.", entity.name);
    let all = entity.keys();
    let names = all.iter().map(|key| &key.ident);
    let led = if entity.kind == Kind::TenantScoped { ", led by the tenant" } else { "" };
    let docs = all.iter().map(|key| format!(" The key of {}{led}.", key.columns.join(", ")));
    quote! {
        #[doc = #doc]
        // A program need not insert over what is there.
        #[allow(dead_code, non_snake_case)]
        #[derive(::core::fmt::Debug)]
        #vis struct #keys {
            #(
                #[doc = #docs]
                #vis #names: #krate::__private::UniqueKey<#ident>,
            )*
        }
    }
}

/// The keys themselves.
fn keys(entity: &Entity<'_>) -> TokenStream {
    let keys = &entity.names.keys;
    let all = entity.keys();
    let names = all.iter().map(|key| &key.ident);
    let columns = all.iter().map(|key| &key.columns);
    quote!(#keys { #(#names: __private::UniqueKey::__new(&[#(#columns),*]),)* })
}

/// `NewProject`.
pub(crate) fn insert_struct(entity: &Entity<'_>) -> TokenStream {
    let vis = entity.vis;
    let new = &entity.names.new;
    let derives = &entity.attrs.insert_derive;
    let derive = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
    let doc = format!(" What an insert of `{}` must be given.", entity.name);
    let fields = entity.required().map(|Field { ident, name, ty, .. }| {
        let doc = format!(" The value of `{name}`.");
        quote! {
            #[doc = #doc]
            #vis #ident: #ty
        }
    });
    quote! {
        #[doc = #doc]
        // A program need not insert.
        #[allow(dead_code, deprecated, non_snake_case)]
        #derive
        #vis struct #new {
            #(#fields,)*
        }
    }
}

/// What derives would write if they did not ask the same of the parameters.
pub(crate) fn columns_impls(entity: &Entity<'_>) -> TokenStream {
    let Entity { ident, names: Names { columns, .. }, .. } = entity;
    let any = entity.fields.first().map(|field| field.ident);
    quote! {
        #[automatically_derived]
        impl<__S, __J: __private::Side> ::core::clone::Clone for #columns<__S, __J> {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl<__S, __J: __private::Side> ::core::marker::Copy for #columns<__S, __J> {}
        #[automatically_derived]
        impl<__S, __J: __private::Side> ::core::fmt::Debug for #columns<__S, __J> {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __formatter.write_str(::core::stringify!(#columns))
            }
        }
        #[automatically_derived]
        impl<__S, __J: __private::Side> __private::EntityColumns<__S> for #columns<__S, __J> {
            type Entity = #ident;
            fn __alias(&self) -> __private::Alias {
                self.#any.__alias()
            }
        }
    }
}

/// What only the compiler knows, asked once for each field: whether a type can stand where it stands. It answers at
/// the type.
fn witnesses(entity: &Entity<'_>) -> TokenStream {
    entity
        .fields
        .iter()
        .map(|Field { attrs, ty, role, witness, nullable, element, .. }| {
            let ask = match role {
                Role::Tenant => quote!(tenant_field::<#ty>),
                Role::Kept if attrs.version.is_given() => quote!(version_field::<#ty>),
                Role::Kept if attrs.updated_at.is_given() => quote!(updated_at_field::<#ty>),
                Role::Kept => quote!(deleted_at_field::<#ty>),
                _ => match element {
                    None => quote!(field::<#ty>),
                    Some(element) if *nullable => quote!(nullable_array_field::<#element>),
                    Some(element) => quote!(array_field::<#element>),
                },
            };
            quote!(const #witness: __private::Field<#ty> = __private::#ask();)
        })
        .collect()
}

fn entity_impl(entity: &Entity<'_>) -> TokenStream {
    let columns = &entity.names.columns;
    let ident = entity.ident;
    let id = id_type(entity);
    let descriptor = descriptor(entity);
    let has_id = has_id(entity);
    let id_arrays = id_arrays(entity);
    let named = entity.fields.iter().map(
        |Field {
             ident, quoted, span, ..
         }| { quote_spanned!(*span=> #ident: __private::Column::__new(__alias, #quoted)) },
    );
    let decoded = entity.fields.iter().map(
        |Field {
             ident,
             position,
             witness,
             span,
             ..
         }| { quote_spanned!(*span=> #ident: #witness.get(__row, #position)?) },
    );
    quote! {
        #[automatically_derived]
        impl __private::Entity for #ident {
            type Columns<__S, __J: __private::Side> = #columns<__S, __J>;
            type Id = #id;
            const DESCRIPTOR: &'static __private::EntityDescriptor = #descriptor;
            fn __columns<__S, __J: __private::Side>(__alias: __private::Alias) -> #columns<__S, __J> {
                #columns { #(#named,)* }
            }
            fn decode(__row: &__private::Row<'_>) -> ::core::result::Result<Self, __private::SqlxError> {
                ::core::result::Result::Ok(Self { #(#decoded,)* })
            }
            fn has_id(__columns: #columns, __id: #id) -> __private::Filter<Self> {
                #has_id
            }
            fn id_arrays(__ids: ::std::vec::Vec<#id>, __values: &mut __private::Values) {
                #id_arrays
            }
        }
    }
}

/// What an insert needs to know.
pub(crate) fn writable(entity: &Entity<'_>, keys: &TokenStream) -> TokenStream {
    let Entity { ident, names: Names { keys: keys_name, new, .. }, .. } = entity;
    quote! {
        #[automatically_derived]
        impl __private::Writable for #ident {
            type New = #new;
            type Keys = #keys_name;
            const KEYS: #keys_name = #keys;
        }
    }
}

/// Whose the rows are, and so which statements there are.
pub(crate) fn owner(entity: &Entity<'_>) -> TokenStream {
    match entity.kind {
        Kind::TenantScoped => tenant_scoped(entity),
        Kind::GlobalTable => global::global_table(entity),
    }
}

fn tenant_scoped(entity: &Entity<'_>) -> TokenStream {
    let Entity { ident, names: Names { krate, .. }, .. } = entity;
    let public_read = entity.attrs.public_read.is_given().then(|| {
        quote! {
            #[automatically_derived]
            impl __private::ReadByVisitors for #ident {
                fn only_derive_is_allowed_to_implement_this_trait() {}
            }
            #[automatically_derived]
            impl #krate::PublicRead for #ident {
                fn only_public_read_is_allowed_to_implement_this_trait() {}
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::TenantScoped for #ident {
            fn only_derive_is_allowed_to_implement_this_trait() {}
        }
        #public_read
    }
}

/// What entities have of which the library keeps a version or a deletion.
pub(crate) fn kept_impls(entity: &Entity<'_>) -> TokenStream {
    let ident = entity.ident;
    let versioned = entity.kept(|attrs| &attrs.version).map(|Field { ty, .. }| {
        quote! {
            #[automatically_derived]
            impl __private::Versioned for #ident {
                type Version = #ty;
            }
        }
    });
    let soft_delete = entity.kept(|attrs| &attrs.deleted_at).map(|_| {
        quote! {
            #[automatically_derived]
            impl __private::SoftDelete for #ident {
                fn only_deleted_at_is_allowed_to_implement_this_trait() {}
            }
        }
    });
    quote!(#versioned #soft_delete)
}

/// The descriptor's `kept`.
fn kept_columns(entity: &Entity<'_>) -> TokenStream {
    if entity.fields.iter().all(|field| field.role != Role::Kept) {
        return quote!(__private::KeptColumns::NOTHING);
    }
    let column = |field: Option<&Field<'_>>| match field {
        Some(Field { column, .. }) => quote!(::core::option::Option::Some(#column)),
        None => quote!(::core::option::Option::None),
    };
    let version = column(entity.kept(|attrs| &attrs.version));
    let updated_at = column(entity.kept(|attrs| &attrs.updated_at));
    let deleted_at = column(entity.kept(|attrs| &attrs.deleted_at));
    quote! {
        __private::KeptColumns { version: #version, updated_at: #updated_at, deleted_at: #deleted_at }
    }
}

/// The type of the id, or a tuple of the types of several.
pub(crate) fn id_type(entity: &Entity<'_>) -> TokenStream {
    let types: Vec<_> = entity.ids().map(|id| id.ty).collect();
    match types.as_slice() {
        [one] => one.to_token_stream(),
        several => quote!((#(#several),*)),
    }
}

fn has_id(entity: &Entity<'_>) -> TokenStream {
    let ids: Vec<_> = entity.ids().collect();
    if let [Field { ident, witness, span, .. }] = ids.as_slice() {
        return quote_spanned!(*span=> #witness.eq(__columns.#ident, __id));
    }
    ids.iter()
        .enumerate()
        .map(|(position, Field { ident, witness, span, .. })| {
            let position = syn::Index::from(position);
            quote_spanned!(*span=> #witness.eq(__columns.#ident, __id.#position))
        })
        .reduce(|all, id| quote!(#all.and(#id)))
        .unwrap_or_default()
}

/// Ids become columns: each value is moved, none is cloned.
fn id_arrays(entity: &Entity<'_>) -> TokenStream {
    let ids: Vec<_> = entity.ids().collect();
    if let [Field { witness, span, .. }] = ids.as_slice() {
        return quote_spanned!(*span=> #witness.push_array(__values, __ids););
    }
    let all: Vec<_> = ids.iter().map(|id| &id.all).collect();
    let witnesses = ids.iter().map(|id| &id.witness);
    let positions = (0..ids.len()).map(syn::Index::from);
    quote! {
        #(let mut #all = ::std::vec::Vec::with_capacity(__ids.len());)*
        for __id in __ids {
            #(#all.push(__id.#positions);)*
        }
        #(#witnesses.push_array(__values, #all);)*
    }
}

fn descriptor(entity: &Entity<'_>) -> TokenStream {
    let Entity { ident, name, indexes, uniques, .. } = entity;
    let (schema, table) = match &entity.table {
        Some(name) => (name.schema.as_deref(), name.table.as_str()),
        None => (None, ""),
    };
    let schema = match schema {
        Some(schema) => quote!(::core::option::Option::Some(#schema)),
        None => quote!(::core::option::Option::None),
    };
    let owner = match entity.kind {
        Kind::TenantScoped => {
            let tenant = entity.fields.iter().find(|field| field.role == Role::Tenant);
            let tenant = tenant.map_or("", |tenant| &tenant.column);
            quote!(Tenant(#tenant))
        }
        Kind::GlobalTable => {
            let writable = entity.is_writable();
            quote!(Nobody { writable: #writable })
        }
    };
    let public_read = entity.kind == Kind::GlobalTable || entity.attrs.public_read.is_given();
    let kept = kept_columns(entity);
    let columns = entity.fields.iter().map(|Field { column, role, nullable, witness, .. }| {
        let role = role.in_descriptor();
        quote! {
            __private::ColumnDescriptor {
                name: #column,
                role: __private::ColumnRole::#role,
                nullable: #nullable,
                sql_type: #witness.sql_type(),
            }
        }
    });
    // With the alias that every statement gives to its table.
    let quoted: Vec<_> = entity.fields.iter().map(|field| format!("\"t\".{}", field.quoted)).collect();
    let select_list = quoted.join(", ");
    let references = entity.fields.iter().filter_map(|field| {
        let Field { column, ty, .. } = field;
        let reference = field.reference.as_ref()?;
        let Reference { parent, span, on_delete } = reference;
        // At the entity, since the compiler points at the whole path when that is none.
        let target = match entity.kind {
            Kind::TenantScoped => quote_spanned!(*span=> __private::referenced::<#parent, #ty>),
            Kind::GlobalTable => quote_spanned!(*span=> __private::global_referenced::<#parent, #ty>),
        };
        Some(quote! {
            __private::ReferenceDescriptor {
                column: #column,
                target: #target,
                on_delete: __private::OnDelete::#on_delete,
            }
        })
    });
    quote! {
        &__private::EntityDescriptor {
            entity: #name,
            schema: #schema,
            table: #table,
            owner: __private::Owner::#owner,
            public_read: #public_read,
            kept: #kept,
            columns: &[#(#columns),*],
            select_list: #select_list,
            indexes: &[#(&[#(#indexes),*]),*],
            uniques: &[#(&[#(#uniques),*]),*],
            references: &[#(#references),*],
            type_id: ::core::any::TypeId::of::<#ident>,
        }
    }
}

fn new_entity(entity: &Entity<'_>) -> TokenStream {
    let ident = entity.ident;
    let new = &entity.names.new;
    let columns = entity.required().map(|field| &field.quoted);
    let values = entity.required().map(
        |Field { ident, witness, span, .. }| quote_spanned!(*span=> #witness.push(__values, self.#ident);),
    );
    let arrays = arrays(entity);
    quote! {
        #[automatically_derived]
        impl __private::NewEntity for #new {
            type Entity = #ident;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
            fn values(self, __values: &mut __private::Values) {
                #(#values)*
            }
            fn arrays(__rows: ::std::vec::Vec<Self>, __values: &mut __private::Values) {
                #arrays
            }
        }
    }
}

/// Rows become columns: each value is moved, none is cloned.
fn arrays(entity: &Entity<'_>) -> TokenStream {
    if entity.required().next().is_none() {
        return TokenStream::new();
    }
    let all = entity.required().map(|field| &field.all);
    let push = entity
        .required()
        .map(|Field { ident, all, span, .. }| quote_spanned!(*span=> #all.push(__row.#ident);));
    let push_array = entity
        .required()
        .map(|Field { all, witness, span, .. }| quote_spanned!(*span=> #witness.push_array(__values, #all);));
    quote! {
        #(let mut #all = ::std::vec::Vec::with_capacity(__rows.len());)*
        for __row in __rows {
            #(#push)*
        }
        #(#push_array)*
    }
}

/// The marker type of the role.
impl ToTokens for Role {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Tenant => quote!(Fixed),
            Self::Id => quote!(Id),
            Self::DefaultId => quote!(DefaultId),
            Self::Required => quote!(Required),
            Self::Defaulted => quote!(Defaulted),
            Self::Generated => quote!(Generated),
            Self::Kept => quote!(Kept),
        });
    }
}

impl Role {
    /// The variant of `ColumnRole`, which is called like the type but for the tenant.
    fn in_descriptor(self) -> TokenStream {
        match self {
            Self::Tenant => quote!(Tenant),
            other => other.to_token_stream(),
        }
    }
}
