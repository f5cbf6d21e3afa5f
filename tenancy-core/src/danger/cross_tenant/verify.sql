SET LOCAL search_path = pg_catalog, pg_temp;
WITH RECURSIVE
listed AS (
  SELECT c.oid, c.relowner, format('%I.%I', w.schema_name, w.table_name) AS name
    FROM ({listed}) AS w (schema_name, table_name)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
),
me AS (SELECT * FROM pg_roles WHERE rolname = session_user),
reader (name, oid) AS (SELECT {role}::text, (SELECT oid FROM pg_roles WHERE rolname = {role})),
reach (oid) AS (
  SELECT oid FROM me
  UNION
  SELECT m.roleid FROM pg_auth_members m JOIN reach r ON m.member = r.oid
),
audit AS (
  SELECT c.oid, c.relowner, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE (n.nspname, c.relname) = ('tenancy', 'cross_tenant_audit')
),
found (code, object, problem, mend) AS (
  SELECT 'A00-CROSS-ROLE', reader.name,
         CASE WHEN reader.oid IS NULL THEN 'the cross-tenant role does not exist' ELSE 'this login has nothing of what it may do' END,
         CASE WHEN reader.oid IS NULL THEN 'apply the emitted migrations' ELSE format('GRANT %I TO %I', reader.name, me.rolname) END
    FROM reader, me WHERE reader.oid IS NULL OR NOT pg_has_role(me.oid, reader.oid, 'USAGE')
  UNION ALL
  SELECT 'A01-CROSS-LOGIN', me.rolname, w.problem, w.mend
    FROM me JOIN LATERAL (
      SELECT 'it does not bypass row-level security, and would read nothing' AS problem, format('ALTER ROLE %I BYPASSRLS', me.rolname) AS mend
       WHERE NOT me.rolbypassrls AND NOT me.rolsuper
      UNION ALL
      SELECT 'it is a superuser, and grants do not hold it', format('ALTER ROLE %I NOSUPERUSER', me.rolname) WHERE me.rolsuper
      UNION ALL
      SELECT 'it has CREATEROLE, CREATEDB or REPLICATION, which it does not need', format('ALTER ROLE %I NOCREATEROLE NOCREATEDB NOREPLICATION', me.rolname)
       WHERE me.rolcreaterole OR me.rolcreatedb OR me.rolreplication
      UNION ALL
      SELECT 'this session acts as another role', 'RESET ROLE -- and take it out of the connect options' WHERE current_user <> session_user
    ) AS w ON true
  UNION ALL
  SELECT 'A01-CROSS-LOGIN', r.rolname, format('%I can act as it: it may do more than read', me.rolname), format('REVOKE %I FROM %I', r.rolname, me.rolname)
    FROM reach JOIN pg_roles r USING (oid) CROSS JOIN me CROSS JOIN reader
   WHERE r.oid <> me.oid AND r.oid IS DISTINCT FROM reader.oid AND NOT me.rolsuper
  UNION ALL
  SELECT 'A02-CROSS-WRITES', l.name, format('%I may do more to it than read it', me.rolname),
         CASE WHEN l.relowner = me.oid THEN format('ALTER TABLE %s OWNER TO %s', l.name, (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'tenancy'))
              ELSE format('REVOKE ALL ON %1$s FROM PUBLIC, %2$I, %3$I; GRANT SELECT ON %1$s TO %2$I', l.name, reader.name, me.rolname) END
    FROM listed l CROSS JOIN me CROSS JOIN reader
   WHERE l.oid IS NOT NULL AND NOT me.rolsuper
     AND (l.relowner = me.oid OR has_table_privilege(me.oid, l.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
       OR has_any_column_privilege(me.oid, l.oid, 'INSERT, UPDATE, REFERENCES'))
  UNION ALL
  SELECT 'A03-CROSS-READS', l.name, CASE WHEN l.oid IS NULL THEN 'the table does not exist' ELSE format('%I may not read it', reader.name) END,
         CASE WHEN l.oid IS NULL THEN 'apply the migrations' ELSE format('GRANT SELECT ON %s TO %I', l.name, reader.name) END
    FROM listed l CROSS JOIN reader CROSS JOIN me
   WHERE l.oid IS NULL OR NOT has_table_privilege(me.oid, l.oid, 'SELECT')
  UNION ALL
  SELECT 'A04-AUDIT', 'tenancy.cross_tenant_audit', 'it does not exist: nothing could be written down', 'apply the emitted migrations'
   WHERE NOT EXISTS (SELECT FROM audit WHERE relkind = 'r')
  UNION ALL
  SELECT 'A04-AUDIT', 'tenancy.cross_tenant_audit', w.problem, w.mend
    FROM audit a CROSS JOIN me CROSS JOIN reader JOIN LATERAL (
      SELECT format('%I may change or read what stands there, or say what its defaults say', me.rolname) AS problem,
             format('REVOKE ALL ON tenancy.cross_tenant_audit FROM PUBLIC, %1$I, %2$I; '
                    'GRANT INSERT (use, event, requested_by, reason, detail) ON tenancy.cross_tenant_audit TO %1$I', reader.name, me.rolname) AS mend
       WHERE has_table_privilege(me.oid, a.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
          OR has_any_column_privilege(me.oid, a.oid, 'SELECT, UPDATE, REFERENCES')
          OR EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = a.oid AND t.attnum > 0 AND NOT t.attisdropped
                        AND t.attname NOT IN ('use', 'event', 'requested_by', 'reason', 'detail')
                        AND has_column_privilege(me.oid, a.oid, t.attnum, 'INSERT'))
      UNION ALL
      SELECT 'it belongs to this login', format('ALTER TABLE tenancy.cross_tenant_audit OWNER TO %s', (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'tenancy'))
       WHERE a.relowner IN (SELECT oid FROM reach)
      UNION ALL
      SELECT 'this login may not add to it',
             format('GRANT INSERT (use, event, requested_by, reason, detail) ON tenancy.cross_tenant_audit TO %I', reader.name)
       WHERE (SELECT count(*) FROM pg_attribute t WHERE t.attrelid = a.oid AND NOT t.attisdropped
                 AND t.attname IN ('use', 'event', 'requested_by', 'reason', 'detail')
                 AND has_column_privilege(me.oid, a.oid, t.attnum, 'INSERT')) < 5
      UNION ALL
      SELECT 'a rule or a trigger stands between a use and its row', format('DROP RULE %I ON tenancy.cross_tenant_audit', r.rulename)
        FROM pg_rewrite r WHERE r.ev_class = a.oid
      UNION ALL
      SELECT 'a rule or a trigger stands between a use and its row', format('DROP TRIGGER %I ON tenancy.cross_tenant_audit', t.tgname)
        FROM pg_trigger t WHERE t.tgrelid = a.oid AND NOT t.tgisinternal
      UNION ALL
      SELECT format('its column %I does not say by itself what it should', w.name), format('ALTER TABLE tenancy.cross_tenant_audit ALTER %I SET DEFAULT %s', w.name, w.expected)
        FROM (VALUES ('at', 'clock_timestamp()'), ('login', 'SESSION_USER'), ('backend', 'pg_backend_pid()')) AS w (name, expected)
       WHERE NOT EXISTS (SELECT FROM pg_attribute t JOIN pg_attrdef d ON d.adrelid = t.attrelid AND d.adnum = t.attnum
                          WHERE t.attrelid = a.oid AND t.attname = w.name AND pg_get_expr(d.adbin, d.adrelid) = w.expected)
    ) AS w ON true
   WHERE a.relkind = 'r' AND NOT me.rolsuper
)
SELECT DISTINCT ON (code, object, problem) code, object, problem, mend FROM found ORDER BY code, object, problem
