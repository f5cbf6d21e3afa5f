-- Views, functions, triggers.
SELECT CASE WHEN c.relnamespace IN (SELECT oid FROM schemas) THEN 'V01-VIEW' ELSE 'V04-OUTSIDE-VIEW' END, c.oid::regclass::text,
       format('a view of %s with the rights of its owner, %I', string_agg(DISTINCT v.source, ', '), pg_get_userbyid(c.relowner)),
       format('ALTER VIEW %s SET (security_invoker = true)', c.oid::regclass)
  FROM reading v JOIN pg_class c ON c.oid = v.oid
 WHERE c.relkind = 'v'
   AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), false)
   AND (c.relnamespace IN (SELECT oid FROM schemas) OR c.oid IN (SELECT oid FROM reached))
 GROUP BY c.oid, c.relnamespace, c.relowner
UNION ALL
SELECT CASE WHEN g.oid IS NOT NULL OR o.oid IS NOT NULL THEN 'V02-MATVIEW' ELSE 'V03-MATVIEW' END, c.oid::regclass::text,
       format('a materialized view of %s: its rows are never filtered', string_agg(DISTINCT v.source, ', ')),
       CASE WHEN g.oid IS NOT NULL AND o.oid IS NULL THEN format('REVOKE ALL ON %s FROM %s', c.oid::regclass, g.whom)
            ELSE format('DROP MATERIALIZED VIEW %s -- or accept it', c.oid::regclass) END
  FROM reading v JOIN pg_class c ON c.oid = v.oid LEFT JOIN reached g ON g.oid = c.oid
  LEFT JOIN (SELECT DISTINCT oid FROM reach) o ON o.oid = c.relowner
 WHERE c.relkind = 'm'
 GROUP BY c.oid, g.oid, g.whom, o.oid
UNION ALL
SELECT CASE WHEN f.bypasses THEN 'S01-SECDEF-SUPER' ELSE 'S02-SECDEF' END, f.name,
       CASE WHEN f.bypasses THEN 'SECURITY DEFINER, and its owner is not held by row-level security'
            ELSE 'SECURITY DEFINER: it runs with the rights of its owner, whatever it is given' END,
       CASE WHEN f.bypasses THEN format('ALTER FUNCTION %s SECURITY INVOKER', f.name)
            ELSE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', f.name, f.whom) END
  FROM callable f WHERE f.prosecdef
UNION ALL
SELECT 'S03-SECDEF-PATH', name, 'SECURITY DEFINER without a pinned search_path: the caller decides what the names in it mean',
       format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', name)
  FROM callable
 WHERE prosecdef AND prosqlbody IS NULL
   AND NOT EXISTS (SELECT FROM unnest(proconfig) x WHERE x ~ '^search_path=(.*, *)?"?pg_temp"?$')
UNION ALL
SELECT 'S04-LEAKPROOF', p.oid::regprocedure::text, 'LEAKPROOF: PostgreSQL may run it on other tenants'' rows before a policy is asked',
       format('ALTER FUNCTION %s NOT LEAKPROOF', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.proleakproof AND p.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'S05-UNTRUSTED-LANG', f.name, format('%s may run it, in %I, which can do what the server can', f.whom, l.lanname),
       format('REVOKE EXECUTE ON FUNCTION %s FROM %s', f.name, f.whom)
  FROM callable f JOIN pg_language l ON l.oid = f.prolang WHERE NOT l.lanpltrusted
UNION ALL
SELECT 'S06-TRIGGER-SECDEF', format('%I on %s', g.tgname, t.name),
       format('the trigger runs %s, which is SECURITY DEFINER: it writes with the rights of %I', p.oid::regprocedure, pg_get_userbyid(p.proowner)),
       format('ALTER FUNCTION %s SECURITY INVOKER', p.oid::regprocedure)
  FROM pg_trigger g JOIN family t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid WHERE NOT g.tgisinternal AND p.prosecdef
UNION ALL
SELECT 'S07-BINDS', p.oid::regprocedure::text, format('it sets %s while it runs', split_part(x, '=', 1)), format('ALTER FUNCTION %s RESET %s', p.oid::regprocedure, split_part(x, '=', 1))
  FROM pg_proc p CROSS JOIN LATERAL unnest(p.proconfig) x WHERE lower(split_part(x, '=', 1)) IN ('app.tenant_id', 'app.public_tenant_id')
UNION ALL
SELECT 'S08-SETS', p.oid::regprocedure::text, format('it sets %s while it runs', string_agg(DISTINCT w.name, ', ')),
       string_agg(DISTINCT format('ALTER FUNCTION %s RESET %s', p.oid::regprocedure, w.name), '; ')
  FROM pg_proc p CROSS JOIN LATERAL unnest(p.proconfig) x CROSS JOIN LATERAL (SELECT lower(split_part(x, '=', 1))) AS w (name)
 WHERE w.name IN ('role', 'session_authorization', 'session_replication_role') OR lower(x) = 'row_security=off'
 GROUP BY p.oid
