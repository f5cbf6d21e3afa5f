//! The emitted SQL is reviewed: read the snapshots.

use super::*;
use crate::schema::fixtures::*;
use crate::schema::lock::FORMAT;
use crate::schema::model::Column;
use crate::schema::{ColumnRole, EntityDescriptor, Schema};

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
        globals: model.globals.clone(),
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
    let colour =
        Column { name: "colour".into(), role: ColumnRole::Defaulted, nullable: true, sql_type: None };
    tasks.columns.push(colour);
    insta::assert_snapshot!(both(Some(&held(&before)), &now));
}

#[test]
fn retired_tables_and_another_role() {
    let before = Model::new(schema(&[&PROJECT, &TASK, &EVENT], &[], "old_app")).expect("it holds");
    let now = Model::new(schema(&[&PROJECT, &EVENT], &["tasks"], "tenancy_app")).expect("it holds");
    insta::assert_snapshot!(both(Some(&held(&before)), &now));
}

#[test]
fn a_role_that_reads_across_tenants() {
    let before = Model::new(schema(&[&PROJECT, &EVENT], &[], "tenancy_app")).expect("it holds");
    let now = Model { cross_tenant_role: Some("acme's reports".into()), ..before.clone() };
    insta::assert_snapshot!("comes", both(Some(&held(&before)), &now));
    let there = Lock { cross_tenant_role: now.cross_tenant_role.clone(), ..held(&now) };
    let grows = Model::new(schema(&[&PROJECT, &EVENT, &TASK], &[], "tenancy_app")).expect("it holds");
    let grows = both(Some(&there), &Model { cross_tenant_role: now.cross_tenant_role.clone(), ..grows });
    let grants: Vec<_> = grows.lines().filter(|line| line.contains("reports")).collect();
    assert!(grants.contains(&"GRANT SELECT ON \"public\".\"tasks\" TO \"acme's reports\";"), "{grants:?}");
    assert!(!grows.contains("CREATE TABLE IF NOT EXISTS tenancy.cross_tenant_audit"), "it is there");
    insta::assert_snapshot!("goes", both(Some(&there), &before));
}

fn adopting(entities: &[&'static EntityDescriptor], tables: &[&'static str]) -> Schema {
    Schema::__new(entities.to_vec().leak(), &[], "tenancy_app").__with(tables.to_vec().leak(), &[])
}

#[test]
fn a_table_that_is_being_adopted_is_left_alone() {
    let model = Model::new(&adopting(&[&PROJECT, &TASK], &["tasks"])).expect("it holds");
    let sql = whole(&model);
    assert!(sql.contains("\"projects\"") && !sql.contains("tasks"), "{sql}");
    let unlisted = Model::new(&adopting(&[&PROJECT], &["tasks"]));
    assert!(unlisted.expect_err("it is not listed").errors()[0].to_string().contains("list the entity too"));
}

/// Projects, and these global tables.
fn globals(role: &'static str, globals: &[&'static EntityDescriptor]) -> Model {
    let schema = Schema::__new(vec![&PROJECT].leak(), &[], role).__with_globals(globals.to_vec().leak());
    Model::new(&schema).expect("it holds")
}

/// Tables that belong to nobody: one that tenants write comes, and one changes from that.
#[test]
fn global_tables() {
    let of = |tables: &[&'static EntityDescriptor]| globals("tenancy_app", tables);
    let before = of(&[global(&EVENT, true)]);
    insta::assert_snapshot!("global_comes", both(Some(&held(&of(&[]))), &before));
    insta::assert_snapshot!(
        "global_is_read_only_now",
        both(Some(&held(&before)), &of(&[global(&EVENT, false)]))
    );
}

/// Of a table that becomes global after it was retired, the keys of then are in the way: the examination is told.
#[test]
fn a_retired_table_that_becomes_global() {
    let of = |tables: &[&'static EntityDescriptor]| globals("tenancy_app", tables);
    let (before, now) = (of(&[]), of(&[global(&EVENT, false)]));
    let table = now.globals[0].table.clone();
    let told = |before: &Lock| {
        let text = text(Some(before), &now, None).expect("something differs").forward;
        text.lines().any(|line| line.contains("'events'") && line.trim_end_matches(',').ends_with(", true)"))
    };
    assert!(!told(&held(&before)));
    assert!(told(&Lock { retired: vec![table], ..held(&before) }));
}

#[test]
fn global_tables_and_another_role() {
    let schema = |role| globals(role, &[global(&EVENT, true)]);
    insta::assert_snapshot!(both(Some(&held(&schema("old_app"))), &schema("tenancy_app")));
}

/// What was everybody's is to be isolated: nobody reads all of it any more, and the reverse gives it back.
#[test]
fn a_global_table_that_is_adopted_is_closed_first() {
    let before = held(&globals("tenancy_app", &[global(&EVENT, false)]));
    let now = Model::new(&adopting(&[&PROJECT, &EVENT], &["app.events"])).expect("it holds");
    let text = text(Some(&before), &now, None).expect("something differs");
    let about = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains("\"events\"")).map(str::to_owned).collect()
    };
    let closed = about(&text.forward);
    assert!(
        closed.iter().any(|line| line.trim_start().starts_with("REVOKE ALL ON \"app\".\"events\" FROM")),
        "{closed:#?}"
    );
    assert!(!closed.iter().any(|line| line.starts_with("GRANT")), "{closed:#?}");
    let opened = about(&text.reverse);
    assert!(
        opened.iter().any(|line| line.trim_start().starts_with("GRANT SELECT ON \"app\".\"events\" TO")),
        "{opened:#?}"
    );
}

/// What reads across tenants reads what belongs to nobody, too: a report joins it.
#[test]
fn a_role_that_reads_across_tenants_reads_global_tables() {
    let schema = Schema::__new(vec![&PROJECT].leak(), &[], "tenancy_app")
        .__with_globals(vec![global(&EVENT, false)].leak());
    let model = Model::new(&schema.__with(&[], &["acme_reports"])).expect("it holds");
    let sql = whole(&model);
    let grants: Vec<_> = sql
        .lines()
        .filter(|line| line.starts_with("GRANT SELECT") && line.contains("acme_reports"))
        .collect();
    assert_eq!(grants.len(), 2, "{grants:#?}");
}
