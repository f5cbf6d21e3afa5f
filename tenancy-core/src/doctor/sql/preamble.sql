-- Further rows: what else stands in the schemas of the listed tables, and what the entities ask for.
schemas AS (SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname IN (SELECT schema_name FROM listed UNION SELECT schema_name FROM globals)),
members AS (SELECT r.oid, r.rolname FROM start s JOIN pg_roles r ON r.oid = s.oid),
relations AS (
  SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relowner, c.relrowsecurity, c.relispartition, c.reloptions, c.relacl,
         a.attnum AS tenant_number, c.oid IN (SELECT oid FROM tables) AS listed,
         c.oid IN (SELECT child FROM below) AS part
    FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (SELECT min(attnum) AS attnum FROM pg_attribute
                        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attname IN (SELECT tenant FROM listed)) a ON true
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
wanted_parts (schema_name, table_name, kind, expected, name, number) AS (
{parts}
),
entity_columns (schema_name, table_name, name, nullable, may_insert, may_update, sql_type) AS (
{columns}
),
-- Of both kinds, those that are there.
entity_tables (oid, name, schema_name, table_name, tenant_number) AS (
  SELECT oid, name, schema_name, table_name, tenant_number FROM tables
  UNION ALL
  SELECT oid, name, schema_name, table_name, NULL FROM globals WHERE relkind IN ('r', 'p')
),
-- Where the table is there; without `attnum`, the column is not.
wanted_columns AS (
  SELECT t.oid, t.name AS of, t.tenant_number, w.name, w.nullable, w.may_insert, w.may_update, w.sql_type, a.attnum, a.attnotnull, a.atttypid, a.atttypmod
    FROM entity_columns w JOIN entity_tables t ON t.schema_name = w.schema_name AND t.table_name = w.table_name
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
),
retired (schema_name, table_name) AS (
{retired}
),
keys AS (
  SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.contype, k.conkey, k.confkey, k.confdeltype, k.confupdtype, k.confdelsetcols,
         k.convalidated, k.conparentid, to_jsonb(k) ->> 'conenforced' AS enforced, t.name, t.tenant, t.tenant_number,
         p.name AS parent, p.tenant_number AS parent_tenant
    FROM pg_constraint k JOIN family t ON t.oid = k.conrelid LEFT JOIN family p ON p.oid = k.confrelid
   WHERE t.place <> 'parent'
),
indexes AS (
  SELECT x.*, i.oid AS index_oid, i.relname, i.oid::regclass::text AS index_name, t.name, t.tenant, t.tenant_number,
         k.conname, t.tenant_number = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1]) AS has_tenant
    FROM pg_index x JOIN family t ON t.oid = x.indrelid AND t.place <> 'parent' JOIN pg_class i ON i.oid = x.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
),
-- As the entities ask for them, by what PostgreSQL prints.
held (relation, definition) AS (
  SELECT k.conrelid, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')
    FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'f') AND k.conrelid IN (SELECT oid FROM entity_tables)
  UNION ALL
  SELECT x.indrelid, (SELECT format('USING btree (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY u.place))
                        FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (number, place)
                        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.number)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
   WHERE x.indrelid IN (SELECT oid FROM entity_tables)
     AND m.amname = 'btree' AND x.indisvalid AND NOT x.indisunique AND x.indexprs IS NULL AND x.indpred IS NULL
     AND x.indnatts = x.indnkeyatts AND 0 = ALL (x.indoption::int2[])
),
-- Functions of ours, as they were emitted: the body with each run of blanks as one, since its text is kept as it was written.
pinned (name, body, language, returns, volatility, parallel, definer) AS (
  VALUES ('tenancy.owner_tenant()', {owner_tenant}, 'plpgsql', 'uuid', 's', 's', false),
         ('tenancy.maintenance(regclass[])', {maintenance}, 'plpgsql', 'void', 'v', 'u', false),
         ('tenancy.put_back()', {put_back}, 'plpgsql', 'trigger', 'v', 'u', false),
         ('tenancy.guard()', {guard}, 'plpgsql', 'event_trigger', 'v', 'u', true)
),
-- Who may execute a function.
executable AS (
  SELECT f.oid, string_agg(DISTINCT h.whom, ', ') AS whom
    FROM pg_proc f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a JOIN holders h ON h.oid = a.grantee
   WHERE (f.pronamespace <> 'pg_catalog'::regnamespace OR f.proname IN ({reserved}))
     AND a.grantee <> f.proowner
   GROUP BY f.oid
),
-- Functions of one's own among them. PostgreSQL makes some itself, for a range type.
callable AS (
  SELECT f.*, f.oid::regprocedure::text AS name, n.nspname, o.rolsuper OR o.rolbypassrls AS bypasses, e.whom
    FROM pg_proc f JOIN executable e USING (oid) JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_roles o ON o.oid = f.proowner
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
     AND f.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype IN ('e', 'i'))
),
-- Views that read a listed table, directly or through others.
reading (oid, source) AS (
  SELECT r.ev_class, t.name FROM family t
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> t.oid
  UNION
  SELECT r.ev_class, v.source FROM reading v
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
),
