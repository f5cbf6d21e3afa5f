//! The roles of a test server: the ones that production has.
//!
//! The owner of the tables runs the migrations and is no superuser; the application's login owns nothing and has its
//! grants by membership in the group that emission grants to. The owner may log in, which production would leave to
//! a role of its own (a role that only migrates).

use sqlx::postgres::PgConnection;

use crate::Error;
use crate::secret::Secret;
use crate::server::run;

/// Owns the test databases and what the migrations make in them.
pub const OWNER: &str = "tenancy_owner";

/// The group of logins that a `PgIdentity` has.
pub const IDENTITY: &str = "tenancy_identity";

/// The group that holds the runtime grants. It cannot log in.
pub const APP: &str = "tenancy_app";

/// The application's login, a member of [`APP`] and of nothing else.
pub const APP_LOGIN: &str = "tenancy_app_login";

/// Serializes test processes that prepare the same server. The number is arbitrary.
pub(crate) const LOCK: i64 = 0x7465_6e61_6e63_7901;

/// Creates the roles, and takes back from roles that exist whatever would weaken a test.
///
/// A superuser does all of this, so PostgreSQL 16's finer rules for role administration do not matter here.
pub(crate) async fn ensure(
    connection: &mut PgConnection,
    owner_password: &Secret,
    app_password: &Secret,
) -> Result<(), Error> {
    let (owner_password, app_password) = (owner_password.expose(), app_password.expose());
    // `ALTER ROLE` at the same time by two processes fails ("tuple concurrently updated"), hence the lock.
    let sql = format!(
        "BEGIN;
         SELECT pg_advisory_xact_lock({LOCK});
         DO $$ BEGIN
             IF to_regrole('{APP}') IS NULL THEN CREATE ROLE {APP}; END IF;
             IF to_regrole('{APP_LOGIN}') IS NULL THEN CREATE ROLE {APP_LOGIN}; END IF;
             IF to_regrole('{OWNER}') IS NULL THEN CREATE ROLE {OWNER}; END IF;
             IF to_regrole('{IDENTITY}') IS NULL THEN CREATE ROLE {IDENTITY}; END IF;
         END $$;
         ALTER ROLE {APP} NOLOGIN {RESTRICTED};
         ALTER ROLE {IDENTITY} NOLOGIN {RESTRICTED};
         ALTER ROLE {APP_LOGIN} LOGIN PASSWORD '{app_password}' {RESTRICTED};
         ALTER ROLE {OWNER} LOGIN PASSWORD '{owner_password}' {RESTRICTED};
         DO $$ DECLARE granted name; member name; BEGIN
             FOR granted, member IN
                 SELECT m.roleid::regrole, m.member::regrole FROM pg_auth_members m
                 WHERE m.member IN ('{APP}'::regrole, '{APP_LOGIN}'::regrole, '{OWNER}'::regrole)
             LOOP
                 EXECUTE format('REVOKE %s FROM %s', granted, member);
             END LOOP;
         END $$;
         GRANT {APP} TO {APP_LOGIN};
         COMMIT"
    );
    run(connection, "create the roles", sql).await
}

const RESTRICTED: &str = "INHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION";
