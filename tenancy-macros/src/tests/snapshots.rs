//! Expansions, as reviewed files. A change of one is a change of what every user compiles: read it before blessing it.

use super::expansion;
use crate::model::Kind;

#[track_caller]
fn snapshot(name: &str, source: &str) {
    snapshot_of(Kind::TenantScoped, name, source);
}

#[track_caller]
fn snapshot_of(kind: Kind, name: &str, source: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, expansion(kind, source));
    });
}

#[test]
fn project() {
    snapshot(
        "project",
        r#"
        #[tenancy(table = "projects", index(status), unique(slug))]
        pub struct Project {
            #[tenancy(id, default)]
            pub id: Uuid,
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
            pub slug: String,
            pub name: String,
            #[tenancy(default)]
            pub status: ProjectStatus,
            #[tenancy(generated)]
            pub created_at: DateTime<Utc>,
        }
        "#,
    );
}

#[test]
fn task() {
    snapshot(
        "task",
        r#"
        #[tenancy(table = "tasks", insert = "TaskDraft", insert_derive(Debug, Clone))]
        pub(crate) struct Task {
            #[tenancy(id, default)]
            id: Uuid,
            #[tenancy(tenant)]
            tenant_id: TenantId,
            #[tenancy(references = Project, on_delete = "cascade")]
            project_id: Uuid,
            #[tenancy(references = Task, on_delete = "set null")]
            parent: Option<Uuid>,
            title: String,
        }
        "#,
    );
}

/// Names that need quotes, and names of our own variables.
#[test]
fn hostile_names() {
    snapshot(
        "hostile_names",
        r#"
        #[tenancy(table = "Sales.Order", crate = ::renamed, unique(r#type, row), index(values))]
        struct Order {
            #[tenancy(id)]
            r#type: i32,
            #[tenancy(tenant, column = "Tenant Id")]
            tenant: Uuid,
            #[tenancy(column = "say \"hi\"")]
            row: String,
            rows: std::option::Option<Vec<u8>>,
            #[tenancy(column = "select")]
            values: bool,
            #[tenancy(default)]
            columns: Option<i64>,
        }
        "#,
    );
}

#[test]
fn composite_id() {
    snapshot(
        "composite_id",
        r#"
        #[tenancy(table = "memberships")]
        pub struct Membership {
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
            #[tenancy(id, references = Team, on_delete = "cascade")]
            pub team_id: Uuid,
            #[tenancy(id)]
            pub member: i64,
        }
        "#,
    );
}

/// Nothing is required: the insert struct is empty.
#[test]
fn nothing_required() {
    snapshot(
        "nothing_required",
        r#"
        #[tenancy(table = "tickets")]
        pub struct Ticket {
            #[tenancy(id, default)]
            pub id: i64,
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
        }
        "#,
    );
}

/// Something is wrong: one error, and stubs that fit what the rest of the program does.
#[test]
fn fallback() {
    snapshot(
        "fallback",
        r#"
        pub struct Project {
            #[tenancy(id)]
            pub id: Uuid,
            #[tenancy(tenent)]
            pub tenant_id: TenantId,
            pub name: String,
        }
        "#,
    );
}

/// Nothing can be known of an entity of this shape.
#[test]
fn fallback_of_a_generic_struct() {
    snapshot(
        "fallback_of_a_generic_struct",
        r#"
        #[tenancy(table = "pages")]
        pub struct Page<'a, T: Clone = u8, const N: usize = 1> where T: Copy {
            #[tenancy(id)]
            pub id: &'a [T; N],
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
        }
        "#,
    );
}

/// Users with `missing_docs` on must not hear of structs that they did not write. (The lint itself is off in tests.)
#[test]
fn what_users_see_is_documented() {
    let file: syn::File = syn::parse_str(&expansion(
        Kind::TenantScoped,
        r#"
        #[tenancy(table = "t")]
        pub struct T {
            #[tenancy(id)]
            pub id: Uuid,
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
        }
        "#,
    ))
    .expect("the expansion is items");
    let documented =
        |attributes: &[syn::Attribute]| attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
    let mut structs = 0;
    for item in &file.items {
        let syn::Item::Struct(item) = item else { continue };
        structs += 1;
        assert!(documented(&item.attrs), "{}", item.ident);
        assert!(item.fields.iter().all(|field| documented(&field.attrs)), "{}", item.ident);
    }
    assert_eq!(structs, 3);
}

/// With `crate = path` nothing leads to a crate called `tenancy`, in stubs neither.
#[test]
fn a_renamed_dependency_is_named_everywhere() {
    for (kind, derived) in [(Kind::TenantScoped, "TenantScoped"), (Kind::GlobalTable, "GlobalTable")] {
        for table in ["table = \"t\"", "tabel"] {
            for item in ["struct T { #[tenancy(id)] id: Uuid, #[tenancy(tenant)] tenant_id: X }", "enum T {}"]
            {
                let expansion = expansion(kind, &format!("#[tenancy({table}, crate = ::renamed)] {item}"));
                assert!(expansion.contains(&format!("::renamed::{derived}")), "{expansion}");
                assert!(!expansion.contains("::tenancy::"), "{expansion}");
            }
        }
    }
}

/// Nothing writes it, so that there is nothing to insert and no key to conflict with.
#[test]
fn global_table() {
    snapshot_of(
        Kind::GlobalTable,
        "global_table",
        r#"
        #[tenancy(table = "countries", unique(name))]
        pub struct Country {
            #[tenancy(id)]
            pub code: String,
            pub name: String,
            #[tenancy(references = Currency)]
            pub currency: Option<String>,
        }
        "#,
    );
}

#[test]
fn writable_global_table() {
    snapshot_of(
        Kind::GlobalTable,
        "writable_global_table",
        r#"
        #[tenancy(table = "tags", writable)]
        pub struct Tag {
            #[tenancy(id)]
            pub name: String,
            #[tenancy(version)]
            pub version: i32,
        }
        "#,
    );
}

#[test]
fn fallback_of_a_global_table() {
    snapshot_of(
        Kind::GlobalTable,
        "fallback_of_a_global_table",
        r#"
        #[tenancy(table = "countries")]
        pub struct Country {
            #[tenancy(id)]
            pub code: String,
            #[tenancy(tenant)]
            pub tenant_id: TenantId,
        }
        "#,
    );
}
