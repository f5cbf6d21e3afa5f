//! Provisioning: what needs an administrator, and so stands in no migration.

use std::collections::BTreeSet;

use crate::schema::emit::quote::{self, ident, literal, literals};
use crate::schema::model::{Entity, Model};

pub(crate) fn provision(model: &Model) -> String {
    let schemas: BTreeSet<&str> =
        model.all().chain(&model.globals).map(|entity| entity.table.schema.as_str()).collect();
    let tenants: BTreeSet<&str> = model.all().map(Entity::tenant).collect();
    format!(
        include_str!("provision.sql"),
        tag = quote::tag(None, model),
        role = ident(&model.runtime_role),
        role_literal = literal(&model.runtime_role),
        schemas = literals(schemas),
        tenants = literals(tenants),
    )
}
