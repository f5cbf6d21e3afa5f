//! The entities that random queries ask, and the same tables as plain data, for the SQL that is written beside.
//!
//! Items belong to a team and may lie under another item; links lead to an item and a tag, and may lead to a team. Ids
//! are small numbers that every tenant has, and every other column has few values: so filters hit, and rows of two
//! tenants would pair up wherever a predicate is missing.

use tenancy::entity::{NotNull, Required};
use tenancy::prelude::*;

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "queries.teams", insert_derive(Debug, Clone))]
pub struct Team {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    pub size: i32,
    pub score: Option<i64>,
    pub flag: bool,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "queries.items", index(rank), insert_derive(Debug, Clone))]
pub struct Item {
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(references = Team, on_delete = "cascade")]
    pub team_id: i32,
    #[tenancy(references = Item, on_delete = "set null")]
    pub parent_id: Option<i32>,
    pub label: String,
    pub points: i64,
    pub note: Option<String>,
    pub rank: Option<i32>,
    pub flag: bool,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "queries.tags", unique(name), insert_derive(Debug, Clone))]
pub struct Tag {
    #[tenancy(id)]
    pub id: i32,
    pub name: String,
    pub heat: Option<i32>,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub flag: bool,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "queries.links", insert_derive(Debug, Clone))]
pub struct Link {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(references = Item, on_delete = "cascade")]
    pub item_id: i32,
    /// A tag that is in use cannot be deleted.
    #[tenancy(references = Tag)]
    pub tag_id: i32,
    #[tenancy(references = Team, on_delete = "set null")]
    pub by_id: Option<i32>,
    #[tenancy(default)]
    pub weight: i32,
    pub flag: bool,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

tenancy::schema! {
    /// What random queries ask.
    pub SCHEMA: [Team, Item, Tag, Link]
}

/// The tables of a schema, as the owner makes them. A key that leads with `tenant` is all that the isolated ones have more.
fn ddl(schema: &str, tenant: Option<&str>) -> String {
    let (column, key) = match tenant {
        Some(column) => (format!("{column} uuid NOT NULL, "), format!("{column}, ")),
        None => Default::default(),
    };
    // Emission makes the references of the isolated tables.
    let references = |to: &str, action: &str| match tenant {
        Some(_) => String::new(),
        None => format!("REFERENCES {schema}.{to} {action}"),
    };
    let (team, item, by, tag, under) = (
        references("teams", "ON DELETE CASCADE"),
        references("items", "ON DELETE CASCADE"),
        references("teams", "ON DELETE SET NULL"),
        references("tags", ""),
        references("items", "ON DELETE SET NULL"),
    );
    format!(
        "CREATE SCHEMA {schema};
         CREATE TABLE {schema}.teams ({column}id int, name text NOT NULL, size int NOT NULL, score bigint, flag bool NOT NULL,
           PRIMARY KEY ({key}id));
         CREATE TABLE {schema}.items ({column}id int, team_id int NOT NULL {team}, parent_id int, label text NOT NULL,
           points bigint NOT NULL, note text, rank int, flag bool NOT NULL, PRIMARY KEY ({key}id));
         CREATE TABLE {schema}.tags ({column}id int, name text NOT NULL, heat int, flag bool NOT NULL,
           PRIMARY KEY ({key}id), UNIQUE ({key}name));
         CREATE TABLE {schema}.links ({column}id int, item_id int NOT NULL {item}, tag_id int NOT NULL {tag}, by_id int {by},
           weight int NOT NULL DEFAULT 1, flag bool NOT NULL, PRIMARY KEY ({key}id));
         {}",
        match tenant {
            Some(_) => String::new(),
            None => format!("ALTER TABLE {schema}.items ADD FOREIGN KEY (parent_id) {under};"),
        }
    )
}

/// How many tenants there are.
pub const TENANTS: usize = 3;

/// The schema that holds one tenant's rows alone.
pub fn alone(tenant: usize) -> String {
    format!("alone_{tenant}")
}

/// The isolated tables, and beside them the same for each tenant alone, without tenants.
pub fn all_ddl() -> String {
    let references: String = (0..TENANTS).map(|tenant| ddl(&alone(tenant), None)).collect();
    ddl("queries", Some("tenant_id")) + &references
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    Teams,
    Items,
    Tags,
    Links,
}

pub const TABLES: [Table; 4] = [Table::Teams, Table::Items, Table::Tags, Table::Links];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `i32`
    Int,
    /// `i64`
    Big,
    Text,
    Bool,
}

/// A column: its name, what it holds, and whether it can be `NULL`.
pub type Described = (&'static str, Kind, bool);

impl Table {
    pub fn name(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::Items => "items",
            Self::Tags => "tags",
            Self::Links => "links",
        }
    }

    /// The columns but the tenant, in the order of the fields.
    pub fn columns(self) -> &'static [Described] {
        use Kind::{Big, Bool, Int, Text};
        match self {
            Self::Teams => &[
                ("id", Int, false),
                ("name", Text, false),
                ("size", Int, false),
                ("score", Big, true),
                ("flag", Bool, false),
            ],
            Self::Items => &[
                ("id", Int, false),
                ("team_id", Int, false),
                ("parent_id", Int, true),
                ("label", Text, false),
                ("points", Big, false),
                ("note", Text, true),
                ("rank", Int, true),
                ("flag", Bool, false),
            ],
            Self::Tags => {
                &[("id", Int, false), ("name", Text, false), ("heat", Int, true), ("flag", Bool, false)]
            }
            Self::Links => &[
                ("id", Int, false),
                ("item_id", Int, false),
                ("tag_id", Int, false),
                ("by_id", Int, true),
                ("weight", Int, false),
                ("flag", Bool, false),
            ],
        }
    }

    /// The names of the columns, separated by commas.
    pub fn list(self, alias: &str) -> String {
        self.columns().iter().map(|(name, ..)| format!("{alias}.{name}")).collect::<Vec<_>>().join(", ")
    }
}

/// A column that holds the id of another row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    ItemTeam,
    ItemParent,
    LinkItem,
    LinkTag,
    LinkBy,
}

pub const RELATIONS: [Relation; 5] =
    [Relation::ItemTeam, Relation::ItemParent, Relation::LinkItem, Relation::LinkTag, Relation::LinkBy];

impl Relation {
    pub fn child(self) -> Table {
        match self {
            Self::ItemTeam | Self::ItemParent => Table::Items,
            Self::LinkItem | Self::LinkTag | Self::LinkBy => Table::Links,
        }
    }

    pub fn column(self) -> &'static str {
        match self {
            Self::ItemTeam => "team_id",
            Self::ItemParent => "parent_id",
            Self::LinkItem => "item_id",
            Self::LinkTag => "tag_id",
            Self::LinkBy => "by_id",
        }
    }

    pub fn parent(self) -> Table {
        match self {
            Self::ItemTeam | Self::LinkBy => Table::Teams,
            Self::ItemParent | Self::LinkItem => Table::Items,
            Self::LinkTag => Table::Tags,
        }
    }
}

/// Columns that every table has: what a typed query can name whatever its entities are.
pub type Flag<S> = tenancy::entity::Column<S, bool, NotNull, Required>;
pub type IdOf<S> = tenancy::entity::Column<S, i32, NotNull, tenancy::entity::Id>;
