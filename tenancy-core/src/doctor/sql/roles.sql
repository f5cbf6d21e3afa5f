-- Roles.
SELECT 'R04-CREATEDB', rolname::text, who || ' has CREATEDB: it can make databases that nobody looks into',
       coalesce(leave, format('ALTER ROLE %I NOCREATEDB', rolname))
  FROM roles WHERE rolcreatedb AND NOT rolsuper
UNION ALL
SELECT 'R06-MEMBER', rolname, who || ' is none of ours: SQL that an attacker injects can SET ROLE to it', leave
  FROM roles WHERE reached AND oid IS DISTINCT FROM (SELECT oid FROM runtime) AND NOT rolsuper
UNION ALL
SELECT 'R10-OWNER-LOGIN', o.rolname, CASE WHEN o.rolsuper THEN 'it owns isolated tables, and is a superuser' ELSE 'it owns isolated tables, and can log in' END,
       CASE WHEN o.rolsuper THEN (SELECT string_agg(format('ALTER TABLE %s OWNER TO %s', name, (SELECT nspowner::regrole FROM foundation)), '; ') FROM tables WHERE relowner = o.oid)
            ELSE format('ALTER ROLE %I NOLOGIN -- and let migrations log in as a member of it', o.rolname) END
  FROM pg_roles o WHERE (o.rolcanlogin OR o.rolsuper) AND o.oid IN (SELECT relowner FROM tables)
UNION ALL
SELECT 'R11-OTHER-BYPASS', r.rolname, 'this login is not held by row-level security: no pool of an application may use it',
       CASE WHEN r.rolsuper THEN format('ALTER ROLE %I NOSUPERUSER', r.rolname) ELSE format('ALTER ROLE %I NOBYPASSRLS', r.rolname) END
  FROM pg_roles r
 WHERE r.rolcanlogin AND (r.rolbypassrls OR r.rolsuper) AND r.oid <> 10 AND r.oid NOT IN (SELECT oid FROM start)
   AND has_database_privilege(r.oid, current_database(), 'CONNECT')
UNION ALL
-- Foundation.
SELECT 'B03-FUNCTION', 'tenancy.owner_tenant()', 'it is not the function that was emitted: the owner would not be told, or be told wrong',
       'apply the emitted migrations'
  FROM foundation f LEFT JOIN pg_proc p ON p.oid = f.owner_function
 WHERE f.namespace IS NOT NULL
   AND (p.oid IS NULL OR p.provolatile <> 's' OR p.prosecdef OR p.proretset OR p.prorettype <> 'uuid'::regtype
     OR p.proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']
     OR p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
     OR btrim(regexp_replace(p.prosrc, '[[:space:]]+', ' ', 'g')) <> {owner_body})
UNION ALL
SELECT 'B05-BEHAVIOUR', 'tenancy.bound', 'asked here and now: ' || current_setting('tenancy.behaviour', true), 'apply the emitted migrations'
  FROM foundation WHERE domain IS NOT NULL AND coalesce(current_setting('tenancy.behaviour', true), '') <> ''
UNION ALL
SELECT 'B06-DOMAIN-USED', w.object, 'it uses the domain tenancy.bound: a restore would bind a tenant for every row, and fail', w.mend
  FROM foundation f JOIN LATERAL (
    SELECT format('%s.%I', a.attrelid::regclass, a.attname) AS object,
           format('ALTER TABLE %s ALTER COLUMN %I TYPE uuid', a.attrelid::regclass, a.attname) AS mend
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     WHERE NOT a.attisdropped AND f.domain IN (t.oid, t.typelem) AND c.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT format('%s.%I', a.attrelid::regclass, a.attname), format('ALTER TYPE %s ALTER ATTRIBUTE %I TYPE uuid', a.attrelid::regclass, a.attname)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     WHERE NOT a.attisdropped AND f.domain IN (t.oid, t.typelem) AND c.relkind = 'c'
    UNION ALL
    SELECT t.oid::regtype::text, format('DROP %s %s', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype)
      FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid
     WHERE t.typtype IN ('d', 'r') AND f.domain IN (t.typbasetype, r.rngsubtype)
    UNION ALL
    SELECT p.oid::regprocedure::text, format('DROP FUNCTION %s', p.oid::regprocedure)
      FROM pg_proc p WHERE f.domain = p.prorettype OR f.domain = ANY (p.proargtypes::oid[])
  ) AS w ON f.domain IS NOT NULL
UNION ALL
SELECT 'B07-DOMAIN-USAGE', 'tenancy.bound', 'everybody may use it as the type of a column', 'REVOKE ALL ON TYPE tenancy.bound FROM PUBLIC'
  FROM foundation f JOIN pg_type t ON t.oid = f.domain
 WHERE t.typacl IS NULL OR EXISTS (SELECT FROM aclexplode(t.typacl) a WHERE a.grantee = 0)
UNION ALL
SELECT 'B08-SETTING-FUNCTION', p.oid::regprocedure::text, 'the runtime role may not execute it, so no statement of its can bind',
       format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, runtime.name)
  FROM pg_proc p CROSS JOIN runtime
 WHERE p.oid IN ('set_config(text, text, boolean)'::regprocedure, 'current_setting(text, boolean)'::regprocedure)
   AND runtime.oid IS NOT NULL AND NOT has_function_privilege(runtime.oid, p.oid, 'EXECUTE')
UNION ALL
SELECT 'B09-MAINTENANCE', w.object, w.problem, 'apply the emitted migrations'
  FROM foundation f JOIN LATERAL (
    SELECT 'tenancy.maintenance(regclass[])' AS object, 'it does not exist: data migrations have no way in' AS problem
     WHERE to_regprocedure('tenancy.maintenance(regclass[])') IS NULL
    UNION ALL
    SELECT 'tenancy.lifted', 'what puts row-level security back after maintenance is gone, or disabled'
     WHERE to_regclass('tenancy.lifted') IS NULL
        OR NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('tenancy.lifted') AND tgname = 'Put_back' AND tgenabled = 'A' AND tgdeferrable)
        OR NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass('tenancy.lifted') AND conname = 'not_committed' AND condeferred)
  ) AS w ON f.namespace IS NOT NULL
UNION ALL
SELECT 'B10-INTERNAL', c.oid::regclass::text, 'the runtime role reaches a table of tenancy''s own',
       format('REVOKE ALL ON %s FROM PUBLIC, %I', c.oid::regclass, runtime.name)
  FROM foundation f JOIN pg_class c ON c.relnamespace = f.namespace AND c.relkind IN ('r', 'p', 'v', 'm') CROSS JOIN runtime CROSS JOIN asked
 WHERE c.relname IN ('emitted', 'lifted', 'exempt', 'seal_key')
   AND (has_table_privilege(asked.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(asked.oid, c.oid, 'SELECT, INSERT, UPDATE'))
