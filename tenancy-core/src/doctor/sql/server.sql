-- Server, and what leads out of it.
SELECT 'C04-VERSION-RLS', current_setting('server_version'), 'this minor release lacks fixes of row-level security (CVE-2023-2455, CVE-2023-39418, CVE-2024-10976, CVE-2025-8713)',
       '-- update to 15.14, 16.10, 17.6, 18 or later'
  FROM (SELECT {version}::integer AS v) AS s WHERE v < 150014 OR v BETWEEN 160000 AND 160009 OR v BETWEEN 170000 AND 170005
UNION ALL
SELECT 'C06-VERSION-CVE', current_setting('server_version'),
       'this minor release lets ON CONFLICT read rows that a policy hides (CVE-2026-120154): harmless while every unique key holds the tenant',
       '-- update to 15.20, 16.16, 17.12, 18.7 or later'
  FROM (SELECT {version}::integer AS v) AS s
 WHERE NOT (v BETWEEN 150020 AND 159999 OR v BETWEEN 160016 AND 169999 OR v BETWEEN 170012 AND 179999 OR v >= 180007)
UNION ALL
SELECT 'C05-NO-GUARD', current_database()::text, 'no event trigger watches for tables and views that are left open', 'provision again'
 WHERE NOT EXISTS (SELECT FROM pg_event_trigger e
                    WHERE e.evtevent = 'ddl_command_end' AND e.evtenabled IN ('O', 'A') AND e.evtfoid = to_regprocedure('tenancy.guard()')
                      AND (e.evttags IS NULL OR e.evttags @> ARRAY[{guarded}]))
UNION ALL
SELECT 'C07-SERVER-SETTING', name, format('it is %s: ', setting)
         || CASE name WHEN 'lo_compat_privileges' THEN 'large objects of all tenants are open to everybody'
                      WHEN 'max_prepared_transactions' THEN 'a prepared transaction outlives its tenant, and another session of the login can end it'
                      ELSE 'the server''s log keeps the statements of all tenants' END,
       format('ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf() -- max_prepared_transactions needs a restart', name,
              CASE name WHEN 'max_prepared_transactions' THEN '0' WHEN 'log_statement' THEN 'ddl' ELSE 'off' END)
  FROM pg_settings
 WHERE name = 'lo_compat_privileges' AND setting = 'on' OR name = 'max_prepared_transactions' AND setting <> '0' OR name = 'log_statement' AND setting = 'all'
UNION ALL
SELECT 'X01-PUBLICATION', p.pubname, 'logical decoding of it sends the rows of every tenant', format('DROP PUBLICATION %I -- or accept it', p.pubname)
  FROM pg_publication p
 WHERE p.puballtables OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid IN (SELECT oid FROM family))
    OR EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid AND n.pnnspid IN (SELECT oid FROM schemas))
UNION ALL
SELECT 'X02-SLOT', slot_name, format('a logical replication slot (%s) that reads the rows of every tenant', plugin), format('SELECT pg_drop_replication_slot(%L) -- or accept it', slot_name)
  FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()
UNION ALL
SELECT 'X03-FDW', s.srvname, 'it leads the runtime role to a session that no tenant is bound to',
       format('DROP USER MAPPING FOR %s SERVER %I', CASE m.umuser WHEN 0 THEN 'PUBLIC' ELSE m.umuser::regrole::text END, s.srvname)
  FROM pg_user_mappings m JOIN pg_foreign_server s ON s.oid = m.srvid WHERE m.umuser = 0 OR m.umuser IN (SELECT oid FROM reach)
UNION ALL
SELECT 'X04-LARGE-OBJECT', 'pg_largeobject', format('%s large objects exist, and belong to no tenant', count(*)), 'SELECT lo_unlink(oid) FROM pg_largeobject_metadata -- when nobody needs them'
  FROM pg_largeobject_metadata HAVING count(*) > 0
UNION ALL
SELECT 'X05-PREPARED-XACT', gid, 'a prepared transaction is pending: it outlived its tenant', format('ROLLBACK PREPARED %L', gid)
  FROM pg_prepared_xacts WHERE database = current_database()
