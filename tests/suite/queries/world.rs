//! A database with the isolated tables of several tenants, and beside them those of each tenant alone.

use std::cell::{Cell, RefCell};

use futures_util::TryStreamExt as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, ValueRef as _};
use tenancy::prelude::*;
use tenancy::schema::__write;
use tenancy_testkit::{TestAuthority, TestDb};
use tokio::sync::Mutex;

use super::columns::Cells;
use super::describe::Rows;
use super::run::{new_item, new_link, new_tag, new_team};
use super::sql::{dump, insert, values};
use super::tables::{Item, Link, SCHEMA, TABLES, TENANTS, Table, Tag, Team, all_ddl, alone};

pub struct World {
    pub db: TenantDb,
    authority: TestAuthority,
    tenants: Vec<TenantId>,
    /// Of each script its own, since a run can outlive them.
    tokens: RefCell<Vec<TenantToken>>,
    /// Whether row-level security is on.
    rls: Cell<bool>,
    /// Asks the tables of one tenant alone, and looks at everybody's.
    superuser: Mutex<PgConnection>,
    /// What the database is dropped with.
    _test: TestDb,
}

/// The migrations: the tables, and what the library emits for them.
pub async fn migrations() -> Migrator {
    let folder = std::env::temp_dir().join(format!("tenancy-queries-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("0001_tables.up.sql"), all_ddl()).expect("a file");
    std::fs::write(folder.join("0001_tables.down.sql"), "").expect("a file");
    __write(&SCHEMA, &folder).expect("written");
    let migrator = Migrator::new(folder.as_path()).await.expect("migrations");
    std::fs::remove_dir_all(&folder).expect("it is there");
    migrator
}

impl World {
    pub async fn new(migrations: &Migrator) -> Self {
        let test = TestDb::with_migrations(migrations).await;
        let authority = TestAuthority::new();
        Self {
            db: test.connect(&SCHEMA, &authority).await,
            authority,
            tenants: (0..TENANTS).map(|_| TenantId::random()).collect(),
            tokens: RefCell::default(),
            rls: Cell::new(true),
            superuser: Mutex::new(test.connect_as_superuser().await),
            _test: test,
        }
    }

    /// Takes everything away, and gives each tenant these rows: by the library, and in the tables beside by hand.
    pub async fn fill(&self, rows: &[Rows; TENANTS], rls: bool) -> Result<(), String> {
        let mut text = String::new();
        if self.rls.replace(rls) != rls {
            let switch = if rls { "ENABLE" } else { "DISABLE" };
            for table in TABLES {
                text += &format!("ALTER TABLE queries.{} {switch} ROW LEVEL SECURITY;", table.name());
            }
        }
        let schemas = (0..TENANTS).map(alone).chain(["queries".into()]);
        // Faster than TRUNCATE, for so few rows. References are not asked while nothing is left.
        text += "SET session_replication_role = replica;";
        for schema in schemas {
            for table in TABLES {
                text += &format!("DELETE FROM {schema}.{};", table.name());
            }
        }
        text += "SET session_replication_role = origin;";
        for (tenant, Rows { teams, items, tags, links }) in rows.iter().enumerate() {
            let tables =
                [(Table::Teams, teams), (Table::Items, items), (Table::Tags, tags), (Table::Links, links)];
            for (table, rows) in tables {
                let rows: Vec<_> = rows.iter().map(|new| values(table, new)).collect();
                text += &insert(&alone(tenant), table, &rows);
                text += ";";
            }
        }
        self.run(&text).await.map_err(|error| format!("{error}: {text}"))?;
        let mut tokens = Vec::new();
        for tenant in &self.tenants {
            tokens.push(self.authority.token(*tenant).await);
        }
        self.tokens.replace(tokens.clone());
        for (token, Rows { teams, items, tags, links }) in tokens.iter().zip(rows) {
            let db = &self.db;
            let filled = async {
                Team::insert_many(token, teams.iter().cloned().map(new_team)).execute(db).await?;
                Item::insert_many(token, items.iter().cloned().map(new_item)).execute(db).await?;
                Tag::insert_many(token, tags.iter().cloned().map(new_tag)).execute(db).await?;
                Link::insert_many(token, links.iter().cloned().map(new_link)).execute(db).await
            };
            filled.await.map_err(|error| format!("the rows are not inserted: {error}"))?;
        }
        self.compare().await
    }

    pub fn token(&self, tenant: usize) -> TenantToken {
        self.tokens.borrow()[tenant].clone()
    }

    async fn run(&self, text: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.superuser.lock().await).await.map(drop)
    }

    /// Runs one statement of the test's own: its rows, and the number of those that it affected.
    pub async fn ask(&self, text: &str) -> Result<(Vec<Cells>, u64), sqlx::Error> {
        let (mut rows, mut affected) = (Vec::new(), 0);
        let mut connection = self.superuser.lock().await;
        let mut answer = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut *connection);
        while let Some(part) = answer.try_next().await? {
            match part {
                sqlx::Either::Left(done) => affected += done.rows_affected(),
                sqlx::Either::Right(row) => rows.push(cells(&row)),
            }
        }
        Ok((rows, affected))
    }

    /// Each tenant's rows are those that it has alone.
    pub async fn compare(&self) -> Result<(), String> {
        let pairs = || (0..TENANTS).flat_map(|tenant| TABLES.map(|table| (tenant, table)));
        let sums: Vec<_> = pairs()
            .flat_map(|(tenant, table)| {
                [self.of_tenant(tenant, table), dump(&alone(tenant), table)].map(|rows| {
                    format!("(SELECT md5(string_agg(r::text, '|' ORDER BY r.id)) FROM ({rows}) AS r)")
                })
            })
            .collect();
        let text = format!("SELECT {}", sums.join(", "));
        let (sums, _) = self.ask(&text).await.map_err(|error| error.to_string())?;
        for ((tenant, table), sums) in pairs().zip(sums[0].chunks(2)) {
            if sums[0] != sums[1] {
                let found =
                    self.ask(&self.of_tenant(tenant, table)).await.map_err(|error| error.to_string())?;
                let alone =
                    self.ask(&dump(&alone(tenant), table)).await.map_err(|error| error.to_string())?;
                return Err(format!(
                    "the {} of tenant {tenant} are {:?}, and alone they would be {:?}",
                    table.name(),
                    found.0,
                    alone.0
                ));
            }
        }
        Ok(())
    }

    fn of_tenant(&self, tenant: usize, table: Table) -> String {
        let id = self.tenants[tenant];
        format!(
            "SELECT {} FROM queries.{} AS p0 WHERE tenant_id = '{id}' ORDER BY id",
            table.list("p0"),
            table.name()
        )
    }
}

/// As PostgreSQL writes them.
fn cells(row: &PgRow) -> Cells {
    (0..row.len())
        .map(|i| {
            let value = row.try_get_raw(i).expect("a column");
            (!value.is_null()).then(|| value.as_str().expect("text").to_owned())
        })
        .collect()
}
