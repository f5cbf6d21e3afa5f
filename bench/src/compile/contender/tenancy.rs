//! `tenancy`: the derive, and the list of all entities that every program has.

use super::{Contender, version};
use crate::compile::table::Table;

pub(super) const CONTENDER: Contender = Contender {
    id: "tenancy",
    dependencies: |repository| {
        format!(
            "chrono = {{ version = \"{}\", default-features = false }}\n\
             tenancy = {{ path = {:?} }}\n\
             uuid = \"{}\"\n",
            version::CHRONO,
            repository.display().to_string(),
            version::UUID
        )
    },
    module,
    root: |tables| {
        let list: String =
            tables.iter().map(|table| format!("    {}::{},\n", table.name(), table.entity())).collect();
        format!("tenancy::schema! {{ pub SCHEMA: [\n{list}] }}\n")
    },
};

fn module(table: Table) -> String {
    format!(
        "use chrono::{{DateTime, Utc}};
use tenancy::prelude::*;
use uuid::Uuid;

#[derive(Clone, Debug, TenantScoped)]
#[tenancy(table = \"{name}\")]
pub struct {entity} {{
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
{fields}}}
",
        name = table.name(),
        entity = table.entity(),
        fields = table.fields(),
    )
}
