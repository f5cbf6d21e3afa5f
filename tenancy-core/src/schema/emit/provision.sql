-- Provisioning by tenancy: what needs an administrator. Run it before the first migration and once more after it, with psql
-- or any client, as a superuser where there is one. It can be repeated. On a managed service some of it is not allowed: each
-- part says so in a WARNING, with what stays open, and the rest is done.
--
-- It makes no logins. The application logs in as a member of the runtime role, migrations as the owner of the tables or as
-- a member of it, and neither is a superuser:
--   CREATE ROLE acme_owner NOLOGIN;
--   CREATE ROLE acme_migrate LOGIN IN ROLE acme_owner;   GRANT CREATE ON DATABASE acme TO acme_owner;
--   CREATE ROLE acme_app LOGIN IN ROLE {role};
SET search_path = pg_catalog, pg_temp;

-- The group of the application's logins. No attribute of it matters to row-level security but these.
DO {tag} BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_literal}) THEN
    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
  END IF;
EXCEPTION
  -- Roles belong to the whole server: another database was faster.
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN RAISE WARNING 'tenancy: the runtime role cannot be created: %', SQLERRM;
END {tag};

-- The database: nothing for everybody. TEMPORARY is what lets SQL that is injected build objects that stand in front of yours.
DO {tag} BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {role_literal});
  EXECUTE 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
EXCEPTION WHEN insufficient_privilege OR undefined_object OR invalid_schema_name THEN
  RAISE WARNING 'tenancy: everybody keeps what the database and its schema public grant, TEMPORARY among it (G05, G06): %', SQLERRM;
END {tag};

-- What logins of the application share. Settings are each login's own: members do not inherit them.
DO {tag}
DECLARE
  login name;
BEGIN
  FOR login IN
    WITH RECURSIVE members AS (
      SELECT oid FROM pg_roles WHERE rolname = {role_literal}
      UNION SELECT m.member FROM pg_auth_members m JOIN members ON m.roleid = members.oid)
    SELECT rolname FROM pg_roles JOIN members USING (oid) WHERE rolcanlogin
  LOOP
    EXECUTE format('ALTER ROLE %I SET track_activities = off', login);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'tenancy: pg_stat_activity shows the application''s logins their own statements, those of other tenants among them (G12): %', SQLERRM;
END {tag};

-- Functions by which a session reaches others of the same login, and objects that have no tenant. Kept by pg_dump.
DO {tag}
DECLARE
  function regprocedure;
BEGIN
  FOR function IN
    SELECT oid FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace
       AND (proname IN ('pg_cancel_backend', 'pg_terminate_backend', 'loread', 'lowrite') OR proname ~ '^lo_')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
  END LOOP;
  -- Without the right PostgreSQL warns, and changes nothing.
  IF has_function_privilege({role_literal}, 'pg_cancel_backend(integer)', 'EXECUTE') THEN
    RAISE WARNING 'tenancy: the runtime role may end its other sessions, and use large objects (G09)';
  END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE WARNING 'tenancy: the runtime role may end its other sessions, and use large objects (G09): %', SQLERRM;
END {tag};

-- The guard. In the schemas of the entities, a new table with a tenant column is closed to everybody until it has policies;
-- an isolated one cannot be opened; and a view, a materialized view or a foreign table that would read past row-level
-- security is refused. What is reviewed and meant stands in tenancy.exempt.
DO {tag} BEGIN
  IF to_regclass('tenancy.lifted') IS NULL THEN
    RAISE WARNING 'tenancy: the first migration has not run: run this file again after it, for the guard (C05)';
    RETURN;
  END IF;
  CREATE TABLE IF NOT EXISTS tenancy.exempt (relation text PRIMARY KEY, reason text NOT NULL);
  EXECUTE format('ALTER TABLE tenancy.exempt OWNER TO %s', (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'tenancy'));
  REVOKE ALL ON tenancy.exempt FROM PUBLIC;
  CREATE OR REPLACE FUNCTION tenancy.guard() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $guard$
  DECLARE
    touched record;
  BEGIN
    FOR touched IN
      SELECT c.oid, c.oid::regclass AS name, c.relkind, c.relrowsecurity AND c.relforcerowsecurity AS closed,
             bool_or(d.command_tag IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')) AS created,
             EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenancy_bound') AS isolated,
             EXISTS (SELECT FROM tenancy.lifted l WHERE l.relation = c.oid) AS lifted,
             EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ({tenants}) AND NOT a.attisdropped) AS has_tenant,
             coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), false) AS invoker,
             EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend x ON x.classid = 'pg_rewrite'::regclass AND x.objid = r.oid
                       JOIN pg_class t ON x.refclassid = 'pg_class'::regclass AND t.oid = x.refobjid AND t.oid <> c.oid
                      WHERE r.ev_class = c.oid AND (t.relrowsecurity OR t.relkind IN ('v', 'm'))) AS reads
        FROM pg_event_trigger_ddl_commands() d
        JOIN pg_class c ON c.oid = CASE d.classid WHEN 'pg_class'::regclass THEN d.objid
                                                  WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objid) END
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
         AND NOT EXISTS (SELECT FROM tenancy.exempt e WHERE to_regclass(e.relation) = c.oid)
       GROUP BY c.oid
    LOOP
      IF touched.relkind IN ('r', 'p') AND NOT touched.closed AND NOT touched.lifted THEN
        IF touched.isolated THEN
          RAISE insufficient_privilege USING
            MESSAGE = format('tenancy: %s is isolated, and this would open it', touched.name),
            HINT = 'For a data migration: SELECT tenancy.maintenance(..). To open it for good, list it in tenancy.exempt.';
        ELSIF touched.created AND touched.has_tenant THEN
          EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', touched.name);
        END IF;
      ELSIF touched.relkind = 'v' AND touched.reads AND NOT touched.invoker THEN
        RAISE insufficient_privilege USING
          MESSAGE = format('tenancy: the view %s would read with the rights of its owner', touched.name),
          HINT = 'CREATE VIEW .. WITH (security_invoker = true), or list it in tenancy.exempt.';
      ELSIF touched.relkind = 'm' AND touched.reads OR touched.relkind = 'f' AND touched.has_tenant THEN
        RAISE insufficient_privilege USING
          MESSAGE = format('tenancy: no policy reaches %s, which is no table', touched.name),
          HINT = 'List it in tenancy.exempt, and keep it from the runtime role.';
      END IF;
    END LOOP;
  END $guard$;
  REVOKE ALL ON FUNCTION tenancy.guard() FROM PUBLIC;
  DROP EVENT TRIGGER IF EXISTS tenancy_guard;
  CREATE EVENT TRIGGER tenancy_guard ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW', 'ALTER VIEW', 'CREATE MATERIALIZED VIEW',
                 'CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA', 'CREATE POLICY', 'ALTER POLICY')
    EXECUTE FUNCTION tenancy.guard();
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'tenancy: only a superuser may create event triggers: nothing watches for tables that are left open, but the doctor (C05): %', SQLERRM;
END {tag};

RESET search_path;
