-- What emission does not own must not be in its way.
DO {tag}
DECLARE
  problems text;
  mends text;
BEGIN
  WITH RECURSIVE listed AS (
    SELECT w.*, format('%I.%I', w.schema_name, w.table_name) AS name,
           c.oid, c.relkind, c.relowner, a.attnum AS tenant_number, a.atttypid AS tenant_type
    FROM (VALUES
{listed}
    ) AS w (schema_name, table_name, tenant, key, columns)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.tenant AND a.attnum > 0 AND NOT a.attisdropped
  ),
  -- What emission made itself is not in its way.
  held AS (
    SELECT l.name, l.key, l.tenant_number, k.conname, k.contype,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place) AS columns,
           -- The tenant's column is paired with the tenant's column.
           p.name AS parent,
           EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS u (here, there)
                    WHERE u.here = l.tenant_number AND u.there = p.tenant_number) AS paired
      FROM listed l
      JOIN pg_constraint k ON k.conrelid = l.oid AND k.conparentid = 0
      LEFT JOIN listed p ON p.oid = k.confrelid
     WHERE NOT EXISTS (SELECT FROM tenancy.emitted e WHERE (e.kind, e.relation, e.name) = ('constraint', l.oid, k.conname))
  ),
  -- Whatever reads the tables, through other views as well.
  reading (oid, name) AS (
    SELECT r.ev_class, l.name FROM listed l
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = l.oid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> l.oid
    UNION
    SELECT r.ev_class, v.name FROM reading v
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
  ),
  found (problem, mend) AS (
    SELECT format('%s does not exist', name),
           format('Create %s, with columns only, in a migration that runs before this one.', name)
      FROM listed WHERE oid IS NULL
    UNION ALL
    SELECT format('%s is not a table', name), format('Name a table in #[tenancy(table = ..)] in place of %s.', name)
      FROM listed WHERE relkind NOT IN ('r', 'p')
    UNION ALL
    SELECT format('%s belongs to %I, and this migration runs as %I', name, pg_get_userbyid(relowner), current_user),
           format('Run migrations as the tables'' owner, or: ALTER TABLE %s OWNER TO %I;', name, current_user)
      FROM listed WHERE NOT pg_has_role(relowner, 'USAGE')
    UNION ALL
    SELECT format('%s has no column %I', l.name, w.name),
           format('Add the column in a migration that runs before this one: ALTER TABLE %s ADD COLUMN %I ..;', l.name, w.name)
      FROM listed l CROSS JOIN LATERAL unnest(l.columns) AS w (name)
     WHERE l.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = l.oid AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
    UNION ALL
    SELECT format('the tenant column %I of %s is %s and not uuid', tenant, name, tenant_type::regtype),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE uuid USING ..;', name, tenant)
      FROM listed WHERE tenant_type <> 'uuid'::regtype
    UNION ALL
    SELECT format('%s has the primary key (%s); emission owns the keys, and makes it (%s)',
                  name, array_to_string(columns, ', '), array_to_string(key, ', ')),
           format('ALTER TABLE %s DROP CONSTRAINT %I;', name, conname)
      FROM held WHERE contype = 'p' AND columns <> key
    UNION ALL
    -- A key across tenants tells each of them what the others have.
    SELECT format('the unique key or exclusion %I of %s is without the tenant column %I', i.relname, l.name, l.tenant),
           CASE WHEN k.conname IS NULL THEN format('DROP INDEX %I.%I;', l.schema_name, i.relname)
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I;', l.name, k.conname) END
             || ' Say unique(..) on the entity: emission puts the tenant column in front.'
      FROM listed l
      JOIN pg_index x ON x.indrelid = l.oid
      JOIN pg_class i ON i.oid = x.indexrelid
      LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = l.oid AND k.contype IN ('u', 'x')
     WHERE (x.indisunique OR x.indisexclusion) AND NOT x.indisprimary
       AND NOT l.tenant_number = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])
       AND NOT EXISTS (SELECT FROM tenancy.emitted e WHERE (e.kind, e.relation, e.name) = ('constraint', l.oid, k.conname))
    UNION ALL
    -- Foreign key checks ignore row-level security: without the tenant they attach to another tenant's row.
    SELECT format('the foreign key %I of %s to %s does not pair their tenant columns', conname, name, parent),
           format('ALTER TABLE %s DROP CONSTRAINT %I; Say references = .. on the field: emission makes the key.', name, conname)
      FROM held WHERE contype = 'f' AND parent IS NOT NULL AND NOT paired
    UNION ALL
    SELECT CASE c.relkind WHEN 'm' THEN format('the materialized view %s holds rows of %s past row-level security', c.oid::regclass, v.name)
                ELSE format('the view %s reads %s with the rights of its owner', c.oid::regclass, v.name) END,
           CASE c.relkind WHEN 'm' THEN format('REVOKE ALL ON %s FROM PUBLIC, %I;', c.oid::regclass, {role})
                ELSE format('ALTER VIEW %s SET (security_invoker = true);', c.oid::regclass) END
      FROM reading v JOIN pg_class c ON c.oid = v.oid
     WHERE (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
                                                                   WHERE option_name = 'security_invoker'), false))
       AND (has_table_privilege({role}, c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege({role}, c.oid, 'SELECT'))
  )
  SELECT string_agg('- ' || problem, E'\n'), string_agg('- ' || mend, E'\n') INTO problems, mends FROM found;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION E'tenancy cannot isolate these tables as they stand:\n%', problems USING HINT = mends;
  END IF;
END {tag};
