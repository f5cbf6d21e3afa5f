-- Privileges.
SELECT 'T08-UPDATABLE-TENANT', t.name, format('%s may write the tenant column %I of rows that exist', string_agg(DISTINCT g.whom, ', '), t.tenant),
       format('REVOKE UPDATE ON %s FROM %s; ', t.name, string_agg(DISTINCT g.whom, ', '))
         || coalesce((SELECT format('GRANT UPDATE (%s) ON %s TO %I', string_agg(quote_ident(w.name), ', '), t.name, runtime.name)
                        FROM wanted_columns w WHERE w.oid = t.oid AND w.may_update
                      HAVING count(*) > 0), '')
  FROM tables t JOIN granted g ON g.oid = t.oid AND g.attnum IN (0, t.tenant_number) AND g.privilege_type = 'UPDATE' CROSS JOIN runtime
 GROUP BY t.oid, t.name, t.tenant, runtime.name
UNION ALL
SELECT 'G14-GRANT-MISSING', w.object, format('the runtime role has no %s on it: statements of the program fail', w.privilege),
       format('GRANT %s ON %s TO %I', w.granting, w.name, runtime.name)
  FROM runtime CROSS JOIN LATERAL (
    SELECT t.name AS object, t.name, p.privilege, p.privilege AS granting
      FROM tables t CROSS JOIN (VALUES ('SELECT'), ('DELETE')) AS p (privilege)
     WHERE NOT has_table_privilege(runtime.oid, t.oid, p.privilege)
    UNION ALL
    SELECT g.name, g.name, p.privilege, p.privilege
      FROM globals g CROSS JOIN (VALUES ('SELECT', true), ('DELETE', false)) AS p (privilege, always)
     WHERE g.relkind IN ('r', 'p') AND (p.always OR g.writable) AND NOT has_table_privilege(runtime.oid, g.oid, p.privilege)
    UNION ALL
    SELECT format('%s.%I', c.of, c.name), c.of, p.privilege, format('%s (%I)', p.privilege, c.name)
      FROM wanted_columns c CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS p (privilege)
     WHERE c.attnum IS NOT NULL AND CASE p.privilege WHEN 'INSERT' THEN c.may_insert ELSE c.may_update END
       AND NOT has_column_privilege(runtime.oid, c.oid, c.attnum, p.privilege)
  ) AS w WHERE runtime.oid IS NOT NULL
UNION ALL
SELECT 'G15-GRANT-MORE', format('%s.%I', t.name, a.attname),
       format('%s may %s it, which the entity does not ask for', string_agg(DISTINCT g.whom, ', '), string_agg(DISTINCT g.privilege_type, ' and ')),
       format('REVOKE %s ON %s FROM %s', string_agg(DISTINCT format('%s (%I)', g.privilege_type, a.attname), ', '), t.name, string_agg(DISTINCT g.whom, ', '))
  FROM tables t JOIN granted g ON g.oid = t.oid AND g.attnum > 0 AND g.privilege_type IN ('INSERT', 'UPDATE')
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = g.attnum
 WHERE NOT (g.privilege_type = 'UPDATE' AND g.attnum = t.tenant_number)
   -- A column that left its entity keeps its grants, since a program of before may still run.
   AND EXISTS (SELECT FROM wanted_columns c
                WHERE c.oid = g.oid AND c.attnum = g.attnum
                  AND NOT CASE g.privilege_type WHEN 'INSERT' THEN c.may_insert ELSE c.may_update END)
 GROUP BY t.name, a.attname
UNION ALL
-- For UPDATE it is found by the tenant column.
SELECT 'G15-GRANT-MORE', t.name, format('%s may INSERT every column, those that the entity does not ask for among them', string_agg(DISTINCT g.whom, ', ')),
       format('REVOKE INSERT ON %s FROM %s; ', t.name, string_agg(DISTINCT g.whom, ', '))
         || coalesce((SELECT format('GRANT INSERT (%s) ON %s TO %I', string_agg(quote_ident(w.name), ', '), t.name, runtime.name)
                        FROM wanted_columns w WHERE w.oid = t.oid AND w.may_insert
                      HAVING count(*) > 0), '')
  FROM tables t JOIN granted g ON g.oid = t.oid AND g.attnum = 0 AND g.privilege_type = 'INSERT' CROSS JOIN runtime
 GROUP BY t.oid, t.name, runtime.name
UNION ALL
SELECT 'G16-GRANT-OPTION', t.name, format('%s may grant it to others', string_agg(DISTINCT g.whom, ', ')),
       string_agg(DISTINCT format('REVOKE GRANT OPTION FOR ALL%s ON %s FROM %s CASCADE', coalesce(' (' || quote_ident(a.attname) || ')', ''), t.name, g.whom), '; ')
  FROM family t JOIN granted g USING (oid) LEFT JOIN pg_attribute a ON a.attrelid = g.oid AND a.attnum = nullif(g.attnum, 0)
 WHERE g.is_grantable GROUP BY t.name
UNION ALL
SELECT CASE g.privilege_type WHEN 'REFERENCES' THEN 'G03-REFERENCES' ELSE 'G13-MAINTAIN' END, t.name,
       CASE g.privilege_type WHEN 'REFERENCES' THEN format('%s may make a foreign key to it, which tells what other tenants have', string_agg(DISTINCT g.whom, ', '))
                             ELSE format('MAINTAIN is granted to %s: LOCK, REINDEX and CLUSTER stop every tenant', string_agg(DISTINCT g.whom, ', ')) END,
       format('REVOKE %s ON %s FROM %s', g.privilege_type, t.name, string_agg(DISTINCT g.whom, ', '))
  FROM family t JOIN granted g USING (oid) WHERE g.privilege_type IN ('REFERENCES', 'MAINTAIN')
 GROUP BY t.name, g.privilege_type
UNION ALL
SELECT DISTINCT 'G04-PUBLIC', t.name, 'it is granted to every role of the server', format('REVOKE ALL ON %s FROM PUBLIC', t.name)
  FROM family t JOIN granted g USING (oid) WHERE g.grantee = 0
UNION ALL
SELECT 'G05-CREATE', w.object, format('%s may create %s in it', string_agg(DISTINCT w.whom, ', '), w.things), format('REVOKE CREATE ON %s FROM %s', w.kind, string_agg(DISTINCT w.whom, ', '))
  FROM (SELECT n.nspname::text, 'objects', format('SCHEMA %I', n.nspname), h.whom
          FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a JOIN holders h ON h.oid = a.grantee
         WHERE a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
           AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
        UNION ALL
        SELECT d.datname, 'schemas', format('DATABASE %I', d.datname), h.whom
          FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a JOIN holders h ON h.oid = a.grantee
         WHERE d.datname = current_database() AND a.privilege_type = 'CREATE' AND a.grantee <> d.datdba
       ) AS w (object, things, kind, whom)
 GROUP BY w.object, w.things, w.kind
UNION ALL
SELECT 'G06-TEMP', d.datname, format('%s may create temporary objects: they shadow others, and stay with the connection', string_agg(DISTINCT w.whom, ', ')),
       format('REVOKE TEMPORARY ON DATABASE %I FROM %s', d.datname, string_agg(DISTINCT w.whom, ', '))
  FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a JOIN holders w ON w.oid = a.grantee
 WHERE d.datname = current_database() AND a.privilege_type = 'TEMPORARY' AND a.grantee <> d.datdba
 GROUP BY d.datname
UNION ALL
SELECT 'G07-SEQUENCE', c.oid::regclass::text, format('%s may read or advance it: it counts the rows of all tenants', string_agg(DISTINCT g.whom, ', ')),
       format('REVOKE ALL ON SEQUENCE %s FROM %s', c.oid::regclass, string_agg(DISTINCT g.whom, ', '))
  FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace JOIN granted g ON g.oid = c.oid WHERE c.relkind = 'S'
 GROUP BY c.oid
UNION ALL
SELECT 'G09-FUNCTION', p.oid::regprocedure::text,
       format('%s may execute it: ', e.whom)
         || CASE WHEN p.proname LIKE 'lo%' THEN 'large objects are shared by all tenants'
                 WHEN p.proname LIKE 'pg\_%backend' THEN 'one tenant can end the session of another'
                 ELSE 'it opens a session that no tenant is bound to' END,
       format('REVOKE EXECUTE ON FUNCTION %s FROM %s', p.oid::regprocedure, e.whom)
  FROM pg_proc p JOIN executable e USING (oid) WHERE p.proname IN ({reserved})
UNION ALL
SELECT DISTINCT 'G10-DEFAULT-ACL', coalesce(n.nspname, 'every schema')::text,
       format('new %s of %I will be granted before they have policies', CASE d.defaclobjtype WHEN 'r' THEN 'tables' ELSE 'sequences' END, d.defaclrole::regrole),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON %s FROM %s', d.defaclrole::regrole, coalesce(' IN SCHEMA ' || quote_ident(n.nspname), ''),
              CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END, h.whom)
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) a
  JOIN holders h ON h.oid = a.grantee
 WHERE d.defaclobjtype IN ('r', 'S') AND a.grantee <> d.defaclrole
UNION ALL
SELECT 'G11-STATS', c.oid::regclass::text,
       format('%s reads %s', string_agg(DISTINCT g.whom, ', '),
              CASE c.relname WHEN 'pg_stat_statements' THEN 'the statements of all tenants' ELSE 'values out of the rows of all tenants' END),
       format('REVOKE ALL ON %s FROM %s', c.oid::regclass, string_agg(DISTINCT g.whom, ', '))
  FROM pg_class c JOIN granted g ON g.oid = c.oid
 WHERE c.relname IN ('pg_stat_statements', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject') AND g.privilege_type = 'SELECT'
   -- What PostgreSQL itself grants of them, by columns, holds no values.
   AND (c.relname = 'pg_stat_statements' OR g.attnum = 0)
 GROUP BY c.oid, c.relname
UNION ALL
SELECT 'G12-ACTIVITY', m.rolname, 'pg_stat_activity shows tenants of this login each other''s statements', format('ALTER ROLE %I SET track_activities = off', m.rolname)
  FROM members m JOIN pg_roles r USING (oid)
 WHERE r.rolcanlogin AND NOT EXISTS (SELECT FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) x WHERE s.setrole IN (0, m.oid) AND x = 'track_activities=off')
