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
   -- What danger::CrossTenant uses, and examines when it connects.
   AND (r.rolsuper OR NOT EXISTS (SELECT FROM pg_roles x JOIN pg_auth_members m ON m.roleid = x.oid WHERE x.rolname = {cross_tenant} AND m.member = r.oid))
   AND has_database_privilege(r.oid, current_database(), 'CONNECT')
UNION ALL
-- Foundation.
SELECT 'B03-FUNCTION', w.name, 'it is not the function that was emitted: '
         || CASE w.name WHEN 'tenancy.owner_tenant()' THEN 'the owner would not be told, or be told wrong'
                        WHEN 'tenancy.guard()' THEN 'what it should refuse may pass'
                        ELSE 'row-level security may stay lifted' END,
       CASE w.name WHEN 'tenancy.guard()' THEN 'provision again' ELSE 'apply the emitted migrations' END
  FROM foundation f JOIN pinned w ON f.namespace IS NOT NULL LEFT JOIN pg_proc p ON p.oid = to_regprocedure(w.name)
 WHERE CASE WHEN p.oid IS NULL THEN w.name IN ('tenancy.owner_tenant()', 'tenancy.put_back()')
            ELSE p.prokind <> 'f' OR p.provolatile <> w.volatility OR p.prosecdef <> w.definer OR p.proretset
              OR p.proparallel <> w.parallel OR p.prorettype <> w.returns::regtype
              OR p.proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']
              OR p.prolang <> (SELECT oid FROM pg_language WHERE lanname = w.language)
              OR btrim(regexp_replace(p.prosrc, '[ \t\n\f\r]+', ' ', 'g')) <> w.body END
UNION ALL
SELECT 'B05-BEHAVIOUR', 'tenancy.bound', 'asked here and now: ' || current_setting('tenancy.behaviour', true), 'apply the emitted migrations'
  FROM foundation WHERE domain IS NOT NULL AND coalesce(current_setting('tenancy.behaviour', true), '') <> ''
UNION ALL
SELECT 'B06-DOMAIN-USED', w.object, 'it uses a domain that binds: a restore would bind a tenant for every row, and fail', w.mend
  FROM foundation f JOIN LATERAL (
    SELECT format('%s.%I', a.attrelid::regclass, a.attname) AS object,
           format('ALTER TABLE %s ALTER COLUMN %I TYPE uuid', a.attrelid::regclass, a.attname) AS mend
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     WHERE NOT a.attisdropped AND (f.domain IN (t.oid, t.typelem) OR f.public_domain IN (t.oid, t.typelem)) AND c.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT format('%s.%I', a.attrelid::regclass, a.attname), format('ALTER TYPE %s ALTER ATTRIBUTE %I TYPE uuid', a.attrelid::regclass, a.attname)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     WHERE NOT a.attisdropped AND (f.domain IN (t.oid, t.typelem) OR f.public_domain IN (t.oid, t.typelem)) AND c.relkind = 'c'
    UNION ALL
    SELECT t.oid::regtype::text, format('DROP %s %s', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype)
      FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid
     WHERE t.typtype IN ('d', 'r') AND (f.domain IN (t.typbasetype, r.rngsubtype) OR f.public_domain IN (t.typbasetype, r.rngsubtype))
    UNION ALL
    SELECT p.oid::regprocedure::text, format('DROP FUNCTION %s', p.oid::regprocedure)
      FROM pg_proc p WHERE ARRAY[f.domain, f.public_domain] && (p.proargtypes::oid[] || p.prorettype)
  ) AS w ON f.domain IS NOT NULL
UNION ALL
SELECT 'B07-DOMAIN-USAGE', t.oid::regtype::text, format('%s may use it as the type of a column', string_agg(DISTINCT w.whom, ', ')),
       format('REVOKE ALL ON TYPE %s FROM %s', t.oid::regtype, string_agg(DISTINCT w.whom, ', '))
  FROM foundation f JOIN pg_type t ON t.oid IN (f.domain, f.public_domain) CROSS JOIN LATERAL aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
  JOIN holders w ON w.oid = a.grantee
 WHERE a.grantee <> t.typowner GROUP BY t.oid
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
SELECT 'B09-MAINTENANCE', 'tenancy.maintenance(regclass[])', format('%s may execute it, which is for the owner', e.whom),
       format('REVOKE EXECUTE ON FUNCTION tenancy.maintenance(regclass[]) FROM %s', e.whom)
  FROM executable e WHERE e.oid = to_regprocedure('tenancy.maintenance(regclass[])')
UNION ALL
SELECT 'B10-INTERNAL', c.oid::regclass::text, format('%s reaches a table of tenancy''s own', string_agg(DISTINCT g.whom, ', ')),
       format('REVOKE ALL ON %s FROM %s', c.oid::regclass, string_agg(DISTINCT g.whom, ', '))
  FROM foundation f JOIN pg_class c ON c.relnamespace = f.namespace JOIN granted g ON g.oid = c.oid
 GROUP BY c.oid
UNION ALL
SELECT 'B11-STRANGER', w.object, 'it stands in the schema tenancy, and is none of ours', w.mend
  FROM foundation f JOIN LATERAL (
    SELECT p.oid::regprocedure::text AS object, format('DROP ROUTINE %s', p.oid::regprocedure) AS mend
      FROM pg_proc p
     WHERE p.pronamespace = f.namespace AND p.oid <> ALL (ARRAY(SELECT to_regprocedure(name)::oid FROM pinned))
       AND p.oid IS DISTINCT FROM f.function AND p.oid IS DISTINCT FROM f.readable_function
    UNION ALL
    SELECT c.oid::regclass::text, format('DROP %s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                                                                      WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::regclass)
      FROM pg_class c WHERE c.relnamespace = f.namespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relname NOT IN ('emitted', 'lifted', 'exempt', 'cross_tenant_audit', 'cross_tenant_audit_id_seq')
    UNION ALL
    SELECT t.oid::regtype::text, format('DROP TYPE %s', t.oid::regtype)
      FROM pg_type t WHERE t.typnamespace = f.namespace AND t.typtype IN ('d', 'e', 'r') AND t.oid NOT IN (f.domain, f.public_domain)
  ) AS w ON true
UNION ALL
-- A login that is a member in name only.
SELECT 'R12-NOT-RUNTIME', m.rolname, format('it is a member of the runtime role %I, and does not inherit what that may do', runtime.name),
       format('ALTER ROLE %I INHERIT; GRANT %I TO %I', m.rolname, runtime.name, m.rolname)
         || CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN ' WITH INHERIT TRUE' ELSE '' END
  FROM runtime CROSS JOIN members m JOIN pg_roles r ON r.oid = m.oid
 WHERE r.rolcanlogin AND NOT pg_has_role(m.oid, runtime.oid, 'USAGE')
UNION ALL
SELECT 'C01-DEFAULT-TENANT', quote_ident(o.rolname) || ' in ' || coalesce((SELECT quote_ident(datname) FROM pg_database WHERE oid = s.setdatabase), 'every database'),
       split_part(x, '=', 1) || ' is stored as a default of the tables'' owner: its migrations see one tenant, and are not told',
       format('ALTER ROLE %I%s RESET %s', o.rolname, CASE s.setdatabase WHEN 0 THEN '' ELSE format(' IN DATABASE %I', current_database()) END, split_part(x, '=', 1))
  FROM pg_db_role_setting s JOIN pg_roles o ON o.oid = s.setrole CROSS JOIN LATERAL unnest(s.setconfig) x
 WHERE o.oid IN (SELECT relowner FROM tables) AND o.oid NOT IN (SELECT oid FROM reach) AND lower(split_part(x, '=', 1)) IN ('app.tenant_id', 'app.public_tenant_id')
   AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
