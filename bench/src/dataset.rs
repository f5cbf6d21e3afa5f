//! [`Dataset`]: one table of items of many tenants, in a database of its own.
//!
//! All contenders read and write the same table. The floor's login has `BYPASSRLS`, for which PostgreSQL plans as if
//! there was no row-level security; the others' logins are members of the application's role, bound by the policies.

use std::fmt;

use anyhow::Context as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tenancy_testkit::TestDb;
use uuid::Uuid;

use crate::draw::Draw;
use crate::item::{FRESH, MIGRATIONS};

/// How many tenants share how many rows, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) rows: u64,
    pub(crate) tenants: u64,
    /// By Zipf's law with exponent 1: the k-th tenant has 1/k of the first one's rows. Otherwise all have as many.
    pub(crate) skewed: bool,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.skewed { "Zipf" } else { "even" };
        write!(f, "{} rows, {} tenants, {how}", grouped(self.rows), grouped(self.tenants))
    }
}

/// `10,000,000`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whom a contender connects as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    /// No row-level security.
    Floor,
    /// Row-level security, as the application has it.
    Bound,
}

/// A table of items, loaded, indexed, vacuumed and analyzed.
pub(crate) struct Dataset {
    pub(crate) shape: Shape,
    pub(crate) test: TestDb,
    password: String,
}

impl Dataset {
    pub(crate) async fn load(shape: Shape) -> anyhow::Result<Self> {
        let test = TestDb::builder().create().await?;
        let dataset = Self { shape, test, password: Uuid::new_v4().simple().to_string() };
        let mut owner = dataset.test.owner().connect().await?;
        // The keys and indexes are emitted by the second migration, over rows that are there already: much faster.
        MIGRATIONS.run_to(1, &mut owner).await?;
        let mut superuser = dataset.superuser().await?;
        run(&mut superuser, dataset.rows()).await.context("cannot load the rows")?;
        MIGRATIONS.run(&mut owner).await?;
        run(&mut superuser, dataset.logins()).await.context("cannot make the logins")?;
        run(&mut superuser, "VACUUM (ANALYZE) items").await?;
        run(&mut superuser, "CHECKPOINT").await?;
        Ok(dataset)
    }

    /// Ids and tenants are hashes, so that the rows of a tenant lie scattered, as they do after a year in production.
    fn rows(&self) -> String {
        let Shape { rows, tenants, skewed } = self.shape;
        let tenant = if skewed {
            // The inverse of the distribution function of 1/x between 1 and N + 1.
            format!("floor(exp(random() * ln({tenants} + 1)))::bigint")
        } else {
            format!("1 + i % {tenants}")
        };
        format!(
            "INSERT INTO items (id, tenant_id, name, status, amount, done, note, created_at)
             SELECT md5('item' || i)::uuid, md5('tenant' || ({tenant}))::uuid, 'item ' || i,
                    (ARRAY['open', 'open', 'done', 'late'])[1 + i % 4], i % 100000, i % 4 = 2,
                    CASE WHEN i % 3 = 0 THEN 'a note on item ' || i END,
                    timestamptz '2026-01-01' + (i * 7919 % 10000000) * interval '1 second'
               FROM generate_series(1::bigint, {rows}) AS i"
        )
    }

    fn logins(&self) -> String {
        let (suffix, password) = (self.suffix(), &self.password);
        format!(
            "CREATE ROLE floor_{suffix} LOGIN BYPASSRLS PASSWORD '{password}' IN ROLE tenancy_app;
             CREATE ROLE bound_{suffix} LOGIN PASSWORD '{password}' IN ROLE tenancy_app;"
        )
    }

    /// Roles belong to the whole server.
    fn suffix(&self) -> &str {
        let name = self.test.name();
        &name[name.len() - 8..]
    }

    pub(crate) fn user(&self, role: Role) -> String {
        match role {
            Role::Floor => format!("floor_{}", self.suffix()),
            Role::Bound => format!("bound_{}", self.suffix()),
        }
    }

    #[cfg(feature = "rivals")]
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn options(&self, role: Role) -> PgConnectOptions {
        self.test.app().username(&self.user(role)).password(&self.password)
    }

    pub(crate) async fn superuser(&self) -> anyhow::Result<PgConnection> {
        Ok(self.test.superuser().connect().await?)
    }

    /// A process of the server. It may have ended already; its parent has not.
    pub(crate) async fn backend(&self) -> anyhow::Result<i32> {
        let mut superuser = self.superuser().await?;
        let launcher = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
        Ok(sqlx::query_scalar(launcher).fetch_one(&mut superuser).await?)
    }

    /// Rows by chance: tenant, id, and how many rows the tenant has.
    pub(crate) async fn sample(&self, count: usize) -> anyhow::Result<Vec<(Uuid, Uuid, u64)>> {
        let mut superuser = self.superuser().await?;
        let percent = (count as f64 * 120.0 / self.shape.rows as f64).min(100.0);
        let rows: Vec<(Uuid, Uuid, i64)> = sqlx::query_as(
            "SELECT i.tenant_id, i.id, n.count
               FROM items i TABLESAMPLE BERNOULLI ($1)
               JOIN (SELECT tenant_id, count(*) FROM items GROUP BY tenant_id) n USING (tenant_id)
              ORDER BY random() LIMIT $2",
        )
        .bind(percent)
        .bind(i64::try_from(count)?)
        .fetch_all(&mut superuser)
        .await?;
        rows.into_iter().map(|(tenant, id, count)| Ok((tenant, id, u64::try_from(count)?))).collect()
    }

    /// Inserts rows, past all isolation, for operations to delete.
    pub(crate) async fn insert(&self, rows: &[Draw]) -> anyhow::Result<()> {
        let mut superuser = self.superuser().await?;
        let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = rows.iter().map(|row| (row.tenant, row.id)).unzip();
        sqlx::query(
            "INSERT INTO items (tenant_id, id, name, status, amount)
             SELECT u.tenant, u.id, 'doomed', $3, 0 FROM unnest($1, $2) AS u (tenant, id)",
        )
        .bind(tenants)
        .bind(ids)
        .bind(FRESH)
        .execute(&mut superuser)
        .await?;
        Ok(())
    }

    /// Removes what operations inserted, and the dead rows that they left.
    pub(crate) async fn sweep(&self) -> anyhow::Result<()> {
        let mut superuser = self.superuser().await?;
        sqlx::query("DELETE FROM items WHERE status = $1").bind(FRESH).execute(&mut superuser).await?;
        run(&mut superuser, "VACUUM items").await?;
        run(&mut superuser, "CHECKPOINT").await
    }
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> anyhow::Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.into()))).await?;
    Ok(())
}
