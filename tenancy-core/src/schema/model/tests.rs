//! What a schema says that PostgreSQL could not keep is refused, all of it at once.

use std::any::TypeId;

use super::*;
use crate::schema::ReferenceDescriptor;
use crate::schema::fixtures::*;

fn errors(
    entities: &[&'static EntityDescriptor],
    retired: &[&'static str],
    role: &'static str,
) -> Vec<SchemaError> {
    Model::new(schema(entities, retired, role)).expect_err("refused").0
}

#[test]
fn a_schema_that_holds_is_read() {
    let model =
        Model::new(schema(&[&TASK, &PROJECT], &["notes", "app.old"], "tenancy_app")).expect("it holds");
    let tables: Vec<_> = model.entities.iter().map(|entity| entity.table.to_string()).collect();
    assert_eq!(tables, ["public.projects", "public.tasks"], "in the order of the tables");
    let task = model.entity(&model.entities[1].table).expect("listed");
    assert_eq!(task.id().collect::<Vec<_>>(), ["id"]);
    assert_eq!(
        task.insertable().collect::<Vec<_>>(),
        ["id", "tenant_id", "project_id", "parent_id", "title"]
    );
    assert_eq!(task.updatable().collect::<Vec<_>>(), ["project_id", "parent_id", "title"]);
    assert_eq!(task.all_indexes(), [["project_id"], ["parent_id"]], "one for each reference");
    let retired: Vec<_> = model.retired.iter().map(ToString::to_string).collect();
    assert_eq!(retired, ["app.old", "public.notes"]);
}

#[test]
fn a_reference_that_a_key_or_an_index_leads_with_needs_no_index_of_its_own() {
    for (indexes, uniques) in
        [(vec![&["project_id", "title"][..]], vec![]), (vec![], vec![&["project_id", "title"][..]])]
    {
        let task = EntityDescriptor { indexes: indexes.leak(), uniques: uniques.leak(), ..like(&TASK) };
        let entity = Entity::of(&task);
        assert!(!entity.all_indexes().contains(&vec!["project_id"]), "{entity:?}");
    }
    assert!(Entity::of(&MEMBER).all_indexes().is_empty(), "the primary key leads with it");
    let second = EntityDescriptor { indexes: &[&["title", "project_id"]], ..like(&TASK) };
    assert!(Entity::of(&second).all_indexes().contains(&vec!["project_id"]), "leading is what counts");
}

#[test]
fn two_entities_on_one_table() {
    let other = leak(EntityDescriptor { entity: "Other", type_id: TypeId::of::<Event>, ..like(&PROJECT) });
    let found = errors(&[&PROJECT, other], &[], "app");
    let expected = SchemaError::TwoEntitiesOnOneTable {
        table: "public.projects".into(),
        first: "Project",
        second: "Other",
    };
    assert_eq!(found, [expected]);
    // The default schema is `public`, said or not.
    let said =
        leak(EntityDescriptor { schema: Some("public"), type_id: TypeId::of::<Event>, ..like(&PROJECT) });
    assert_eq!(errors(&[&PROJECT, said], &[], "app").len(), 1);
}

#[test]
fn references_that_lead_nowhere() {
    let found = errors(&[&TASK], &[], "app");
    assert_eq!(
        found,
        [SchemaError::ReferenceToUnlisted { entity: "Task", column: "project_id".into(), parent: "Project" }]
    );
    // An entity on the same table is not the one that is meant.
    let impostor =
        leak(EntityDescriptor { entity: "Impostor", type_id: TypeId::of::<Event>, ..like(&PROJECT) });
    assert!(matches!(errors(&[&TASK, impostor], &[], "app")[..], [SchemaError::ReferenceToUnlisted { .. }]));
    const TO_MEMBER: &[ReferenceDescriptor] =
        &[ReferenceDescriptor { column: "project_id", target: || &MEMBER, on_delete: OnDelete::NoAction }];
    let task = leak(EntityDescriptor { references: TO_MEMBER, ..like(&TASK) });
    let found = errors(&[task, &PROJECT, &MEMBER], &[], "app");
    assert!(matches!(found[..], [SchemaError::ReferenceToCompositeId { parent: "Member", .. }]), "{found:?}");
    const NULLS: &[ReferenceDescriptor] =
        &[ReferenceDescriptor { column: "project_id", target: || &PROJECT, on_delete: OnDelete::SetNull }];
    let task = leak(EntityDescriptor { references: NULLS, ..like(&TASK) });
    let found = errors(&[task, &PROJECT], &[], "app");
    assert_eq!(found, [SchemaError::SetNullOfRequired { entity: "Task", column: "project_id".into() }]);
}

#[test]
fn what_belongs_to_nobody_references_nothing_of_a_tenant() {
    let found = errors(&[global(&TASK, false), &PROJECT], &[], "app");
    let (entity, parent) = ("Task", "Project");
    let refused = SchemaError::GlobalReferencesTenants { entity, column: "project_id".into(), parent };
    assert!(found.contains(&refused), "{found:?}");
}

#[test]
fn retired_and_listed_and_names_that_postgresql_would_not_keep() {
    let found = errors(&[&PROJECT], &["projects", "public.projects", "a.b.c", ""], "pg_app");
    let name = |name: &str| SchemaError::InvalidName { name: name.into() };
    let both = |table: &str| SchemaError::RetiredAndListed { table: table.into() };
    assert_eq!(found, [both("projects"), both("public.projects"), name("a.b.c"), name(""), name("pg_app")]);
    for role in ["", "public", "none", "pg_monitor", "a\0b", &"r".repeat(64)] {
        assert_eq!(errors(&[&PROJECT], &[], role.to_owned().leak()), [name(role)]);
    }
    let long = leak(EntityDescriptor { table: "t".repeat(64).leak(), ..like(&PROJECT) });
    assert_eq!(errors(&[long], &[], "app"), [name(&"t".repeat(64))]);
}

#[test]
fn a_descriptor_that_was_written_by_hand_is_believed_no_more() {
    let no_tenant =
        leak(EntityDescriptor { owner: Owner::Tenant("name"), uniques: &[], indexes: &[], ..like(&PROJECT) });
    assert_eq!(errors(&[no_tenant], &[], "app"), [SchemaError::NoTenantColumn { entity: "Project" }]);
    let no_id = leak(EntityDescriptor {
        columns: const { &[column("tenant_id", ColumnRole::Tenant), column("slug", ColumnRole::Required)] },
        indexes: &[],
        ..like(&PROJECT)
    });
    assert_eq!(errors(&[no_id], &[], "app"), [SchemaError::NoId { entity: "Project" }]);
    let keys =
        leak(EntityDescriptor { indexes: &[&["nope"], &[]], uniques: &[&["tenant_id"]], ..like(&PROJECT) });
    let none = |column: &str| SchemaError::NoSuchColumn { entity: "Project", column: column.into() };
    let found = errors(&[keys], &[], "app");
    assert_eq!(found[..3], [none("nope"), none("tenant_id"), SchemaError::EmptyKey { entity: "Project" }]);
    let twice = leak(EntityDescriptor {
        columns: const {
            &[
                column("id", ColumnRole::Id),
                column("tenant_id", ColumnRole::Tenant),
                column("slug", ColumnRole::Required),
                column("slug", ColumnRole::Generated),
            ]
        },
        indexes: &[],
        ..like(&PROJECT)
    });
    let found = errors(&[twice], &[], "app");
    assert_eq!(found, [SchemaError::TwoFieldsOnOneColumn { entity: "Project", column: "slug".into() }]);
}

#[test]
fn two_things_of_one_name() {
    let table =
        leak(EntityDescriptor { table: "projects_pkey", type_id: TypeId::of::<Event>, ..like(&PROJECT) });
    let found = errors(&[&PROJECT, table], &[], "app");
    assert_eq!(found, [SchemaError::NameCollision { schema: "public".into(), name: "projects_pkey".into() }]);
    let elsewhere = leak(EntityDescriptor { schema: Some("app"), ..like(table) });
    assert!(
        Model::new(schema(&[&PROJECT, elsewhere], &[], "app")).is_ok(),
        "another schema is another space of names"
    );
}

#[test]
fn moving_a_field_is_no_change_and_moving_an_id_is() {
    let moved = EntityDescriptor {
        columns: const {
            &[
                column("created_at", ColumnRole::Generated),
                column("name", ColumnRole::Required),
                column("tenant_id", ColumnRole::Tenant),
                column("slug", ColumnRole::Required),
                column("id", ColumnRole::DefaultId),
                column("status", ColumnRole::Defaulted),
            ]
        },
        ..like(&PROJECT)
    };
    assert_eq!(Entity::of(&moved).canonical(), Entity::of(&PROJECT).canonical());
    let swapped = EntityDescriptor {
        columns: const {
            &[
                column("user_id", ColumnRole::Id),
                column("project_id", ColumnRole::Id),
                column("tenant_id", ColumnRole::Tenant),
                column("since", ColumnRole::Generated),
            ]
        },
        ..like(&MEMBER)
    };
    assert_ne!(Entity::of(&swapped).canonical(), Entity::of(&MEMBER).canonical());
}
