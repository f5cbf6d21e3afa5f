//! Stage three: what is wrong with an entity, in the words of the domain and with the mend.
//!
//! Whether a type can be a column, a tenant or a reference, only the compiler knows: the expansion asks it by bounds
//! that stand at the type.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

use crate::attr::{Given, KeyAttr};
use crate::errors::Errors;
use crate::global;
use crate::model::{Entity, Field, Kind, ON_DELETE, Role, named_fields};
use crate::name::{defect, nearest};

/// An entity is a struct with named fields and without parameters. Gives its fields.
pub(crate) fn shape<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<&'a Fields> {
    const MEND: &str = "an entity is a struct with one named field for each column";
    match &input.data {
        Data::Enum(data) => errors.at(data.enum_token, format!("an enum cannot be an entity: {MEND}")),
        Data::Union(data) => errors.at(data.union_token, format!("a union cannot be an entity: {MEND}")),
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => {}
            Fields::Unnamed(fields) => {
                errors.at(fields, format!("a tuple struct cannot be an entity: {MEND}"));
            }
            Fields::Unit => errors.at(&input.ident, format!("a unit struct cannot be an entity: {MEND}")),
        },
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics.params,
            format!(
                "an entity takes no parameters: one table holds rows of one type, so write the types out in `{}`",
                input.ident
            ),
        );
    }
    named_fields(&input.data)
}

/// Everything else.
pub(crate) fn check(entity: &Entity<'_>, errors: &Errors) {
    table(entity, errors);
    insert(entity, errors);
    match entity.kind {
        Kind::TenantScoped => tenant(entity, errors),
        Kind::GlobalTable => global::check(entity, errors),
    }
    id(entity, errors);
    for field in &entity.fields {
        roles(field, errors);
        on_delete(field, errors);
    }
    kept(entity, errors);
    columns(entity, errors);
    keys(entity, &entity.attrs.indexes, errors);
    keys(entity, &entity.attrs.uniques, errors);
}

fn table(entity: &Entity<'_>, errors: &Errors) {
    if !entity.attrs.table.is_given() {
        errors.at(
            entity.ident,
            format!(
                "`{}` does not say which table holds its rows: add `#[tenancy(table = \"..\")]`",
                entity.name
            ),
        );
    }
}

fn insert(entity: &Entity<'_>, errors: &Errors) {
    if let Some(insert) = &entity.attrs.insert.value
        && (insert.unraw() == entity.name || *insert == entity.names.columns)
    {
        errors.at(insert, format!("the insert struct cannot be called `{insert}`: that name is taken"));
    }
}

/// Exactly one field holds the tenant, always, and says nothing else.
fn tenant(entity: &Entity<'_>, errors: &Errors) {
    if let Some(name) = &entity.attrs.writable.name {
        errors.at(
            name,
            "`writable` is said of a `GlobalTable`: rows of a tenant are written by who has its token, always",
        );
    }
    let mut tenants = entity.fields.iter().filter(|field| field.role == Role::Tenant);
    let Some(tenant) = tenants.next() else {
        errors.at(
            entity.ident,
            format!(
                "`{}` has no tenant field: mark the `TenantId` or `Uuid` that says whose each row is with `#[tenancy(tenant)]`, or derive `GlobalTable` in place of `TenantScoped` when the rows belong to no tenant",
                entity.name
            ),
        );
        return;
    };
    for second in tenants {
        errors.at(
            &second.attrs.tenant.name,
            format!("a row belongs to one tenant, and `{}` says already whose it is", tenant.name),
        );
    }
    for field in entity.fields.iter().filter(|field| field.role == Role::Tenant) {
        if field.nullable {
            errors.at(
                field.ty,
                "the tenant field cannot be an `Option`: a row without a tenant would be nobody's",
            );
        }
        let attrs = &field.attrs;
        let refuse = |name: &Option<Ident>, why: &str| {
            if let Some(name) = name {
                errors.at(name, format!("the tenant field cannot be `{name}`: {why}"));
            }
        };
        refuse(&attrs.id.name, "the tenant column leads every key already");
        refuse(&attrs.default.name, "its value comes from the token, always");
        refuse(&attrs.generated.name, "its value comes from the token, always");
        for name in attrs.kept() {
            errors.at(
                name,
                format!("the tenant field cannot be `{name}`: its value comes from the token, always"),
            );
        }
        if let Some(name) = &attrs.references.name {
            errors.at(
                name,
                "the tenant field takes no `references`: the table of tenants belongs to no tenant, so its foreign key stands in your own `CREATE TABLE`",
            );
        }
    }
}

/// Some field tells the tenant's rows apart.
fn id(entity: &Entity<'_>, errors: &Errors) {
    if !entity.fields.iter().any(|field| field.attrs.id.is_given()) {
        errors.at(
            entity.ident,
            format!(
                "`{}` has no id: mark the field that tells the rows{} apart with `#[tenancy(id)]`, or with `#[tenancy(id, default)]` when the database may fill it in",
                entity.name,
                if entity.kind == Kind::TenantScoped { " of a tenant" } else { "" }
            ),
        );
    }
    for id in entity.ids().filter(|id| id.nullable) {
        errors.at(id.ty, "an id cannot be an `Option`: the columns of a primary key are never null");
    }
}

/// Who fills a column in is said once. (Of the tenant field all this has been said.)
fn roles(field: &Field<'_>, errors: &Errors) {
    let attrs = &field.attrs;
    if field.role == Role::Tenant {
        return;
    }
    let Some(generated) = &attrs.generated.name else {
        return;
    };
    if attrs.id.is_given() {
        errors.at(
            generated,
            "an id cannot be `generated`: write `#[tenancy(id, default)]`, and leave the id out of inserts",
        );
    } else if attrs.default.is_given() {
        errors.at(
            generated,
            "`default` and `generated` exclude each other: `default` lets the application give a value, `generated` never does",
        );
    }
}

/// What the library keeps is kept once, and by nobody else.
fn kept(entity: &Entity<'_>, errors: &Errors) {
    let mut seen: HashMap<String, &Field<'_>> = HashMap::new();
    for field in &entity.fields {
        for name in field.attrs.kept() {
            let others = [&field.attrs.id, &field.attrs.default, &field.attrs.generated];
            let other = others.into_iter().find_map(|given| given.name.as_ref());
            let other = other.or_else(|| field.attrs.kept().find(|other| *other != name));
            if let Some(other) = other {
                errors.at(
                    name,
                    format!(
                        "`{name}` is kept by the library when the row changes: it cannot be `{other}` as well"
                    ),
                );
                break;
            }
            match seen.insert(name.to_string(), field) {
                Some(first) => {
                    errors.at(name, format!("`{}` is the `{name}` of `{}` already", first.name, entity.name));
                }
                None if name == "deleted_at" && !field.nullable => {
                    errors.at(
                        field.ty,
                        "the `deleted_at` field is an `Option`: a row that is not deleted has none",
                    );
                }
                None if name != "deleted_at" && field.nullable => {
                    errors
                        .at(field.ty, format!("the `{name}` field cannot be an `Option`: every row has one"));
                }
                None => {}
            }
        }
    }
}

fn on_delete(field: &Field<'_>, errors: &Errors) {
    let Given { name: Some(name), value } = &field.attrs.on_delete else {
        return;
    };
    if !field.attrs.references.is_given() {
        errors.at(
            name,
            "`on_delete` needs `references`: it says what happens when the referenced row is deleted",
        );
    }
    let Some(action) = value else { return };
    let said = action.value();
    if !ON_DELETE.iter().any(|(known, _)| *known == said) {
        let known = ON_DELETE.map(|(known, _)| format!("`\"{known}\"`")).join(", ");
        errors.at(action, format!("unknown action: `on_delete` is one of {known}"));
    } else if said == "set null" && !field.nullable {
        errors.at(
            action,
            format!("`{}` can be set to null when it is an `Option`, and it is none", field.name),
        );
    }
}

/// A name that PostgreSQL keeps, and no name twice.
fn columns(entity: &Entity<'_>, errors: &Errors) {
    let mut seen: HashMap<&str, &Field<'_>> = HashMap::new();
    for field in &entity.fields {
        let named_at: &dyn ToTokens = match &field.attrs.column.value {
            Some(literal) => literal,
            None => field.ident,
        };
        if let Some(defect) = defect(&field.column) {
            errors.at(named_at, defect);
        }
        match seen.get(field.column.as_str()) {
            Some(first) => errors.at(
                named_at,
                format!("`{}` is the column of `{}` already", field.column.escape_debug(), first.name),
            ),
            None => drop(seen.insert(&field.column, field)),
        }
    }
}

/// `index(..)` and `unique(..)` name fields, each once, and the tenant field by itself.
fn keys(entity: &Entity<'_>, keys: &[KeyAttr], errors: &Errors) {
    for (position, KeyAttr { name, fields }) in keys.iter().enumerate() {
        for (position, ident) in fields.iter().enumerate() {
            match entity.field(ident) {
                None => errors.at(ident, no_such_field(entity, ident)),
                Some(field) if field.role == Role::Tenant => {
                    errors.at(ident, format!("the tenant column leads each `{name}` already: leave it out"));
                }
                Some(_) if fields[..position].contains(ident) => {
                    errors.at(ident, format!("`{ident}` stands in this `{name}` already"));
                }
                Some(_) => {}
            }
        }
        if keys[..position].iter().any(|before| before.fields == *fields) {
            errors.at(name, format!("this `{name}` is given twice"));
        }
    }
}

fn no_such_field(entity: &Entity<'_>, ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    let mend = if let Some(field) = entity.fields.iter().find(|field| field.column == name) {
        format!("; it is the column of `{}`, and keys name fields", field.name)
    } else if let Some(near) = nearest(&name, entity.fields.iter().map(|field| field.name.as_str())) {
        format!("; did you mean `{near}`?")
    } else {
        String::new()
    };
    format!("`{}` has no field `{name}`{mend}", entity.name)
}
