//! [`Survey`]: what a database isolates by, when nothing says it but the database.
//!
//! Many databases were made by hand: a tenant column in each table, policies of somebody's own or none. Neither structs nor
//! a lock file say what was meant. The catalogs do, mostly: the tables that have the column, their keys, and the role that
//! was given their rows. What they leave open is asked of whoever runs the survey, and never guessed.

use std::collections::BTreeSet;

use serde::Deserialize;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::Error;
use crate::schema::emit::quote::{literal, literals};
use crate::schema::model::{Column, Entity, Model, Reference, Table};
use crate::schema::{ColumnRole, DEFAULT_RUNTIME_ROLE, OnDelete, Outline};

/// What tenants' columns are mostly called, the commonest first.
const USUAL: [&str; 12] = [
    "tenant_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "account_id",
    "workspace_id",
    "company_id",
    "customer_id",
    "team_id",
    "tenant",
    "tenant_uuid",
    "client_id",
];

/// Finds out what a database isolates, by its catalogs alone: for a database that no program of tenancy's has described.
///
/// ```no_run
/// # async fn examine(pg: &mut sqlx::postgres::PgConnection) -> Result<(), Box<dyn std::error::Error>> {
/// use tenancy_core::doctor::{Doctor, Survey};
///
/// let outline = Survey::new().tenant_column("org_id").runtime_role("app").look(pg).await?;
/// let report = Doctor::of(outline).examine(pg).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Survey {
    tenant_column: Option<String>,
    runtime_role: Option<String>,
}

/// Why a survey does not know what is isolated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// No table has a tenant column.
    #[error("no table has {}", columns(.looked_for))]
    NoTenantColumn {
        /// The names that were looked for.
        looked_for: Vec<String>,
    },
    /// Several columns could be the tenant's, and none of them is called `tenant_id`.
    #[error("more than one column could be the tenant's: {}", counted(.candidates))]
    ManyTenantColumns {
        /// Their names, and how many tables have each.
        candidates: Vec<(String, i64)>,
    },
    /// There is no such role.
    #[error("there is no role {role:?} on this server")]
    NoSuchRole {
        /// The role that was named.
        role: String,
    },
    /// No role but superusers reaches the tables.
    #[error("no role but superusers reaches the tables: nothing says which one the application logs in as")]
    NoRuntimeRole,
    /// Several roles could be the application's.
    #[error("more than one role could be the application's: {}", .candidates.join(", "))]
    ManyRuntimeRoles {
        /// Their names.
        candidates: Vec<String>,
    },
    /// PostgreSQL could not be asked.
    #[error(transparent)]
    Database(#[from] Error),
}

fn columns(looked_for: &[String]) -> String {
    match looked_for {
        [one] => format!("a column {one:?}"),
        many => format!("a tenant column (looked for: {})", many.join(", ")),
    }
}

fn counted(candidates: &[(String, i64)]) -> String {
    let words = candidates.iter().map(|(name, tables)| format!("{name:?} in {tables} tables"));
    words.collect::<Vec<_>>().join(", ")
}

impl From<sqlx::Error> for SurveyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Error::from_driver(error, ""))
    }
}

/// Ordinary tables of users, partitions aside: they come with what they are parts of.
const TABLES: &str = "\
  SELECT c.oid, c.relowner, c.relacl, c.relname, n.nspname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('information_schema', 'tenancy') AND n.nspname NOT LIKE 'pg\\_%'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";

impl Survey {
    /// A survey that is told nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the tenant column of each table is called. Otherwise it is looked for by usual names: `tenant_id`, `org_id` and
    /// the like.
    #[must_use]
    pub fn tenant_column(self, name: impl Into<String>) -> Self {
        Self { tenant_column: Some(name.into()), ..self }
    }

    /// The role that holds the application's grants: a group, or what the application logs in as. Otherwise it is the one
    /// role that was granted the tables.
    #[must_use]
    pub fn runtime_role(self, name: impl Into<String>) -> Self {
        Self { runtime_role: Some(name.into()), ..self }
    }

    /// Looks. It reads catalogs that every role may read, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`SurveyError`]: what the catalogs leave open, and whoever runs the survey has not said.
    pub async fn look(&self, pg: &mut PgConnection) -> Result<Outline, SurveyError> {
        let tenant = self.find_tenant_column(pg).await?;
        let runtime_role = self.find_runtime_role(pg, &tenant).await?;
        let described = describe(pg, &tenant).await?;
        let known: BTreeSet<Table> = described.iter().map(Described::table).collect();
        let entities = described.into_iter().map(|table| table.entity(&tenant, &known)).collect();
        Ok(Outline {
            model: Model {
                runtime_role,
                cross_tenant_role: None,
                entities,
                globals: Vec::new(),
                adopting: Vec::new(),
                retired: Vec::new(),
            },
        })
    }

    async fn find_tenant_column(&self, pg: &mut PgConnection) -> Result<String, SurveyError> {
        let looked_for: Vec<String> = match &self.tenant_column {
            Some(name) => vec![name.clone()],
            None => USUAL.iter().map(|&name| name.to_owned()).collect(),
        };
        let rows = rows(
            pg,
            format!(
                "WITH tables AS ({TABLES}) \
                 SELECT a.attname::text, count(*) FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid \
                  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname IN ({}) GROUP BY 1 ORDER BY 2 DESC, 1",
                literals(looked_for.iter().map(String::as_str))
            ),
        )
        .await?;
        let counted = |row: &PgRow| Ok((row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?));
        let candidates: Vec<_> = rows.iter().map(counted).collect::<Result<_, sqlx::Error>>()?;
        match &candidates[..] {
            [] => Err(SurveyError::NoTenantColumn { looked_for }),
            [(name, _)] => Ok(name.clone()),
            many if many.iter().any(|(name, _)| name == USUAL[0]) => Ok(USUAL[0].to_owned()),
            _ => Err(SurveyError::ManyTenantColumns { candidates }),
        }
    }

    async fn find_runtime_role(&self, pg: &mut PgConnection, tenant: &str) -> Result<String, SurveyError> {
        if let Some(role) = &self.runtime_role {
            let known = format!("SELECT FROM pg_roles WHERE rolname = {}", literal(role));
            let role = role.clone();
            return if rows(pg, known).await?.is_empty() {
                Err(SurveyError::NoSuchRole { role })
            } else {
                Ok(role)
            };
        }
        // Whoever was granted rows. A group stands for its members, and a writer goes before a reader; the owner is the
        // application where it logs in and nobody was granted anything.
        let rows = rows(
            pg,
            format!(
                "WITH tables AS ({TABLES}), scoped AS ( \
                   SELECT t.* FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid \
                    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname = {tenant}), \
                 granted AS ( \
                   SELECT a.grantee AS oid, bool_or(a.privilege_type <> 'SELECT') AS writes \
                     FROM scoped t CROSS JOIN LATERAL aclexplode(t.relacl) a \
                    WHERE a.grantee NOT IN (0, t.relowner) AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') \
                    GROUP BY 1), \
                 candidates AS ( \
                   SELECT r.oid, r.rolname, g.writes FROM granted g JOIN pg_roles r USING (oid) \
                    WHERE NOT r.rolsuper AND NOT r.rolbypassrls AND r.rolname NOT LIKE 'pg\\_%' \
                   UNION \
                   SELECT r.oid, r.rolname, true FROM scoped t JOIN pg_roles r ON r.oid = t.relowner \
                    WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT EXISTS (SELECT FROM granted)) \
                 SELECT c.rolname::text FROM candidates c \
                  WHERE (c.writes OR NOT EXISTS (SELECT FROM candidates WHERE writes)) \
                    AND NOT EXISTS (SELECT FROM candidates o JOIN pg_auth_members m ON m.roleid = o.oid WHERE m.member = c.oid) \
                  ORDER BY 1",
                tenant = literal(tenant)
            ),
        )
        .await?;
        let candidates: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        match &candidates[..] {
            [] => Err(SurveyError::NoRuntimeRole),
            [role] => Ok(role.clone()),
            many if many.iter().any(|role| role == DEFAULT_RUNTIME_ROLE) => {
                Ok(DEFAULT_RUNTIME_ROLE.to_owned())
            }
            _ => Err(SurveyError::ManyRuntimeRoles { candidates }),
        }
    }
}

/// A table, as its row says it.
#[derive(Debug, Deserialize)]
struct Described {
    schema: String,
    name: String,
    columns: Vec<DescribedColumn>,
    primary: Vec<String>,
    uniques: Vec<Vec<String>>,
    references: Vec<DescribedReference>,
}

#[derive(Debug, Deserialize)]
struct DescribedColumn {
    name: String,
    nullable: bool,
    generated: bool,
    defaulted: bool,
}

#[derive(Debug, Deserialize)]
struct DescribedReference {
    columns: Vec<String>,
    schema: String,
    name: String,
    parents: Vec<String>,
    deletion: String,
}

/// The tables with the column.
async fn describe(pg: &mut PgConnection, tenant: &str) -> Result<Vec<Described>, SurveyError> {
    let names = |numbers: &str, relation: &str| {
        format!(
            "(SELECT json_agg(a.attname ORDER BY u.place) FROM unnest({numbers}) WITH ORDINALITY AS u (number, place) \
                JOIN pg_attribute a ON a.attrelid = {relation} AND a.attnum = u.number)"
        )
    };
    let sql = format!(
        "WITH tables AS ({TABLES}) \
         SELECT json_build_object( \
           'schema', t.nspname, 'name', t.relname, \
           'columns', (SELECT json_agg(json_build_object('name', a.attname, 'nullable', NOT a.attnotnull, \
                                'generated', a.attgenerated <> '' OR a.attidentity = 'a', 'defaulted', a.atthasdef OR a.attidentity = 'd') \
                              ORDER BY a.attnum) \
                         FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped), \
           'primary', coalesce((SELECT {primary} FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p'), '[]'), \
           'uniques', coalesce((SELECT json_agg({unique} ORDER BY x.indexrelid) FROM pg_index x \
                         WHERE x.indrelid = t.oid AND x.indisunique AND NOT x.indisprimary AND x.indisvalid \
                           AND x.indexprs IS NULL AND x.indpred IS NULL), '[]'), \
           'references', coalesce((SELECT json_agg(json_build_object('columns', {here}, 'schema', n.nspname, 'name', p.relname, \
                                            'parents', {there}, 'deletion', k.confdeltype) ORDER BY k.conname) \
                            FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace \
                           WHERE k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0), '[]'))::text \
           FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = {tenant} \
          ORDER BY t.nspname, t.relname",
        primary = names("k.conkey", "k.conrelid"),
        unique = names("(x.indkey::int2[])[0:x.indnkeyatts - 1]", "x.indrelid"),
        here = names("k.conkey", "k.conrelid"),
        there = names("k.confkey", "k.confrelid"),
        tenant = literal(tenant),
    );
    let mut described = Vec::new();
    for row in rows(pg, sql).await? {
        let text: String = row.try_get(0)?;
        described.push(serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))?);
    }
    described.sort_by_key(Described::table);
    Ok(described)
}

impl Described {
    fn table(&self) -> Table {
        Table { schema: self.schema.clone(), name: self.name.clone() }
    }

    /// What an entity of this table would say.
    fn entity(self, tenant: &str, known: &BTreeSet<Table>) -> Entity {
        let table = self.table();
        let without_tenant = |columns: Vec<String>| -> Vec<String> {
            columns.into_iter().filter(|column| column != tenant).collect()
        };
        let id = without_tenant(self.primary);
        let column = |column: DescribedColumn| {
            let role = match &column {
                DescribedColumn { name, .. } if name == tenant => ColumnRole::Tenant,
                DescribedColumn { name, defaulted: false, .. } if id.contains(name) => ColumnRole::Id,
                DescribedColumn { name, .. } if id.contains(name) => ColumnRole::DefaultId,
                DescribedColumn { generated: true, .. } => ColumnRole::Generated,
                DescribedColumn { defaulted: true, .. } => ColumnRole::Defaulted,
                _ => ColumnRole::Required,
            };
            Column { name: column.name, role, nullable: column.nullable, sql_type: None }
        };
        let mut columns: Vec<Column> = self.columns.into_iter().map(column).collect();
        // The columns of a key in its own order: they are read as the key from here on.
        columns.sort_by_key(|column| id.iter().position(|name| *name == column.name).unwrap_or(id.len()));
        let mut uniques: Vec<Vec<String>> = self
            .uniques
            .into_iter()
            .map(without_tenant)
            .filter(|key| !key.is_empty() && *key != id)
            .collect();
        uniques.sort();
        uniques.dedup();
        let mut references: Vec<Reference> =
            self.references.into_iter().filter_map(|reference| reference.paired(tenant, known)).collect();
        references.sort();
        references.dedup_by(|a, b| a.column == b.column && a.parent == b.parent);
        Entity {
            table,
            tenant: Some(tenant.to_owned()),
            writable: false,
            public_read: false,
            columns,
            indexes: Vec::new(),
            uniques,
            references,
        }
    }
}

impl DescribedReference {
    /// As a field with `references` would say it: by one column beside the tenant's, to another table with a tenant.
    fn paired(self, tenant: &str, known: &BTreeSet<Table>) -> Option<Reference> {
        let parent = Table { schema: self.schema, name: self.name };
        if !known.contains(&parent) {
            return None;
        }
        let mut pairs = self.columns.into_iter().zip(self.parents).filter(|(column, _)| column != tenant);
        let (column, parent_id) = pairs.next()?;
        if pairs.next().is_some() || parent_id == tenant {
            return None;
        }
        let on_delete = match self.deletion.as_str() {
            "c" => OnDelete::Cascade,
            "r" => OnDelete::Restrict,
            "n" => OnDelete::SetNull,
            _ => OnDelete::NoAction,
        };
        Some(Reference { column, parent, parent_tenant: Some(tenant.to_owned()), parent_id, on_delete })
    }
}

async fn rows(pg: &mut PgConnection, sql: String) -> Result<Vec<PgRow>, sqlx::Error> {
    // As one simple query: the pinned search_path ends with it.
    let sql = format!("SET LOCAL search_path = pg_catalog, pg_temp; {sql}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(pg).await
}
