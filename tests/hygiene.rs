//! The derive stands in other people's code: whatever names, lints and modules are there, it must neither break nor
//! break them. Each module is one such place; that it compiles is the test.

#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub, unused, unused_qualifications, non_snake_case, deprecated)]

use tenancy::__private::{ColumnRole, NewEntity, OnDelete};
use tenancy::TenantScoped;
use tenancy::entity::Entity as _;

/// No prelude, and every name that an expansion might lean on means something else.
mod no_prelude {
    #![no_implicit_prelude]

    #[derive(::tenancy::TenantScoped)]
    #[tenancy(table = "entries", index(kind), unique(name), insert_derive(::core::fmt::Debug))]
    pub(crate) struct Entry {
        #[tenancy(id, default)]
        pub(crate) id: ::uuid::Uuid,
        #[tenancy(tenant)]
        pub(crate) tenant_id: ::tenancy::TenantId,
        pub(crate) name: ::std::string::String,
        pub(crate) note: ::core::option::Option<::std::string::String>,
        #[tenancy(default)]
        pub(crate) kind: i16,
        #[tenancy(references = Entry, on_delete = "set null")]
        pub(crate) parent: ::core::option::Option<::uuid::Uuid>,
    }

    // What the prelude's and our own names mean here.
    #[allow(dead_code)]
    mod shadows {
        pub(super) struct Option;
        pub(super) struct Some;
        pub(super) struct Result;
        pub(super) struct Ok;
        pub(super) struct Vec;
        pub(super) struct Column;
        pub(super) struct Row;
        pub(super) struct Values;
        pub(super) struct NewEntity;
        pub(super) struct TenantScoped;
        pub(super) struct Clone;
        pub(super) struct Copy;
        pub(super) struct Send;
        pub(super) struct String;
    }
    #[allow(unused_imports)]
    use self::shadows::*;

    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    mod std {}
    #[allow(dead_code)]
    mod tenancy {}
}

/// Fields, constants and unit structs that are called like variables of the expansion.
mod our_own_names {
    use tenancy::TenantScoped;
    use uuid::Uuid;

    #[derive(TenantScoped)]
    #[tenancy(table = "Sales.Order", index(r#type, rows), unique(row))]
    pub(crate) struct Order {
        #[tenancy(id)]
        pub(crate) r#type: i32,
        #[tenancy(tenant, column = "Tenant Id")]
        pub(crate) tenant: Uuid,
        #[tenancy(column = "say \"hi\"")]
        pub(crate) row: String,
        #[tenancy(column = "SELECT")]
        pub(crate) rows: Option<Vec<u8>>,
        pub(crate) values: bool,
        #[tenancy(default)]
        pub(crate) columns: Option<i64>,
        #[tenancy(generated)]
        pub(crate) alias: String,
        pub(crate) id: f64,
        pub(crate) eq: i64,
        pub(crate) __new: i64,
        pub(crate) __rows: i64,
        pub(crate) _all: i64,
    }

    #[allow(dead_code, non_camel_case_types)]
    mod items {
        pub(super) struct row;
        pub(super) struct rows;
        pub(super) struct values;
        pub(super) struct columns;
        pub(super) struct alias;
        pub(super) struct id;
    }
    #[allow(unused_imports)]
    use self::items::*;
}

/// A private entity, of private types, with public ones among its fields; nobody uses what is generated.
mod private {
    mod inner {
        use tenancy::{TenantId, TenantScoped};

        #[derive(sqlx::Type)]
        #[sqlx(transparent)]
        struct Secret(i64);

        #[derive(TenantScoped)]
        #[tenancy(table = "quiet")]
        #[expect(dead_code, reason = "nobody uses the entity either")]
        struct Quiet {
            #[tenancy(id)]
            id: i64,
            #[tenancy(tenant)]
            tenant_id: TenantId,
            secret: Secret,
            more: Option<Secret>,
        }
    }
}

/// The entity is visible in a part of the crate only.
mod restricted {
    pub(crate) mod inner {
        use tenancy::{TenantId, TenantScoped};

        #[derive(TenantScoped)]
        #[tenancy(table = "narrow", insert = NarrowDraft)]
        pub(in crate::restricted) struct Narrow {
            #[tenancy(id)]
            pub(super) id: i64,
            #[tenancy(tenant)]
            pub(super) tenant_id: TenantId,
            pub(super) title: String,
        }
    }

    pub(crate) fn columns() -> &'static [&'static str] {
        use tenancy::__private::NewEntity;
        let _ = |narrow: inner::Narrow| (narrow.id, narrow.tenant_id, narrow.title);
        let _ = inner::NarrowDraft { id: 1, title: String::new() };
        let _: Option<inner::NarrowColumns> = None;
        inner::NarrowDraft::COLUMNS
    }
}

/// A field that is deprecated, and one whose name is no snake case: said once, by the user.
mod lints {
    use tenancy::{TenantId, TenantScoped};

    #[derive(TenantScoped)]
    #[tenancy(table = "linted")]
    #[allow(dead_code, non_snake_case)]
    pub(crate) struct Linted {
        #[tenancy(id)]
        pub(crate) Id: i64,
        #[tenancy(tenant)]
        pub(crate) tenantId: TenantId,
        #[deprecated]
        pub(crate) old: String,
    }
}

/// The facade is not called `tenancy` here.
mod elsewhere {
    pub(crate) mod vendored {
        pub(crate) use tenancy_core::*;
    }

    #[derive(tenancy::TenantScoped)]
    #[tenancy(table = "a", crate = ::tenancy_core)]
    pub(crate) struct Absolute {
        #[tenancy(id)]
        pub(crate) id: i64,
        #[tenancy(tenant)]
        pub(crate) tenant_id: vendored::TenantId,
    }

    #[derive(tenancy::TenantScoped)]
    #[tenancy(table = "b", crate = "self::vendored")]
    pub(crate) struct Relative {
        #[tenancy(id)]
        pub(crate) id: i64,
        #[tenancy(tenant)]
        pub(crate) tenant_id: vendored::TenantId,
        #[tenancy(references = "super::elsewhere::Absolute")]
        pub(crate) absolute: i64,
    }
}

/// The entity is written by another macro, which was given some of its tokens.
mod by_macro {
    macro_rules! entity {
        ($name:ident, $table:literal, $id:ty, $parent:ty, $field:ident: $ty:ty) => {
            #[derive(tenancy::TenantScoped)]
            #[tenancy(table = $table, index($field))]
            pub(crate) struct $name {
                #[tenancy(id)]
                pub(crate) id: $id,
                #[tenancy(tenant)]
                pub(crate) tenant_id: tenancy::TenantId,
                #[tenancy(references = $parent)]
                pub(crate) parent: Option<$id>,
                pub(crate) $field: $ty,
            }
        };
    }
    entity!(Made, "made", i64, Made, title: Option<String>);
}

/// Several ids make a tuple.
mod composite {
    use tenancy::{TenantId, TenantScoped};

    #[derive(TenantScoped)]
    #[tenancy(table = "memberships")]
    pub(crate) struct Membership {
        #[tenancy(id, references = super::our_own_names::Order, on_delete = "cascade")]
        pub(crate) order: i32,
        #[tenancy(tenant)]
        pub(crate) tenant_id: TenantId,
        #[tenancy(id)]
        pub(crate) member: String,
    }
}

/// What users do with all of them.
#[expect(dead_code, reason = "it compiles")]
fn used(token: &tenancy::TenantToken, id: uuid::Uuid) {
    use composite::Membership;
    use no_prelude::{Entry, NewEntry};
    use our_own_names::{NewOrder, Order};

    let _ = Entry::find(token).filter(|entry| entry.name.eq("a").and(entry.note.is_null()));
    let _ = Entry::find_by_id(token, id);
    let _ = Entry::insert(token, NewEntry { name: String::new(), note: None, parent: Some(id) });
    let _ = Order::find(token)
        .filter(|order| order.r#type.eq(1).and(order.columns.is_null()).and(order.eq.eq(2)));
    let _ = Order::insert(
        token,
        NewOrder {
            r#type: 1,
            row: String::new(),
            rows: None,
            values: true,
            id: 0.5,
            eq: 1,
            __new: 1,
            __rows: 1,
            _all: 1,
        },
    );
    let _ = Membership::find_by_id(token, (1, String::from("ada")));
    let _ = |entry: Entry| (entry.id, entry.tenant_id, entry.name, entry.note, entry.kind, entry.parent);
    let _ = |order: Order| (order.r#type, order.tenant, order.row, order.rows, order.values, order.columns);
    let _ = |order: Order| (order.alias, order.id, order.eq, order.__new, order.__rows, order._all);
    let _ = |member: Membership| (member.order, member.tenant_id, member.member);
    let _ = |made: by_macro::Made| (made.id, made.tenant_id, made.parent, made.title);
    let _ = |there: elsewhere::Absolute| (there.id, there.tenant_id);
    let _ = |there: elsewhere::Relative| (there.id, there.tenant_id, there.absolute);
}

#[test]
fn the_descriptor_says_what_the_attributes_say() {
    let order = our_own_names::Order::DESCRIPTOR;
    assert_eq!((order.entity, order.schema, order.table), ("Order", Some("Sales"), "Order"));
    assert_eq!(order.tenant(), Some("Tenant Id"));
    let columns: Vec<_> =
        order.columns.iter().map(|column| (column.name, column.role, column.nullable)).collect();
    assert_eq!(
        columns[..7],
        [
            ("type", ColumnRole::Id, false),
            ("Tenant Id", ColumnRole::Tenant, false),
            ("say \"hi\"", ColumnRole::Required, false),
            ("SELECT", ColumnRole::Required, true),
            ("values", ColumnRole::Required, false),
            ("columns", ColumnRole::Defaulted, true),
            ("alias", ColumnRole::Generated, false),
        ]
    );
    assert_eq!(order.indexes, [["type", "SELECT"]]);
    assert_eq!(order.uniques, [["say \"hi\""]]);
    assert_eq!((order.type_id)(), std::any::TypeId::of::<our_own_names::Order>());
}

#[test]
fn references_lead_to_the_descriptor_of_their_entity() {
    let [own] = no_prelude::Entry::DESCRIPTOR.references else { panic!("one reference") };
    assert_eq!((own.column, (own.target)().table, own.on_delete), ("parent", "entries", OnDelete::SetNull));
    let [order] = composite::Membership::DESCRIPTOR.references else { panic!("one reference") };
    assert_eq!(
        (order.column, (order.target)().table, order.on_delete),
        ("order", "Order", OnDelete::Cascade)
    );
    let [made] = by_macro::Made::DESCRIPTOR.references else { panic!("one reference") };
    assert_eq!(((made.target)().table, made.on_delete), ("made", OnDelete::NoAction));
    let [relative] = elsewhere::Relative::DESCRIPTOR.references else { panic!("one reference") };
    assert_eq!((relative.target)().entity, "Absolute");
}

#[test]
fn an_insert_gives_what_the_database_does_not() {
    assert_eq!(no_prelude::NewEntry::COLUMNS, [r#""name""#, r#""note""#, r#""parent""#]);
    assert_eq!(our_own_names::NewOrder::COLUMNS[..3], [r#""type""#, r#""say ""hi""""#, r#""SELECT""#]);
    assert_eq!(composite::NewMembership::COLUMNS, [r#""order""#, r#""member""#]);
    assert_eq!(restricted::columns(), [r#""id""#, r#""title""#]);
}

#[test]
fn an_entity_in_a_function_is_registered_like_any_other() {
    #[derive(TenantScoped)]
    #[tenancy(table = "local")]
    #[expect(dead_code)]
    struct Local {
        #[tenancy(id)]
        id: i64,
        #[tenancy(tenant)]
        tenant_id: tenancy::TenantId,
    }

    let mut tables: Vec<_> = tenancy::__private::inventory::iter::<tenancy::__private::Derived>()
        .map(|derived| derived.0.table)
        .collect();
    tables.sort_unstable();
    assert_eq!(
        tables,
        ["Order", "a", "b", "entries", "linted", "local", "made", "memberships", "narrow", "quiet"]
    );
}
