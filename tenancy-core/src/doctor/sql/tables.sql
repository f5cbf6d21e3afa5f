-- Tables.
SELECT 'T13-UNKNOWN', r.name, 'it has a tenant column, and no entity knows it'
         || coalesce(': ' || coalesce(g.whom, o.oid::regrole::text) || ' reaches rows of every tenant', ''),
       coalesce('REVOKE ALL ON ' || r.name || ' FROM ' || g.whom || '; ', '')
         || CASE WHEN o.oid IS NULL THEN '' ELSE format('ALTER TABLE %s OWNER TO %s; ', r.name, f.nspowner::regrole) END
         || format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY -- or derive an entity for it, or retire it', r.name)
  FROM foundation f CROSS JOIN relations r LEFT JOIN reached g USING (oid) LEFT JOIN (SELECT DISTINCT oid FROM reach) o ON o.oid = r.relowner
 WHERE r.relkind IN ('r', 'p') AND NOT r.listed AND NOT r.part AND r.tenant_number IS NOT NULL
   AND r.oid NOT IN (SELECT oid FROM shared)
   AND (NOT r.relrowsecurity OR g.oid IS NOT NULL OR o.oid IS NOT NULL)
   AND NOT EXISTS (SELECT FROM retired x WHERE r.oid = to_regclass(format('%I.%I', x.schema_name, x.table_name)))
UNION ALL
SELECT 'T14-RETIRED', c.name, format('the table is retired, and %s still reaches it', g.whom), format('REVOKE ALL ON %s FROM %s', c.name, g.whom)
  FROM retired x JOIN relations c ON c.oid = to_regclass(format('%I.%I', x.schema_name, x.table_name)) JOIN reached g ON g.oid = c.oid
UNION ALL
SELECT 'T15-GLOBAL', r.name, format('%s reaches this table, which has no tenant column: its rows are everybody''s', g.whom),
       format('REVOKE ALL ON %s FROM %s', r.name, g.whom)
  FROM relations r JOIN reached g USING (oid)
 WHERE r.relkind IN ('r', 'p') AND NOT r.listed AND NOT r.part AND r.tenant_number IS NULL
   AND r.oid NOT IN (SELECT oid FROM shared)
UNION ALL
SELECT 'T20-GLOBAL-RLS', g.name, 'row-level security is on, and a global table is one of which every tenant reads every row',
       format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY -- or derive TenantScoped for it', g.name)
  FROM globals g JOIN pg_class c USING (oid) WHERE c.relrowsecurity
UNION ALL
SELECT 'T01b-RLS-OFF-CHILD', f.name,
       CASE WHEN f.relrowsecurity THEN format('a part of %s whose row-level security does not hold its owner, nor views and functions of the owner', f.top)
            ELSE format('a part of %s without row-level security; nobody may name it directly today', f.top) END,
       format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', f.name)
  FROM family f
 WHERE f.place = 'part' AND f.relkind IN ('r', 'p') AND (NOT f.relrowsecurity OR NOT f.relforcerowsecurity)
   AND f.oid NOT IN (SELECT oid FROM opened)
UNION ALL
SELECT 'T07-FOREIGN', r.name, format('a foreign table that %s reaches: its rows come from a session that no tenant is bound to', g.whom),
       format('REVOKE ALL ON %s FROM %s', r.name, g.whom)
  FROM relations r JOIN reached g USING (oid) WHERE r.relkind = 'f' AND NOT r.listed AND NOT r.part
UNION ALL
SELECT 'T07-FOREIGN', c.oid::regclass::text, format('a part of %s that is a foreign table: its rows come from a session that no tenant is bound to', t.name),
       format('ALTER TABLE %s DETACH PARTITION %s', (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid), c.oid::regclass)
  FROM tables t JOIN below ON below.top = t.oid JOIN pg_class c ON c.oid = below.child WHERE c.relkind = 'f'
UNION ALL
SELECT 'T10-RULE', t.name, format('it has the rewrite rule %I, which runs with the rights of the table''s owner', r.rulename),
       format('DROP RULE %I ON %s', r.rulename, t.name)
  FROM pg_rewrite r JOIN family t ON t.oid = r.ev_class
UNION ALL
SELECT 'T16-COLUMN', format('%s.%I', w.of, w.name), 'the entity has a field for it, and the table has no such column', 'apply the migrations'
  FROM wanted_columns w WHERE w.attnum IS NULL
UNION ALL
SELECT 'T17-NULLABLE', format('%s.%I', w.of, w.name), 'it may be NULL, and the field is no Option: a row that is NULL there cannot be read',
       format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', w.of, w.name)
  FROM wanted_columns w WHERE NOT w.nullable AND NOT w.attnotnull AND w.attnum IS DISTINCT FROM w.tenant_number
UNION ALL
SELECT 'T18-TYPE', format('%s.%I', w.of, w.name), format('it is %s, and the field is read as %s', format_type(w.atttypid, w.atttypmod), w.sql_type),
       coalesce('ALTER TABLE ' || w.of || ' ALTER COLUMN ' || quote_ident(w.name) || ' TYPE ' || e.wanted::text
                  || ' USING ' || quote_ident(w.name) || '::' || e.wanted::text, '-- change the field or the column')
  FROM wanted_columns w JOIN pg_type k ON k.oid = w.atttypid
  -- sqlx reads a domain as what it is over.
  JOIN pg_type b ON b.oid = CASE k.typtype WHEN 'd' THEN k.typbasetype ELSE k.oid END
  JOIN (SELECT n.name, to_regtype(n.name) FROM (SELECT DISTINCT sql_type FROM entity_columns) AS n (name)) AS e (name, wanted) ON e.name = w.sql_type
 WHERE w.sql_type <> '' AND w.attnum IS DISTINCT FROM w.tenant_number
   AND CASE WHEN e.wanted IS NULL THEN lower(b.typname) <> lower(btrim(split_part(w.sql_type, '.', -1), '"'))
            WHEN e.wanted = 'text'::regtype THEN b.typname NOT IN ('text', 'varchar', 'bpchar', 'name', 'citext')
            WHEN e.wanted IN ('json'::regtype, 'jsonb'::regtype) THEN b.typname NOT IN ('json', 'jsonb')
            ELSE b.oid <> e.wanted END
UNION ALL
SELECT 'G08-SERIAL-ID', format('%s.%I', t.name, a.attname), 'its numbers count the rows of all tenants',
       format('ALTER TABLE %s ALTER COLUMN %I %s -- and use a uuid', t.name, a.attname, CASE a.attidentity WHEN '' THEN 'DROP DEFAULT' ELSE 'DROP IDENTITY' END)
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'
UNION ALL
-- Policies.
SELECT CASE WHEN w.widens THEN 'P02-WIDENING' ELSE 'P03-EXTRA' END, p.name,
       format('the policy %I is none of ours', p.polname) || CASE WHEN w.widens THEN ', and nothing bounds it' ELSE ': review it' END,
       format('DROP POLICY %I ON %s', p.polname, p.name)
  FROM policies p
  CROSS JOIN LATERAL (SELECT p.polpermissive AND p.polrelid NOT IN (SELECT oid FROM bounded)
                         AND (p.place = 'table' OR p.polrelid IN (SELECT oid FROM reached))) AS w (widens)
 WHERE (p.polname NOT IN ('tenancy_allow', 'tenancy_bound', 'tenancy_owner', 'tenancy_ask_owner') OR p.place <> 'table')
   AND (p.polname NOT IN ('tenancy_public', 'tenancy_bound_update', 'tenancy_bound_delete') OR p.readable = p.predicate OR p.place <> 'table')
   AND NOT (p.adopting AND p.polname = 'tenancy_legacy')
UNION ALL
SELECT 'P12-ADOPTING', t.name,
       coalesce((SELECT string_agg(CASE r.oid WHEN 0 THEN 'everybody' ELSE r.oid::regrole::text END, ', ')
                          || ' reads and writes the rows of every tenant, until the adoption is finished'
                   FROM policies p CROSS JOIN LATERAL unnest(p.polroles) AS r (oid) WHERE p.polrelid = t.oid AND p.polname = 'tenancy_legacy'),
                CASE WHEN EXISTS (SELECT FROM policies p WHERE p.polrelid = t.oid AND p.polname = 'tenancy_bound' AND p.polroles = ARRAY[0]::oid[])
                     THEN 'its adoption is finished, and the schema still says that it is not'
                     ELSE 'it is being adopted: row-level security holds the runtime role alone' END),
       '-- Adoption::finish, when nothing logs in as the old role any more; then take it out of `adopting`'
  FROM tables t WHERE t.adopting
UNION ALL
SELECT 'P06-FN-VOLATILITY', p.name,
       format('the policy %I asks %s, which is %s', p.polname, f.oid::regprocedure,
              CASE f.provolatile WHEN 'i' THEN 'IMMUTABLE: its answer for one tenant is kept in plans' ELSE 'VOLATILE: it is asked again for each row' END),
       format('DROP POLICY %I ON %s', p.polname, p.name)
  FROM policies p JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
  JOIN pg_proc f ON f.oid = d.refobjid
 WHERE f.provolatile <> 's' AND f.oid <> ALL (SELECT oid FROM foundation CROSS JOIN LATERAL (VALUES (function), (readable_function), (owner_function)) AS o (oid) WHERE o.oid IS NOT NULL)
UNION ALL
SELECT 'P11-OWNER', t.name, format('the policy %s is not in force as it was emitted: the owner is not told when no tenant is bound', w.name),
       format('DROP POLICY IF EXISTS %s ON %s; CREATE POLICY %s ON %s AS %s FOR ALL TO %s USING (%I = (SELECT tenancy.owner_tenant())) '
              'WITH CHECK (%I = (SELECT tenancy.owner_tenant()))',
              w.name, t.name, w.name, t.name, CASE WHEN w.permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, t.relowner::regrole, t.tenant, t.tenant)
  FROM tables t CROSS JOIN (VALUES ('tenancy_owner', true), ('tenancy_ask_owner', false)) AS w (name, permissive)
 WHERE t.tenant_number IS NOT NULL AND NOT t.adopting
   AND NOT EXISTS (SELECT FROM policies p
                    WHERE p.polrelid = t.oid AND p.polname = w.name AND p.polpermissive = w.permissive AND p.polcmd = '*'
                      AND p.polroles = ARRAY[t.relowner]::oid[]
                      AND p.using_text = format('(%I = ( SELECT tenancy.owner_tenant() AS owner_tenant))', t.tenant)
                      AND p.check_text = p.using_text)
UNION ALL
-- Keys.
SELECT CASE w.kind WHEN 'index' THEN 'K02-INDEX' WHEN 'foreign key' THEN 'K03-FOREIGN-KEY' ELSE 'K01-KEY' END,
       format('%I on %s', w.name, t.name), format('the %s that the entity asks for is missing', w.kind),
       coalesce((SELECT format('ALTER TABLE %s DROP CONSTRAINT %I; ', t.name, k.conname) FROM keys k
                  WHERE w.kind = 'primary key' AND k.conrelid = t.oid AND k.contype = 'p'), '') || 'add part ' || w.number
  FROM wanted_parts w JOIN entity_tables t ON t.schema_name = w.schema_name AND t.table_name = w.table_name
 WHERE (t.oid, w.expected) NOT IN (SELECT relation, definition FROM held WHERE definition IS NOT NULL)
   AND NOT EXISTS (SELECT FROM indexes x WHERE x.indrelid = t.oid AND NOT x.indisvalid AND x.relname = w.name)
   -- No primary key, or one that does not lead with the tenant, is found by its own check.
   AND (w.kind <> 'primary key' OR t.tenant_number IS NULL AND t.oid IN (SELECT oid FROM globals)
     OR EXISTS (SELECT FROM keys k WHERE k.conrelid = t.oid AND k.contype = 'p' AND k.conkey[1] = t.tenant_number))
UNION ALL
SELECT 'K04-INVALID-INDEX', x.index_name, format('an index of %s that is invalid, left by CREATE INDEX CONCURRENTLY: nothing uses it', x.name),
       format('REINDEX INDEX %s', x.index_name)
  FROM indexes x WHERE NOT x.indisvalid
UNION ALL
SELECT 'T09-NO-INDEX', t.name, format('no valid index leads with the tenant column %I', t.tenant), format('CREATE INDEX ON %s (%I)', t.name, t.tenant)
  FROM tables t WHERE t.tenant_number IS NOT NULL
   AND NOT EXISTS (SELECT FROM indexes x WHERE x.indrelid = t.oid AND x.indkey[0] = t.tenant_number AND x.indisvalid)
UNION ALL
SELECT CASE WHEN x.indexprs IS NULL THEN 'U01-GLOBAL-UNIQUE' ELSE 'U02-GLOBAL-UNIQUE-EXPR' END, format('%s on %s', x.index_name, x.name),
       format('a unique key or exclusion without the tenant column %I: it tells each tenant what the others have', x.tenant),
       CASE WHEN x.conname IS NULL THEN format('DROP INDEX %s', x.index_name) ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', x.name, x.conname) END
         || ' -- and say unique(..) on the entity'
  FROM indexes x WHERE (x.indisunique OR x.indisexclusion) AND NOT x.indisprimary AND NOT x.has_tenant
UNION ALL
SELECT 'F01-FK-CROSS', format('%I on %s', k.conname, k.name), format('it does not pair the tenant with the tenant of %s: checks of foreign keys pass row-level security', k.parent),
       format('ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.conname)
  FROM keys k
 WHERE k.contype = 'f' AND k.parent IS NOT NULL AND k.conparentid = 0
   AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS u (here, there) WHERE u.here = k.tenant_number AND u.there = k.parent_tenant)
UNION ALL
SELECT 'F02-FK-SETNULL', format('%I on %s', k.conname, k.name), format('a deletion would set the tenant column %I too', k.tenant),
       format('ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.conname)
  FROM keys k
 WHERE k.contype = 'f' AND k.confdeltype IN ('n', 'd') AND k.tenant_number = ANY (k.conkey) AND k.conparentid = 0
   AND (k.confdelsetcols IS NULL OR k.tenant_number = ANY (k.confdelsetcols))
UNION ALL
SELECT 'F03-FK-UPDATE', format('%I on %s', k.conname, k.name), 'ON UPDATE would carry another tenant to the rows that refer here, past every policy',
       format('ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.conname)
  FROM keys k
 WHERE k.contype = 'f' AND k.confupdtype IN ('c', 'n', 'd') AND k.parent_tenant = ANY (k.confkey) AND k.conparentid = 0
UNION ALL
SELECT 'F04-FK-FROM-GLOBAL', format('%I on %s', k.conname, k.conrelid::regclass), format('a table that is not isolated refers to %s', t.name),
       format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)
  FROM pg_constraint k JOIN tables t ON t.oid = k.confrelid
 WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid NOT IN (SELECT oid FROM tables) AND k.conrelid NOT IN (SELECT child FROM below)
   -- A table that is retired keeps its row-level security and its keys.
   AND k.conrelid NOT IN (SELECT to_regclass(format('%I.%I', schema_name, table_name)) FROM retired WHERE to_regclass(format('%I.%I', schema_name, table_name)) IS NOT NULL)
UNION ALL
SELECT 'F05-FK-NOT-CHECKED', format('%I on %s', k.conname, k.name), CASE WHEN k.enforced = 'false' THEN 'it is not enforced' ELSE 'rows that were there before it were never checked' END,
       CASE WHEN k.enforced = 'false' THEN format('ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED', k.name, k.conname)
            ELSE format('BEGIN; SELECT tenancy.maintenance(%L, %L); ALTER TABLE %s VALIDATE CONSTRAINT %I; COMMIT', k.name, k.confrelid::regclass, k.name, k.conname) END
  FROM keys k WHERE k.contype = 'f' AND k.conparentid = 0 AND (NOT k.convalidated OR k.enforced = 'false')
