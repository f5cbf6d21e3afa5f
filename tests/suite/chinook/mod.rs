//! A real schema: Chinook, a shop of digital music, three times over as three tenants in one database, and reports over it.
//!
//! Beside the tables of all tenants stands each tenant's *reference*: the tables of that tenant alone, in a schema without
//! a tenant column and without row-level security, filled by the owner past the library. A report is SQL as one writes it
//! for such a database. Whatever the library makes of it for a tenant must equal, row for row, what the reference says:
//!
//! ```text
//! let chinook = Chinook::shared().await;
//! chinook
//!     .same("invoices_by_country", async |db, token| {
//!         // Tuples, or PgRows, or anything that is `rows::Cells`: the report's columns, in its order.
//!         Invoice::find(token).….fetch_all(db).await
//!     })
//!     .await;
//! ```
//!
//! `same` asks for all three tenants. Say it once more of [`Chinook::without_policies`], where a predicate that the library
//! forgets is not made good by PostgreSQL. The tests here read only, and share one database, which is loaded by whoever comes
//! first and dropped by whoever goes last.

mod by_builder;
mod by_sql;
mod checks;
mod data;
pub mod entities;
mod load;
mod one_table;
pub mod reports;
pub mod rows;
mod variants;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::{AssertSqlSafe, PgConnection};
use tenancy::prelude::*;
use tenancy_testkit::{TestAuthority, TestDb};

use crate::common::{connect, run};

use self::data::Data;
use self::entities::CHINOOK;
use self::reports::Report;
use self::rows::{Cells, Texts};

const TABLES: [&str; 11] = [
    "artist",
    "album",
    "genre",
    "media_type",
    "playlist",
    "track",
    "playlist_track",
    "employee",
    "customer",
    "invoice",
    "invoice_line",
];

/// The loaded database, as a test has it.
pub struct Chinook {
    /// The application's pool: of this test, since a connection lives in its test's runtime.
    pub db: TenantDb,
    pub tenants: Vec<Tenant>,
    /// The owner's session, which asks the references.
    owner: tokio::sync::Mutex<PgConnection>,
    loaded: Arc<Loaded>,
}

/// One of the three.
pub struct Tenant {
    /// 1, 2 or 3.
    pub number: usize,
    pub token: TenantToken,
}

impl Tenant {
    /// The schema of its reference.
    fn reference(&self) -> String {
        format!("ref_{}", self.number)
    }
}

/// What the tests share.
struct Loaded {
    /// `keep` needs it mutable.
    test: Mutex<TestDb>,
    authority: TestAuthority,
    ids: Vec<TenantId>,
}

/// Weak, so that the database goes with the last of the tests that are under way: a static would never drop it.
static LOADED: tokio::sync::Mutex<Weak<Loaded>> = tokio::sync::Mutex::const_new(Weak::new());

impl Chinook {
    /// The database, loaded once for all tests that overlap. Nobody writes to it.
    pub async fn shared() -> Self {
        let mut place = LOADED.lock().await;
        let loaded = match place.upgrade() {
            Some(loaded) => loaded,
            None => {
                let loaded = Arc::new(Loaded::new().await);
                *place = Arc::downgrade(&loaded);
                loaded
            }
        };
        drop(place);
        Self::of(loaded).await
    }

    /// A database of one's own, whose row-level security was switched off after the application connected: what keeps a
    /// statement to its tenant there is its own text. Reports that the library writes must be the same in both.
    pub async fn without_policies() -> Self {
        let chinook = Self::of(Arc::new(Loaded::new().await)).await;
        let mut superuser = chinook.superuser().await;
        for table in TABLES {
            let sql = format!("ALTER TABLE public.{table} DISABLE ROW LEVEL SECURITY");
            run(&mut superuser, &sql).await.expect("no row-level security");
        }
        chinook
    }

    async fn of(loaded: Arc<Loaded>) -> Self {
        let builder = TenantDb::builder(loaded.options(TestDb::app));
        let db = builder.trust(loaded.authority.authority()).schema(&CHINOOK).connect().await;
        let mut tenants = Vec::new();
        for (number, &id) in (1..).zip(&loaded.ids) {
            tenants.push(Tenant { number, token: loaded.authority.token(id).await });
        }
        let owner = connect(&loaded.options(TestDb::owner)).await.into();
        Self { db: db.expect("an isolated database"), tenants, owner, loaded }
    }

    /// Runs a report's counterpart for each tenant, and compares with what the report says of the tenant's reference.
    ///
    /// # Panics
    ///
    /// When there is no report of that name, or a tenant's rows differ from its reference.
    pub async fn same<R: Cells, E: Debug>(
        &self,
        report: &str,
        ask: impl AsyncFn(&TenantDb, &TenantToken) -> Result<Vec<R>, E>,
    ) {
        let differing = self.compare(&Report::named(report), ask).await;
        assert!(differing.is_empty(), "{report}:\n{}", differing.join("\n"));
    }

    /// As [`same`](Self::same), and tells in what the tenants' rows differ.
    async fn compare<R: Cells, E: Debug>(
        &self,
        report: &Report,
        ask: impl AsyncFn(&TenantDb, &TenantToken) -> Result<Vec<R>, E>,
    ) -> Vec<String> {
        let mut differing = Vec::new();
        for tenant in &self.tenants {
            let rows: Vec<Texts> = match ask(&self.db, &tenant.token).await {
                Ok(rows) => rows.iter().map(Cells::cells).collect(),
                Err(error) => panic!("{} of tenant {} failed: {error:?}", report.name, tenant.number),
            };
            let reference = self.reference(tenant, report.sql).await;
            if let Some(difference) = difference(&reference, &rows) {
                differing.push(format!("tenant {}: {difference}", tenant.number));
            }
        }
        differing
    }

    /// What plain SQL says of one tenant alone, run by the owner.
    pub async fn reference(&self, tenant: &Tenant, sql: &str) -> Vec<Texts> {
        rows(&mut *self.owner.lock().await, &tenant.reference(), sql).await
    }

    /// A superuser's session, whom no row-level security binds.
    async fn superuser(&self) -> PgConnection {
        connect(&self.loaded.options(TestDb::superuser)).await
    }
}

/// The database of a test that fails is kept, also when another test is the last to go.
impl Drop for Chinook {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.loaded.test.lock().unwrap_or_else(PoisonError::into_inner).keep();
        }
    }
}

impl Loaded {
    async fn new() -> Self {
        let sql = CHINOOK.sql().expect("a schema that holds");
        let steps =
            TestDb::builder().sql(include_str!("tables.sql")).sql(include_str!("reference.sql")).sql(sql);
        let test = steps.create().await.expect("a database");
        let authority = TestAuthority::new();
        let db = test.connect(&CHINOOK, &authority).await;
        let mut owner = test.connect_as_owner().await;
        let mut ids = Vec::new();
        for number in 1..=3 {
            let id = TenantId::random();
            let data = Data::of(number);
            load::reference(&mut owner, &format!("ref_{number}"), &data).await;
            load::application(&db, &authority.token(id).await, data).await;
            ids.push(id);
        }
        // Autovacuum would come to it later, or in the middle of a test.
        run(&mut test.connect_as_superuser().await, "ANALYZE").await.expect("statistics");
        Self { test: Mutex::new(test), authority, ids }
    }

    fn options<T>(&self, of: impl FnOnce(&TestDb) -> T) -> T {
        of(&self.test.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs SQL where unqualified names mean the tables of `schema`. By the protocol that answers in text, so that decoding
/// has nothing in common with what it is compared with.
async fn rows(connection: &mut PgConnection, schema: &str, sql: &str) -> Vec<Texts> {
    let path = format!("SET search_path = {schema}; SET timezone = 'UTC'");
    run(connection, &path).await.expect("a search path");
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.expect("a report");
    rows.iter().map(Cells::cells).collect()
}

/// Where two results differ first.
fn difference(reference: &[Texts], rows: &[Texts]) -> Option<String> {
    let row = reference.iter().zip(rows).position(|(a, b)| a != b);
    let row = row.or_else(|| (reference.len() != rows.len()).then(|| reference.len().min(rows.len())))?;
    Some(format!(
        "row {row} differs (of {} in the reference, {} here):\n  reference: {:?}\n  here:      {:?}",
        reference.len(),
        rows.len(),
        reference.get(row),
        rows.get(row)
    ))
}
