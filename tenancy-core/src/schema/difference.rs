//! What differs between the lock file and the entities, in words.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::schema::emit::EDITION;
use crate::schema::lock::Lock;
use crate::schema::model::{Column, Entity, Model};
use crate::schema::{ColumnRole, OnDelete};

/// One line for each difference; none when nothing differs.
pub(crate) fn differences(before: Option<&Lock>, now: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(before) = before else {
        lines.push("nothing was emitted yet".to_owned());
        lines.extend(now.entities.iter().map(|entity| format!("{}: is new", entity.table)));
        lines.extend(now.globals.iter().map(|global| format!("{}: is a global table", global.table)));
        return lines;
    };
    if before.edition != EDITION {
        lines.push(format!(
            "this version of tenancy emits edition {EDITION} of its SQL, and {} is in force",
            before.edition
        ));
    }
    if before.runtime_role != now.runtime_role {
        lines.push(format!("the runtime role is {:?}, and was {:?}", now.runtime_role, before.runtime_role));
    }
    if before.cross_tenant_role != now.cross_tenant_role {
        let say = |role: &Option<String>| role.as_ref().map_or("none".to_owned(), |role| format!("{role:?}"));
        lines.push(format!(
            "the cross-tenant role is {}, and was {}",
            say(&now.cross_tenant_role),
            say(&before.cross_tenant_role)
        ));
    }
    for entity in &now.adopting {
        match before.adopting.iter().find(|held| held.table == entity.table) {
            None => lines.push(format!("{}: is being adopted", entity.table)),
            Some(held) => lines.extend(
                changes(&held.canonical(), &entity.canonical())
                    .map(|line| format!("{}: {line}", entity.table)),
            ),
        }
    }
    for held in before.adopting.iter().filter(|held| now.all().all(|entity| entity.table != held.table)) {
        lines.push(format!("{}: is no longer being adopted", held.table));
    }
    for entity in &now.entities {
        match before.entity(&entity.table) {
            None => lines.push(format!("{}: is new", entity.table)),
            Some(held) => {
                let table = &entity.table;
                lines.extend(
                    changes(&held.canonical(), &entity.canonical()).map(|line| format!("{table}: {line}")),
                );
            }
        }
    }
    for global in &now.globals {
        match before.global(&global.table) {
            None => lines.push(format!("{}: is a global table", global.table)),
            Some(held) => lines.extend(
                changes(&held.canonical(), &global.canonical())
                    .map(|line| format!("{}: {line}", global.table)),
            ),
        }
    }
    let retired = now.retired.iter().filter(|table| before.table(table).is_some());
    lines.extend(retired.map(|table| format!("{table}: is retired")));
    lines
}

fn changes(before: &Entity, now: &Entity) -> impl Iterator<Item = String> {
    let mut lines = Vec::new();
    if before.tenant != now.tenant {
        lines.push(format!("the tenant column is {:?}, and was {:?}", now.tenant(), before.tenant()));
    }
    if before.writable != now.writable {
        lines.push(if now.writable { "tenants write it" } else { "tenants write it no more" }.to_owned());
    }
    if before.public_read != now.public_read {
        lines.push(if now.public_read { "visitors read it" } else { "visitors read it no more" }.to_owned());
    }
    let (was, is) = (before.id().collect::<Vec<_>>(), now.id().collect::<Vec<_>>());
    if was != is {
        lines.push(format!("the id is {is:?}, and was {was:?}"));
    }
    for column in &now.columns {
        match before.columns.iter().find(|held| held.name == column.name) {
            None => lines.push(format!("the column {:?} is new", column.name)),
            Some(held) if held != column => {
                lines.push(format!(
                    "the column {:?} is {}, and was {}",
                    column.name,
                    words(column),
                    words(held)
                ));
            }
            Some(_) => {}
        }
    }
    for column in before.columns.iter().filter(|held| now.columns.iter().all(|c| c.name != held.name)) {
        lines.push(format!("the column {:?} is gone from the entity", column.name));
    }
    lines.extend(list("the index", &before.indexes, &now.indexes, |columns| format!("{columns:?}")));
    lines.extend(list("the unique key", &before.uniques, &now.uniques, |columns| format!("{columns:?}")));
    lines.extend(list("the reference", &before.references, &now.references, |reference| {
        let deletion = match reference.on_delete {
            OnDelete::NoAction => "no action",
            OnDelete::Restrict => "restrict",
            OnDelete::Cascade => "cascade",
            OnDelete::SetNull => "set null",
        };
        format!("{:?} to {} (on delete: {deletion})", reference.column, reference.parent)
    }));
    lines.into_iter()
}

fn words(column: &Column) -> String {
    let role = match column.role {
        ColumnRole::Tenant => "the tenant's",
        ColumnRole::Id => "an id",
        ColumnRole::DefaultId => "an id with a default",
        ColumnRole::Required => "required",
        ColumnRole::Defaulted => "defaulted",
        ColumnRole::Generated => "generated",
        ColumnRole::Kept => "kept by the library",
    };
    if column.nullable { format!("{role} and optional") } else { role.to_owned() }
}

/// What is in one list and not in the other.
fn list<T: Ord + Debug>(what: &str, before: &[T], now: &[T], say: impl Fn(&T) -> String) -> Vec<String> {
    let (before, now): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), now.iter().collect());
    let new = now.difference(&before).map(|&item| format!("{what} {} is new", say(item)));
    let gone = before
        .difference(&now)
        .map(|&item| format!("{what} {} is gone, and is dropped if emission made it", say(item)));
    new.chain(gone).collect()
}
