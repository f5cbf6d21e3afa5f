//! Descriptors for the tests of this module, as the derive would make them.

use std::any::TypeId;

use crate::schema::{
    ColumnDescriptor, ColumnRole, EntityDescriptor, Kept, OnDelete, Owner, ReferenceDescriptor, Schema,
};

pub(super) const fn column(name: &'static str, role: ColumnRole) -> ColumnDescriptor {
    ColumnDescriptor { name, role, nullable: false, sql_type: None }
}

pub(super) const fn optional(name: &'static str, role: ColumnRole) -> ColumnDescriptor {
    ColumnDescriptor { name, role, nullable: true, sql_type: None }
}

/// A schema that lives as long as the test process.
pub(super) fn schema(
    entities: &[&'static EntityDescriptor],
    retired: &[&'static str],
    runtime_role: &'static str,
) -> &'static Schema {
    Box::leak(Box::new(Schema::__new(entities.to_vec().leak(), retired.to_vec().leak(), runtime_role)))
}

/// A copy that a test may change.
pub(super) fn like(entity: &EntityDescriptor) -> EntityDescriptor {
    EntityDescriptor { ..*entity }
}

pub(super) fn leak(entity: EntityDescriptor) -> &'static EntityDescriptor {
    Box::leak(Box::new(entity))
}

/// The same table as one that belongs to no tenant.
pub(super) fn global(entity: &EntityDescriptor, writable: bool) -> &'static EntityDescriptor {
    let columns = entity.columns.iter().filter(|column| column.role != ColumnRole::Tenant);
    let columns: Vec<_> = columns.map(|column| ColumnDescriptor { ..*column }).collect();
    leak(EntityDescriptor { owner: Owner::Nobody { writable }, columns: columns.leak(), ..like(entity) })
}

/// A marker for each, since descriptors are told apart by the Rust type.
pub(super) struct Project;
pub(super) struct Task;
pub(super) struct Order;
pub(super) struct Member;
pub(super) struct Event;

pub(super) static PROJECT: EntityDescriptor = EntityDescriptor {
    entity: "Project",
    schema: None,
    table: "projects",
    owner: Owner::Tenant("tenant_id"),
    public_read: false,
    kept: Kept::NOTHING,
    columns: &[
        column("id", ColumnRole::DefaultId),
        column("tenant_id", ColumnRole::Tenant),
        column("slug", ColumnRole::Required),
        column("name", ColumnRole::Required),
        column("status", ColumnRole::Defaulted),
        column("created_at", ColumnRole::Generated),
    ],
    select_list: "",
    indexes: &[&["status"]],
    uniques: &[&["slug"]],
    references: &[],
    type_id: TypeId::of::<Project>,
};

pub(super) static TASK: EntityDescriptor = EntityDescriptor {
    entity: "Task",
    schema: None,
    table: "tasks",
    owner: Owner::Tenant("tenant_id"),
    public_read: false,
    kept: Kept::NOTHING,
    columns: &[
        column("id", ColumnRole::DefaultId),
        column("tenant_id", ColumnRole::Tenant),
        column("project_id", ColumnRole::Required),
        optional("parent_id", ColumnRole::Defaulted),
        column("title", ColumnRole::Required),
    ],
    select_list: "",
    indexes: &[],
    uniques: &[],
    references: &[
        ReferenceDescriptor { column: "project_id", target: || &PROJECT, on_delete: OnDelete::Cascade },
        ReferenceDescriptor { column: "parent_id", target: || &TASK, on_delete: OnDelete::SetNull },
    ],
    type_id: TypeId::of::<Task>,
};

/// Whatever a name can hold: quotes of all kinds, a keyword, a line break, the tag of our own dollar quotes.
pub(super) static ORDER: EntityDescriptor = EntityDescriptor {
    entity: "Order",
    schema: Some("Odd \"Names\""),
    table: "it's $tenancy$ \\ a\n\"order\"; DROP TABLE projects --",
    owner: Owner::Tenant("Tenant \"Id\""),
    public_read: false,
    kept: Kept::NOTHING,
    columns: &[
        column("select", ColumnRole::Id),
        column("Tenant \"Id\"", ColumnRole::Tenant),
        column("it's", ColumnRole::Required),
        column("back\\slash", ColumnRole::Required),
        optional("pro%ject_i{d}", ColumnRole::Required),
    ],
    select_list: "",
    indexes: &[&["it's", "back\\slash"]],
    uniques: &[&["back\\slash"]],
    references: &[ReferenceDescriptor {
        column: "pro%ject_i{d}",
        target: || &PROJECT,
        on_delete: OnDelete::SetNull,
    }],
    type_id: TypeId::of::<Order>,
};

/// A composite id, nothing to update, and a table name as long as PostgreSQL keeps.
pub(super) static MEMBER: EntityDescriptor = EntityDescriptor {
    entity: "Member",
    schema: Some("app"),
    table: "a_table_whose_name_is_exactly_as_long_as_postgresql_keeps_a_nam",
    owner: Owner::Tenant("tenant_id"),
    public_read: false,
    kept: Kept::NOTHING,
    columns: &[
        column("project_id", ColumnRole::Id),
        column("user_id", ColumnRole::Id),
        column("tenant_id", ColumnRole::Tenant),
        column("since", ColumnRole::Generated),
    ],
    select_list: "",
    indexes: &[],
    uniques: &[],
    references: &[ReferenceDescriptor {
        column: "project_id",
        target: || &PROJECT,
        on_delete: OnDelete::Restrict,
    }],
    type_id: TypeId::of::<Member>,
};

/// Partitioned by `at`, which the key must therefore hold.
pub(super) static EVENT: EntityDescriptor = EntityDescriptor {
    entity: "Event",
    schema: Some("app"),
    table: "events",
    owner: Owner::Tenant("tenant_id"),
    public_read: false,
    kept: Kept::NOTHING,
    columns: &[
        column("tenant_id", ColumnRole::Tenant),
        column("at", ColumnRole::Id),
        column("id", ColumnRole::DefaultId),
        column("kind", ColumnRole::Required),
    ],
    select_list: "",
    indexes: &[],
    uniques: &[],
    references: &[],
    type_id: TypeId::of::<Event>,
};
