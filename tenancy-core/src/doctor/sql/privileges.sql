-- Privileges.
SELECT 'T08-UPDATABLE-TENANT', t.name, format('the runtime role may write the tenant column %I of rows that exist', t.tenant),
       format('REVOKE UPDATE ON %s FROM PUBLIC, %I; ', t.name, runtime.name)
         || coalesce((SELECT format('GRANT UPDATE (%s) ON %s TO %I', string_agg(quote_ident(w.name), ', '), t.name, runtime.name)
                        FROM wanted_columns w WHERE t.name = format('%I.%I', w.schema_name, w.table_name) AND w.may_update
                      HAVING count(*) > 0), '')
  FROM tables t CROSS JOIN runtime CROSS JOIN asked
 WHERE t.tenant_number IS NOT NULL AND has_column_privilege(asked.oid, t.oid, t.tenant_number, 'UPDATE')
UNION ALL
SELECT 'G14-GRANT-MISSING', w.object, format('the runtime role has no %s on it: statements of the program fail', w.privilege),
       format('GRANT %s ON %s TO %I', w.granting, w.name, runtime.name)
  FROM runtime CROSS JOIN asked CROSS JOIN LATERAL (
    SELECT t.name AS object, t.name, p.privilege, p.privilege AS granting
      FROM tables t CROSS JOIN (VALUES ('SELECT'), ('DELETE')) AS p (privilege)
     WHERE NOT has_table_privilege(asked.oid, t.oid, p.privilege)
    UNION ALL
    SELECT format('%s.%I', t.name, c.name), t.name, p.privilege, format('%s (%I)', p.privilege, c.name)
      FROM wanted_columns c JOIN tables t ON t.name = format('%I.%I', c.schema_name, c.table_name)
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
      CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS p (privilege)
     WHERE CASE p.privilege WHEN 'INSERT' THEN c.may_insert ELSE c.may_update END AND NOT has_column_privilege(asked.oid, t.oid, a.attnum, p.privilege)
  ) AS w WHERE runtime.oid IS NOT NULL
UNION ALL
SELECT 'G15-GRANT-MORE', format('%s.%I', t.name, c.name), format('the runtime role may %s it, which the entity does not ask for', p.privilege),
       format('REVOKE %s (%I) ON %s FROM PUBLIC, %I', p.privilege, c.name, t.name, runtime.name)
  FROM wanted_columns c JOIN tables t ON t.name = format('%I.%I', c.schema_name, c.table_name)
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS p (privilege) CROSS JOIN runtime CROSS JOIN asked
 WHERE NOT CASE p.privilege WHEN 'INSERT' THEN c.may_insert ELSE c.may_update END AND a.attnum IS DISTINCT FROM t.tenant_number
   AND has_column_privilege(asked.oid, t.oid, a.attnum, p.privilege)
   -- A grant on the whole table is found by the tenant column.
   AND NOT has_table_privilege(asked.oid, t.oid, p.privilege)
UNION ALL
SELECT DISTINCT 'G03-REFERENCES', t.name, 'the runtime role may make a foreign key to it, which tells what other tenants have',
       format('REVOKE REFERENCES ON %s FROM %s', t.name, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
  FROM loose g JOIN tables t USING (oid) WHERE g.privilege_type = 'REFERENCES'
UNION ALL
SELECT 'G04-PUBLIC', t.name, 'it is granted to every role of the server', format('REVOKE ALL ON %s FROM PUBLIC', t.name)
  FROM relations t WHERE (t.listed OR t.part) AND EXISTS (SELECT FROM aclexplode(t.relacl) a WHERE a.grantee = 0)
UNION ALL
SELECT 'G05-CREATE', n.nspname, 'the runtime role may create objects in it, and put them in front of others',
       format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', n.nspname, runtime.name)
  FROM pg_namespace n CROSS JOIN asked CROSS JOIN runtime
 WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND has_schema_privilege(asked.oid, n.oid, 'CREATE')
UNION ALL
SELECT 'G06-TEMP', current_database()::text, 'the runtime role may create temporary objects: they shadow others, and stay with the connection',
       format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, %I', current_database(), runtime.name)
  FROM asked CROSS JOIN runtime WHERE has_database_privilege(asked.oid, current_database(), 'TEMPORARY')
UNION ALL
SELECT 'G07-SEQUENCE', c.oid::regclass::text, 'the runtime role may read or advance it: it counts the rows of all tenants',
       format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, %I', c.oid::regclass, runtime.name)
  FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace CROSS JOIN asked CROSS JOIN runtime
 WHERE CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(asked.oid, c.oid, 'SELECT, USAGE, UPDATE') END
UNION ALL
SELECT 'G09-FUNCTION', p.oid::regprocedure::text,
       CASE WHEN p.proname LIKE 'lo%' THEN 'large objects are shared by all tenants'
            WHEN p.proname LIKE 'pg\_%backend' THEN 'one tenant can end the session of another'
            ELSE 'it opens a session that no tenant is bound to' END,
       format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', p.oid::regprocedure, runtime.name)
  FROM pg_proc p CROSS JOIN asked CROSS JOIN runtime
 WHERE p.proname IN ('pg_cancel_backend', 'pg_terminate_backend', 'lo_create', 'lo_creat', 'lo_from_bytea', 'lo_get', 'lo_put', 'lo_open',
                     'lo_unlink', 'loread', 'lowrite', 'dblink', 'dblink_exec', 'dblink_connect')
   AND has_function_privilege(asked.oid, p.oid, 'EXECUTE')
UNION ALL
SELECT DISTINCT 'G10-DEFAULT-ACL', coalesce(n.nspname, 'every schema')::text,
       format('new %s of %I will be granted before they have policies', CASE d.defaclobjtype WHEN 'r' THEN 'tables' ELSE 'sequences' END, d.defaclrole::regrole),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON %s FROM %s', d.defaclrole::regrole, coalesce(format(' IN SCHEMA %I', n.nspname), ''),
              CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) a
 WHERE d.defaclobjtype IN ('r', 'S') AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM reach)) AND a.grantee <> d.defaclrole
UNION ALL
SELECT 'G11-STATS', c.oid::regclass::text, 'the runtime role may read the statements of all tenants', format('REVOKE ALL ON %s FROM PUBLIC, %I', c.oid::regclass, runtime.name)
  FROM pg_class c CROSS JOIN asked CROSS JOIN runtime WHERE c.relname = 'pg_stat_statements' AND has_table_privilege(asked.oid, c.oid, 'SELECT')
UNION ALL
SELECT 'G12-ACTIVITY', m.rolname, 'pg_stat_activity shows tenants of this login each other''s statements', format('ALTER ROLE %I SET track_activities = off', m.rolname)
  FROM members m JOIN pg_roles r USING (oid)
 WHERE r.rolcanlogin AND NOT EXISTS (SELECT FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) x WHERE s.setrole IN (0, m.oid) AND x = 'track_activities=off')
UNION ALL
SELECT DISTINCT 'G13-MAINTAIN', t.name, 'MAINTAIN is granted: LOCK, REINDEX and CLUSTER stop every tenant',
       format('REVOKE MAINTAIN ON %s FROM %s', t.name, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
  FROM loose g JOIN tables t USING (oid) WHERE g.privilege_type = 'MAINTAIN'
