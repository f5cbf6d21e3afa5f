//! The emitted SQL is reviewed: read the snapshots.

use super::*;
use crate::schema::fixtures::*;

fn emitted(model: &Model) -> String {
    let entities = model.entities.iter().map(|entity| (entity, None)).collect();
    migration(model, &Statement { foundation: true, entities, ..Statement::default() })
}

#[test]
fn projects_and_tasks() {
    let model = Model::new(schema(&[&PROJECT, &TASK], &[], "tenancy_app")).expect("it holds");
    insta::assert_snapshot!(emitted(&model));
}

#[test]
fn hostile_names() {
    let model = Model::new(schema(&[&PROJECT, &ORDER, &MEMBER], &[], "the \"app\"'s $tenancy_1$ role"))
        .expect("it holds");
    let sql = emitted(&model);
    assert!(!sql.contains("DO $tenancy$") && !sql.contains("DO $tenancy_1$"), "a name would end the block");
    assert!(
        sql.lines().all(|line| !line.starts_with("\"order\"; DROP") || !line.contains("-- public")),
        "{sql}"
    );
    insta::assert_snapshot!(sql);
}

#[test]
fn a_change_restates_what_changed() {
    let before = Model::new(schema(&[&PROJECT, &TASK, &EVENT], &[], "old_app")).expect("it holds");
    let now = Model::new(schema(&[&PROJECT, &EVENT], &["tasks"], "tenancy_app")).expect("it holds");
    let mut held = before.entities[1].clone();
    assert_eq!(held.table.name, "projects");
    held.columns[3].name = "title".into();
    let statement = Statement {
        foundation: false,
        entities: vec![(&now.entities[1], Some(&held))],
        retired: now.retired.iter().collect(),
        former_role: Some("old_app"),
    };
    insta::assert_snapshot!(migration(&now, &statement));
}
