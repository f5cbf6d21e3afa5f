//! The emitted SQL is reviewed: read the snapshots.

use super::*;
use crate::schema::ColumnRole;
use crate::schema::fixtures::*;
use crate::schema::lock::FORMAT;
use crate::schema::model::Column;

fn emitted(model: &Model) -> String {
    whole(model)
}

/// What is in force after `model` was emitted.
fn held(model: &Model) -> Lock {
    Lock {
        format: FORMAT,
        edition: EDITION,
        runtime_role: model.runtime_role.clone(),
        cross_tenant_role: None,
        entities: model.entities.clone(),
        adopting: Vec::new(),
        retired: Vec::new(),
        migrations: Vec::new(),
    }
}

/// A file and its reverse, as a reviewer reads them.
fn both(before: Option<&Lock>, now: &Model) -> String {
    let text = text(before, now, Some("0002_tenancy.sql")).expect("something differs");
    format!("{}\n\n================ reverse ================\n\n{}", text.forward, text.reverse)
}

#[test]
fn projects_and_tasks() {
    let model = Model::new(schema(&[&PROJECT, &TASK], &[], "tenancy_app")).expect("it holds");
    insta::assert_snapshot!(both(None, &model));
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

/// Columns, keys and a reference that come and go.
#[test]
fn a_change_holds_what_changed() {
    let before = Model::new(schema(&[&PROJECT, &TASK], &[], "tenancy_app")).expect("it holds");
    let mut now = before.clone();
    let [projects, tasks] = &mut now.entities[..] else { panic!("two") };
    projects.uniques = vec![vec!["name".into(), "status".into()]];
    projects.indexes.push(vec!["created_at".into()]);
    tasks.references.retain(|reference| reference.column != "parent_id");
    tasks.columns.retain(|column| column.name != "title");
    tasks.columns.push(Column { name: "colour".into(), role: ColumnRole::Defaulted, nullable: true });
    insta::assert_snapshot!(both(Some(&held(&before)), &now));
}

#[test]
fn retired_tables_and_another_role() {
    let before = Model::new(schema(&[&PROJECT, &TASK, &EVENT], &[], "old_app")).expect("it holds");
    let now = Model::new(schema(&[&PROJECT, &EVENT], &["tasks"], "tenancy_app")).expect("it holds");
    insta::assert_snapshot!(both(Some(&held(&before)), &now));
}
