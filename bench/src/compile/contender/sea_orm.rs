//! SeaORM: the compact form that `sea-orm-cli generate entity` writes, without `PartialEq` and `Eq`, which nothing
//! here needs.

use super::{Contender, version};
use crate::compile::table::Table;

pub(super) const CONTENDER: Contender = Contender {
    id: "sea-orm",
    // Its prelude has `Uuid` and the types of chrono.
    dependencies: |_| {
        let features = r#""macros", "runtime-tokio", "sqlx-postgres", "with-chrono", "with-uuid""#;
        format!(
            "sea-orm = {{ version = \"{}\", default-features = false, features = [{features}] }}\n",
            version::SEA_ORM
        )
    },
    module,
    root: |_| String::new(),
};

fn module(table: Table) -> String {
    format!(
        "use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = \"{name}\")]
pub struct Model {{
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
{fields}}}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {{}}

impl ActiveModelBehavior for ActiveModel {{}}
",
        name = table.name(),
        // Another name of the same type.
        fields = table.fields().replace("DateTime<Utc>", "DateTimeUtc"),
    )
}
