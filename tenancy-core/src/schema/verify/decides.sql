-- Roles.
SELECT 'R01-SUPER', rolname::text, who || ' is a superuser, whom row-level security does not hold',
       coalesce(leave, format('ALTER ROLE %I NOSUPERUSER', rolname))
  FROM roles WHERE rolsuper
UNION ALL
SELECT 'R02-BYPASSRLS', rolname, who || ' bypasses row-level security',
       coalesce(leave, format('ALTER ROLE %I NOBYPASSRLS', rolname))
  FROM roles WHERE rolbypassrls AND NOT rolsuper
UNION ALL
SELECT 'R03-ROLE-ATTR', rolname, who || ' has CREATEROLE, and before PostgreSQL 16 it can make itself a member of any role',
       coalesce(leave, format('ALTER ROLE %I NOCREATEROLE', rolname))
  FROM roles WHERE rolcreaterole AND NOT rolsuper AND current_setting('server_version_num')::integer < 160000
UNION ALL
SELECT 'R03-ROLE-ATTR', rolname, who || ' has REPLICATION, and can stream the rows of every tenant',
       coalesce(leave, format('ALTER ROLE %I NOREPLICATION', rolname))
  FROM roles WHERE rolreplication AND NOT rolsuper
UNION ALL
SELECT 'R05-PREDEFINED', rolname, who || ' reaches past row-level security', leave
  FROM roles
 WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend',
                   'pg_read_all_stats', 'pg_monitor', 'pg_maintain', 'pg_create_subscription', 'pg_write_all_data',
                   'pg_read_all_data', 'pg_database_owner')
UNION ALL
SELECT 'R07-OWNS', t.name, format('%I can act as the owner, %I, who can switch row-level security off', r.start_name, r.rolname),
       coalesce(r.leave, format('ALTER TABLE %s OWNER TO %s', t.name, (SELECT nspowner::regrole FROM foundation)))
  -- Of a part, when the owner of the whole is another one.
  FROM family t JOIN roles r ON r.oid = t.relowner WHERE t.top_owner IS DISTINCT FROM t.relowner
UNION ALL
SELECT 'R07-OWNS', w.name, format('%I can act as the owner, %I, who can replace it', r.start_name, r.rolname),
       coalesce(r.leave, format('ALTER %s OWNER TO %s', w.statement, f.nspowner::regrole))
  FROM foundation f
  JOIN LATERAL (SELECT t.oid::regtype::text, 'DOMAIN ' || t.oid::regtype, t.typowner FROM pg_type t WHERE t.oid IN (f.domain, f.public_domain)
                UNION ALL
                SELECT p.oid::regprocedure::text, 'FUNCTION ' || p.oid::regprocedure, p.proowner FROM pg_proc p
                 WHERE p.oid IN (f.function, f.readable_function)) AS w (name, statement, owner) ON true
  JOIN roles r ON r.oid = w.owner
UNION ALL
SELECT 'R08-OWNS-SCHEMA', n.nspname, format('%I can act as the owner of the schema, %I', r.start_name, r.rolname),
       coalesce(r.leave, format('ALTER SCHEMA %I OWNER TO %s', n.nspname,
                                (SELECT datdba::regrole FROM pg_database WHERE datname = current_database())))
  FROM pg_namespace n JOIN roles r ON r.oid = n.nspowner
 WHERE n.nspname = 'tenancy' OR n.nspname IN (SELECT schema_name FROM listed UNION SELECT schema_name FROM globals)
UNION ALL
SELECT 'R09-OWNS-DB', d.datname, format('%I can act as the owner of the database, %I', r.start_name, r.rolname),
       coalesce(r.leave, format('ALTER DATABASE %I OWNER TO %s', d.datname, 10::regrole))
  FROM pg_database d JOIN roles r ON r.oid = d.datdba WHERE d.datname = current_database()
UNION ALL
SELECT 'R00-NO-ROLE', name, 'the runtime role does not exist', 'apply the emitted migrations'
  FROM runtime WHERE oid IS NULL
UNION ALL
SELECT 'R12-NOT-RUNTIME', a.rolname, format('it has nothing of what the runtime role %I may do', runtime.name),
       CASE WHEN pg_has_role(a.oid, runtime.oid, 'MEMBER')
            THEN format('ALTER ROLE %I INHERIT; GRANT %I TO %I -- from PostgreSQL 16 on: WITH INHERIT TRUE',
                        a.rolname, runtime.name, a.rolname)
            ELSE format('GRANT %I TO %I', runtime.name, a.rolname) END
  FROM runtime, asker JOIN pg_roles a USING (oid) WHERE runtime.oid IS NOT NULL AND NOT pg_has_role(a.oid, runtime.oid, 'USAGE')
UNION ALL
-- Foundation.
SELECT 'B01-NO-FOUNDATION', w.name, 'it does not exist', 'apply the emitted migrations'
  FROM foundation f
  JOIN LATERAL (VALUES ('tenancy', f.namespace), ('tenancy.bound', f.domain), ('tenancy.current_tenant()', f.function),
                       ('tenancy.bound_public', f.public_domain), ('tenancy.readable_tenant()', f.readable_function))
    AS w (name, oid) ON w.oid IS NULL
UNION ALL
SELECT 'B02-DOMAIN', d.oid::regtype::text, 'it is not the domain that was emitted: a statement would not bind its tenant',
       'apply the emitted migrations; when they are applied, say the foundation''s ALTER DOMAIN again'
  FROM foundation CROSS JOIN (VALUES ('bound', {bound_check}), ('bound_public', {bound_public_check})) AS w (name, definition)
  JOIN pg_type d ON d.typnamespace = namespace AND d.typname = w.name
 WHERE d.typtype <> 'd' OR d.typbasetype <> 'uuid'::regtype
    OR ARRAY(SELECT regexp_replace(pg_get_constraintdef(k.oid), '[[:space:]]+', ' ', 'g') FROM pg_constraint k
              WHERE k.contypid = d.oid) IS DISTINCT FROM ARRAY[w.definition]
    OR NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = d.oid AND k.conname = 'one_tenant_per_transaction')
UNION ALL
SELECT 'B03-FUNCTION', f.oid::regprocedure::text, 'it is not the function that was emitted: policies would believe something else',
       'apply the emitted migrations; when they are applied, say the foundation''s CREATE OR REPLACE FUNCTION again'
  FROM foundation CROSS JOIN LATERAL (VALUES (function, {body}), (readable_function, {readable_body})) AS w (oid, body)
  JOIN pg_proc f ON f.oid = w.oid
 WHERE f.prokind <> 'f' OR f.provolatile <> 's' OR f.prosecdef OR f.proretset OR f.prorettype <> 'uuid'::regtype
    OR f.proconfig IS NOT NULL OR f.proparallel <> 's' OR f.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'sql')
    OR pg_get_function_sqlbody(f.oid) IS DISTINCT FROM w.body
UNION ALL
SELECT 'B04-PRIVILEGE', 'tenancy', 'the runtime role has no USAGE on the schema', format('GRANT USAGE ON SCHEMA tenancy TO %I', runtime.name)
  FROM foundation, runtime, asker WHERE NOT has_schema_privilege(asker.oid, namespace, 'USAGE')
UNION ALL
SELECT 'B04-PRIVILEGE', f.oid::regprocedure::text, 'the runtime role may not execute it',
       format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, runtime.name)
  FROM foundation JOIN pg_proc f ON f.oid IN (function, readable_function), runtime, asker
 WHERE NOT has_function_privilege(asker.oid, f.oid, 'EXECUTE')
UNION ALL
-- Tables.
SELECT 'T00-NO-TABLE', name, 'the table does not exist', 'apply the migrations' FROM listed WHERE oid IS NULL
UNION ALL
SELECT 'T00-NO-TABLE', name, 'it is not a table, and row-level security holds tables only', 'name a table in #[tenancy(table = ..)]'
  FROM listed WHERE relkind NOT IN ('r', 'p')
UNION ALL
SELECT 'T00-NO-TABLE', name, CASE WHEN oid IS NULL THEN 'the table does not exist' ELSE 'it is not a table, and a global table is one' END, 'apply the migrations'
  FROM globals WHERE oid IS NULL OR relkind NOT IN ('r', 'p')
UNION ALL
-- Nothing but grants keeps a global table.
SELECT 'T19-GLOBAL-WRITES', c.oid::regclass::text,
       format('%s granted, and what one tenant does there, it does to all of them', string_agg(DISTINCT g.privilege_type, ', ')),
       format('REVOKE %s ON %s FROM %s', string_agg(DISTINCT g.privilege_type, ', '), c.oid::regclass, string_agg(DISTINCT g.whom, ', '))
  FROM shared s JOIN pg_class c USING (oid) JOIN granted g USING (oid)
 WHERE g.privilege_type IN ('TRUNCATE', 'TRIGGER') OR g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE') AND NOT s.writable
 GROUP BY c.oid
UNION ALL
SELECT 'R07-OWNS', c.oid::regclass::text, format('%I can act as the owner, %I, who can write it and grant it', r.start_name, r.rolname),
       coalesce(r.leave, format('ALTER TABLE %s OWNER TO %s', c.oid::regclass, (SELECT nspowner::regrole FROM foundation)))
  FROM shared s JOIN pg_class c USING (oid) JOIN roles r ON r.oid = c.relowner
UNION ALL
SELECT 'T01-RLS-OFF', name, 'row-level security is off', format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name)
  FROM tables WHERE NOT relrowsecurity
UNION ALL
SELECT 'T02-NOT-FORCED', name, 'row-level security does not hold its owner, nor functions and views of the owner',
       format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name)
  FROM tables WHERE NOT relforcerowsecurity
UNION ALL
SELECT 'T03-NO-TENANT-COL', name, format('it has no column %I', tenant), 'apply the migrations' FROM tables WHERE tenant_number IS NULL
UNION ALL
SELECT 'T04-NULLABLE', name, format('the tenant column %I may be NULL', tenant),
       format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', name, tenant)
  FROM tables WHERE NOT attnotnull
UNION ALL
SELECT 'T05-TYPE', name, format('the tenant column %I is %s and not uuid', tenant, atttypid::regtype),
       format('ALTER TABLE %s ALTER COLUMN %I TYPE uuid USING %I::uuid', name, tenant, tenant)
  FROM tables WHERE atttypid <> 'uuid'::regtype
UNION ALL
SELECT CASE f.place WHEN 'part' THEN 'T12-PARTITION' ELSE 'T06-INHERIT' END, f.name,
       format(CASE f.place WHEN 'part' THEN 'a part of %s that may be named directly, and %s' ELSE '%s is read through it, with its policies only, and %s' END,
              f.top, o.problem),
       CASE WHEN f.relkind = 'f' OR f.relrowsecurity THEN format('REVOKE ALL ON %s FROM %s', f.name, o.whom)
            ELSE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', f.name) END
  FROM family f JOIN opened o USING (oid)
UNION ALL
SELECT 'T11-PRIMARY-KEY', name, format('no primary key leads with the tenant column %I', tenant),
       coalesce((SELECT format('ALTER TABLE %s DROP CONSTRAINT %I; ', t.name, k.conname) FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p'),
                'apply the emitted migrations')
  FROM tables t
 WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p' AND k.conkey[1] = t.tenant_number)
   -- The key of a table that is being adopted is a unique index, until the old one goes.
   AND NOT (t.adopting AND EXISTS (SELECT FROM pg_index x WHERE x.indrelid = t.oid AND x.indisunique AND x.indisvalid
                                      AND x.indpred IS NULL AND x.indexprs IS NULL AND x.indkey[0] = t.tenant_number))
UNION ALL
-- Policies. More of them are no harm: while the restrictive one is in force, none of them widens.
SELECT 'P01-NO-RESTRICTIVE', t.name, 'the restrictive policy tenancy_bound is not in force as it was emitted: another policy could widen',
       format('DROP POLICY IF EXISTS tenancy_bound ON %1$s; CREATE POLICY tenancy_bound ON %1$s AS RESTRICTIVE FOR ALL TO PUBLIC '
              'USING (%2$I = (SELECT tenancy.%3$s_tenant())) WITH CHECK (%2$I = (SELECT tenancy.current_tenant()))'
              || CASE WHEN t.public THEN
                   '; DROP POLICY IF EXISTS tenancy_bound_update ON %1$s; CREATE POLICY tenancy_bound_update ON %1$s AS RESTRICTIVE FOR UPDATE TO PUBLIC '
                   'USING (%2$I = (SELECT tenancy.current_tenant())) WITH CHECK (%2$I = (SELECT tenancy.current_tenant()))'
                   '; DROP POLICY IF EXISTS tenancy_bound_delete ON %1$s; CREATE POLICY tenancy_bound_delete ON %1$s AS RESTRICTIVE FOR DELETE TO PUBLIC '
                   'USING (%2$I = (SELECT tenancy.current_tenant()))' ELSE '' END,
              t.name, t.tenant, CASE WHEN t.public THEN 'readable' ELSE 'current' END)
  FROM tables t WHERE t.oid NOT IN (SELECT oid FROM bounded)
UNION ALL
SELECT 'P05-NO-PERMISSIVE', t.name, format('the permissive policy tenancy_allow is not in force as it was emitted to %I', r.name),
       format('DROP POLICY IF EXISTS tenancy_allow ON %s; CREATE POLICY tenancy_allow ON %s AS PERMISSIVE FOR ALL TO %I '
              'USING (%I = (SELECT tenancy.current_tenant())) WITH CHECK (%I = (SELECT tenancy.current_tenant()))',
              t.name, t.name, r.name, t.tenant, t.tenant)
  FROM tables t CROSS JOIN runtime r
 WHERE NOT EXISTS (SELECT FROM policies p
                    WHERE p.polrelid = t.oid AND p.polname = 'tenancy_allow' AND p.polpermissive AND p.polcmd = '*'
                      AND p.polroles = ARRAY[r.oid] AND p.using_text = t.predicate AND p.check_text = t.predicate)
UNION ALL
SELECT 'P13-NO-PUBLIC', t.name, format('the policy tenancy_public is not in force as it was emitted to %I: visitors read nothing', r.name),
       format('DROP POLICY IF EXISTS tenancy_public ON %s; CREATE POLICY tenancy_public ON %s AS PERMISSIVE FOR SELECT TO %I '
              'USING (%I = (SELECT tenancy.readable_tenant()))', t.name, t.name, r.name, t.tenant)
  FROM tables t CROSS JOIN runtime r
 WHERE t.public
   AND NOT EXISTS (SELECT FROM policies p
                    WHERE p.polrelid = t.oid AND p.polname = 'tenancy_public' AND p.polpermissive AND p.polcmd = 'r'
                      AND p.polroles = ARRAY[r.oid] AND p.using_text = t.readable)
UNION ALL
-- Privileges that row-level security does not hold.
SELECT CASE g.privilege_type WHEN 'TRUNCATE' THEN 'G01-TRUNCATE' ELSE 'G02-TRIGGER' END, f.name,
       format('%s is granted, which row-level security does not hold', g.privilege_type),
       format('REVOKE %s ON %s FROM %s', g.privilege_type, f.name, string_agg(DISTINCT g.whom, ', '))
  FROM family f JOIN granted g USING (oid) WHERE g.privilege_type IN ('TRUNCATE', 'TRIGGER')
 GROUP BY f.name, g.privilege_type
UNION ALL
-- Settings. Those of postgresql.conf show in the session.
SELECT 'C01-DEFAULT-TENANT',
       coalesce((SELECT quote_ident(rolname) FROM pg_roles WHERE oid = s.setrole), 'every role') || ' in '
         || coalesce((SELECT quote_ident(datname) FROM pg_database WHERE oid = s.setdatabase), 'every database'),
       format('%s is stored as a default', split_part(x, '=', 1)),
       CASE WHEN s.setrole = 0 AND s.setdatabase <> 0 THEN format('ALTER DATABASE %I RESET %s', current_database(), split_part(x, '=', 1))
            ELSE format('ALTER ROLE %s%s RESET %s', coalesce((SELECT quote_ident(rolname) FROM pg_roles WHERE oid = s.setrole), 'ALL'),
                        CASE s.setdatabase WHEN 0 THEN '' ELSE format(' IN DATABASE %I', current_database()) END, split_part(x, '=', 1)) END
  FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) x
 WHERE (s.setrole = 0 OR s.setrole IN (SELECT oid FROM reach))
   AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND (lower(split_part(x, '=', 1)) IN ('app.tenant_id', 'app.public_tenant_id', 'role')
     OR lower(x) IN ('row_security=off', 'session_replication_role=replica', 'session_replication_role=local'))
UNION ALL
SELECT 'C02-LEAKED-GUC', w.name, 'this session starts with a tenant already bound',
       format('RESET %s -- and take it out of the connect options, the pooler and postgresql.conf', w.name)
  FROM (VALUES ('app.tenant_id'), ('app.public_tenant_id')) AS w (name) WHERE coalesce(current_setting(w.name, true), '') <> ''
UNION ALL
SELECT 'C03-SETTING', w.name, format('it is %s in this session', current_setting(w.name)),
       format('SET %s = %s -- and take it out of the connect options, the pooler and postgresql.conf', w.name, w.needed)
  FROM (VALUES ('row_security', 'on'), ('session_replication_role', 'origin')) AS w (name, needed)
 WHERE current_setting(w.name) <> w.needed
UNION ALL
-- Functions that hand-written statements may call. An aggregate is as its functions are.
SELECT 'S09-SQL-FUNCTION', format('%I.%I', w.schema_name, w.name),
       CASE WHEN p.oid IS NULL THEN 'it is listed for hand-written statements, and does not exist'
            ELSE 'it is listed for hand-written statements, and runs with the rights of its owner' END,
       CASE WHEN p.oid IS NULL THEN '-- create it, or take it out of `functions: [..]` of `schema!`'
            WHEN p.prosecdef THEN format('ALTER ROUTINE %s SECURITY INVOKER', p.oid::regprocedure)
            ELSE format('-- make the functions of the aggregate %s SECURITY INVOKER', p.oid::regprocedure) END
  FROM (
{functions}
  ) AS w (schema_name, name)
  LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
  LEFT JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = w.name
 WHERE p.oid IS NULL OR p.prosecdef
    OR EXISTS (SELECT FROM pg_aggregate a JOIN pg_proc f ON f.oid IN (a.aggtransfn, a.aggfinalfn)
                WHERE a.aggfnoid = p.oid AND f.prosecdef)
