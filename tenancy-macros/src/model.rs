//! Stage two: [`Entity`], what the derive knows of a struct, with every name that the expansion needs already made.
//!
//! It is built even of an entity that is wrong: [`check`](crate::check) says what is wrong with it, and
//! [`fallback`](crate::fallback) writes stubs from what could be understood.

use proc_macro2::{Ident, Literal, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, GenericArgument, Path, PathArguments, Type, Visibility, parse_quote};

use crate::attr::{FieldAttrs, Given, KeyAttr, StructAttrs, unwrapped};
use crate::check;
use crate::errors::Errors;
use crate::name::{TableName, quote_identifier};

/// Which derive it is: whose the rows of the table are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TenantScoped,
    GlobalTable,
}

/// A struct with named fields, and what its attributes say.
pub(crate) struct Entity<'a> {
    pub(crate) kind: Kind,
    pub(crate) attrs: &'a StructAttrs,
    pub(crate) names: Names,
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    /// The name of the struct, for messages and documentation.
    pub(crate) name: String,
    /// `None` when the attribute is missing or was not understood.
    pub(crate) table: Option<TableName>,
    pub(crate) fields: Vec<Field<'a>>,
    /// Columns of each `index(..)`, as PostgreSQL stores their names.
    pub(crate) indexes: Vec<Vec<String>>,
    /// Columns of each `unique(..)`.
    pub(crate) uniques: Vec<Vec<String>>,
}

/// The names that the expansion gives, or takes from elsewhere.
pub(crate) struct Names {
    /// `::tenancy`, or the path of `#[tenancy(crate = ..)]`.
    pub(crate) krate: Path,
    /// `ProjectColumns`.
    pub(crate) columns: Ident,
    /// `ProjectKeys`.
    pub(crate) keys: Ident,
    /// `NewProject`.
    pub(crate) new: Ident,
}

/// A field, which is a column.
pub(crate) struct Field<'a> {
    pub(crate) attrs: FieldAttrs,
    pub(crate) ident: &'a Ident,
    /// The name of the field, for messages and documentation.
    pub(crate) name: String,
    /// Where the type stands; resolves names as the rest of the expansion does, also when the field was written by
    /// another macro.
    pub(crate) span: Span,
    pub(crate) ty: &'a Type,
    /// The type without its `Option`.
    pub(crate) base: &'a Type,
    pub(crate) nullable: bool,
    /// The type of the elements, of a column of arrays.
    pub(crate) element: Option<&'a Type>,
    pub(crate) role: Role,
    /// Where the column stands among the columns.
    pub(crate) position: Literal,
    /// The column, as PostgreSQL stores its name.
    pub(crate) column: String,
    /// The column, quoted.
    pub(crate) quoted: String,
    /// The constant that knows what to do with values of the field.
    pub(crate) witness: Ident,
    /// The variable that gathers the field of all rows.
    pub(crate) all: Ident,
    pub(crate) reference: Option<Reference>,
}

/// Who fills a column in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Tenant,
    Id,
    DefaultId,
    Required,
    Defaulted,
    Generated,
    Kept,
}

/// What a field with `references` references.
pub(crate) struct Reference {
    pub(crate) parent: Type,
    pub(crate) span: Span,
    /// The variant of `OnDelete`.
    pub(crate) on_delete: Ident,
}

/// A key that tells the rows of a tenant apart.
pub(crate) struct Key {
    /// `slug`, `number_and_kind`.
    pub(crate) ident: Ident,
    /// Quoted, without the tenant column that leads it.
    pub(crate) columns: Vec<String>,
}

impl Key {
    fn of<'f, 'a: 'f>(fields: impl Iterator<Item = &'f Field<'a>>) -> Self {
        let fields: Vec<_> = fields.collect();
        let ident = match fields.as_slice() {
            [one] => one.ident.clone(),
            [] => Ident::new("_", Span::call_site()),
            several => {
                let names: Vec<_> = several.iter().map(|field| field.name.as_str()).collect();
                Ident::new(&names.join("_and_"), Span::call_site())
            }
        };
        Self { ident, columns: fields.iter().map(|field| field.quoted.clone()).collect() }
    }
}

impl<'a> Entity<'a> {
    /// `None`, with an error, for what is no struct with named fields.
    pub(crate) fn new(
        kind: Kind,
        input: &'a DeriveInput,
        attrs: &'a StructAttrs,
        errors: &Errors,
    ) -> Option<Self> {
        let fields: Vec<_> = check::shape(input, errors)?
            .iter()
            .enumerate()
            .filter_map(|(position, field)| Some(Field::new(position, field, field.ident.as_ref()?, errors)))
            .collect();
        Some(Self {
            kind,
            names: Names::new(&input.ident, attrs),
            vis: &input.vis,
            ident: &input.ident,
            name: input.ident.unraw().to_string(),
            table: attrs.table.value.as_ref().map(|table| TableName::parse(table, errors)),
            indexes: columns_of(&attrs.indexes, &fields),
            uniques: columns_of(&attrs.uniques, &fields),
            fields,
            attrs,
        })
    }

    /// Whether the application writes its rows.
    pub(crate) fn is_writable(&self) -> bool {
        self.kind == Kind::TenantScoped || self.attrs.writable.is_given()
    }

    /// The columns of the primary key, without the tenant column.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| matches!(field.role, Role::Id | Role::DefaultId))
    }

    /// What an insert must give.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| matches!(field.role, Role::Id | Role::Required))
    }

    /// The primary key and each `unique(..)`, by the names of their fields: what an insert can conflict with. What names a
    /// field that is not there is left out.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = vec![Key::of(self.ids())];
        for unique in &self.attrs.uniques {
            let key = Key::of(unique.fields.iter().filter_map(|ident| self.field(ident)));
            if keys.iter().all(|before| before.ident != key.ident) {
                keys.push(key);
            }
        }
        keys.retain(|key| !key.columns.is_empty());
        keys
    }

    /// The field that the library keeps by this attribute.
    pub(crate) fn kept(&self, attribute: impl Fn(&FieldAttrs) -> &Given<()>) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.role == Role::Kept && attribute(&field.attrs).is_given())
    }

    /// The field of this name.
    pub(crate) fn field(&self, ident: &Ident) -> Option<&Field<'a>> {
        find(&self.fields, ident)
    }
}

impl Names {
    pub(crate) fn new(entity: &Ident, attrs: &StructAttrs) -> Self {
        let name = entity.unraw();
        let new = || format_ident!("New{name}", span = entity.span());
        Self {
            krate: attrs.krate.value.clone().unwrap_or_else(|| parse_quote!(::tenancy)),
            columns: format_ident!("{name}Columns", span = entity.span()),
            keys: format_ident!("{name}Keys", span = entity.span()),
            new: attrs.insert.value.clone().unwrap_or_else(new),
        }
    }
}

impl<'a> Field<'a> {
    fn new(position: usize, field: &'a syn::Field, ident: &'a Ident, errors: &Errors) -> Self {
        let attrs = FieldAttrs::read(&field.attrs, errors);
        let name = ident.unraw().to_string();
        let column = attrs.column.value.as_ref().map_or_else(|| name.clone(), syn::LitStr::value);
        let of_option = option(&field.ty);
        Self {
            ident,
            span: field.ty.span().resolved_at(Span::call_site()),
            ty: &field.ty,
            base: of_option.unwrap_or(&field.ty),
            nullable: of_option.is_some(),
            element: array(of_option.unwrap_or(&field.ty)),
            role: Role::of(&attrs),
            position: Literal::usize_unsuffixed(position),
            quoted: quote_identifier(&column),
            column,
            witness: format_ident!("__field_{name}"),
            all: format_ident!("__all_{name}"),
            reference: attrs.references.value.clone().map(|parent| Reference {
                span: last_segment(&parent).resolved_at(Span::call_site()),
                parent,
                on_delete: Ident::new(on_delete(&attrs).unwrap_or("NoAction"), Span::call_site()),
            }),
            name,
            attrs,
        }
    }
}

impl Role {
    /// Of roles that exclude each other, the one that asks least of the user in what follows.
    fn of(attrs: &FieldAttrs) -> Self {
        if attrs.tenant.is_given() {
            Self::Tenant
        } else if attrs.id.is_given() {
            if attrs.default.is_given() || attrs.generated.is_given() { Self::DefaultId } else { Self::Id }
        } else if attrs.kept().next().is_some() {
            Self::Kept
        } else if attrs.generated.is_given() {
            Self::Generated
        } else if attrs.default.is_given() {
            Self::Defaulted
        } else {
            Self::Required
        }
    }
}

/// The actions of `on_delete`, and the variants of `OnDelete` that they are.
pub(crate) const ON_DELETE: [(&str, &str); 4] =
    [("cascade", "Cascade"), ("restrict", "Restrict"), ("set null", "SetNull"), ("no action", "NoAction")];

fn on_delete(attrs: &FieldAttrs) -> Option<&'static str> {
    let said = attrs.on_delete.value.as_ref()?.value();
    ON_DELETE.iter().find(|(action, _)| *action == said).map(|(_, variant)| *variant)
}

/// Where the name of an entity stands, without the path to it.
fn last_segment(entity: &Type) -> Span {
    match unwrapped(entity) {
        Type::Path(path) => path.path.segments.last().map_or_else(Span::call_site, Spanned::span),
        other => other.span(),
    }
}

/// The columns of keys. A name that no field has is left out: the checks report it.
fn columns_of(keys: &[KeyAttr], fields: &[Field<'_>]) -> Vec<Vec<String>> {
    keys.iter()
        .map(|key| {
            key.fields
                .iter()
                .filter_map(|name| find(fields, name))
                .map(|field| field.column.clone())
                .collect()
        })
        .collect()
}

/// `type` and `r#type` are the same field.
fn find<'f, 'a>(fields: &'f [Field<'a>], ident: &Ident) -> Option<&'f Field<'a>> {
    let name = ident.unraw().to_string();
    fields.iter().find(|field| field.name == name)
}

/// The `T` of an `Option<T>`, under whatever path it is named.
fn option(ty: &Type) -> Option<&Type> {
    only_argument(ty, "Option")
}

/// The `T` of a `Vec<T>` that is an array in PostgreSQL. `Vec<u8>` is a `bytea`.
fn array(ty: &Type) -> Option<&Type> {
    let element = only_argument(ty, "Vec")?;
    match unwrapped(element) {
        Type::Path(path) if path.path.is_ident("u8") => None,
        _ => Some(element),
    }
}

/// The `T` of a type of this name with one argument.
fn only_argument<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = unwrapped(ty) else {
        return None;
    };
    let last = path.path.segments.last().filter(|last| path.qself.is_none() && last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(base)), 1) => Some(base),
        _ => None,
    }
}

/// The named fields of a struct.
pub(crate) fn named_fields(data: &Data) -> Option<&Fields> {
    match data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => Some(&data.fields),
        _ => None,
    }
}
