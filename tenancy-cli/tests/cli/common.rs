//! The binary, and databases for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Executor as _};
use tenancy_testkit::TestDb;

/// A folder of a test's own, where the tool runs.
pub struct Place {
    folder: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The tool, with nothing of this machine's environment that it reads.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tenancy"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("DATABASE_URL").env_remove("NO_COLOR").env("COLUMNS", "120");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().expect("the tool").into()
    }

    pub fn run_on(&self, url: &str, arguments: &[&str]) -> Ended {
        self.command(arguments).env("DATABASE_URL", url).output().expect("the tool").into()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ended {
    /// Everything that a person sees, for a snapshot.
    pub fn shown(&self) -> String {
        let code = self.code.map_or("a signal".to_owned(), |code| code.to_string());
        format!("----- stdout\n{}----- stderr\n{}----- exit code {code}\n", self.stdout, self.stderr)
    }
}

/// The URL of a connection, as a user writes it.
pub fn url(options: &PgConnectOptions) -> String {
    use sqlx::ConnectOptions as _;
    let url = options.to_url_lossy();
    url.to_string()
}

/// A database that was made by hand: `sql` as the superuser, in which `shop_app`, `shop_owner` and `shop_report` are roles of
/// this test's own.
pub async fn by_hand(sql: &str) -> (TestDb, [String; 3]) {
    let db = TestDb::new().await;
    let roles = ["app", "owner", "report"].map(|role| format!("{}_{role}", db.name()));
    let mut superuser = db.connect_as_superuser().await;
    // As PostgreSQL makes databases, and the testkit does not; but for these roles alone, since a login of another test
    // that bypasses policies would be a finding here.
    let mut text = format!(
        "{sql}; GRANT CONNECT, TEMPORARY ON DATABASE {} TO shop_app, shop_owner, shop_report; GRANT USAGE ON SCHEMA public TO PUBLIC",
        db.name()
    );
    for (word, role) in ["shop_app", "shop_owner", "shop_report"].iter().zip(&roles) {
        text = text.replace(word, role);
    }
    superuser.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.expect("the database that was made by hand");
    (db, roles)
}

/// Runs the migrations of a folder.
pub async fn migrate(folder: &Path, pg: &mut PgConnection) {
    let migrator = Migrator::new(folder).await.expect("migrations");
    migrator.run_direct(None, pg, false).await.expect("they run");
}

/// Drops the roles of a test, after what they own.
pub async fn drop_roles(db: &TestDb, roles: &[String]) {
    let mut superuser = db.connect_as_superuser().await;
    for role in roles {
        let sql = format!(
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
               REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}; END IF; END $$"
        );
        superuser.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("roles are dropped");
    }
}
