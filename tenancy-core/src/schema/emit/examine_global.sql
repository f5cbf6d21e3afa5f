-- What emission does not own must not be in its way: global tables.
DO {tag}
DECLARE
  problems text;
  mends text;
BEGIN
  WITH listed AS (
    SELECT w.*, format('%I.%I', w.schema_name, w.table_name) AS name, c.oid, c.relkind, c.relowner, c.relrowsecurity
    FROM (VALUES
{listed}
    ) AS w (schema_name, table_name, key, columns, retired)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
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
    -- Whoever has put it on has meant something. Emission takes no lock away.
    SELECT format('row-level security is on for %s, and a global table shows every row to everybody', name),
           'Derive TenantScoped for it. If every tenant is to read all of its rows, take that away yourself, in a migration that runs before this one: '
             || coalesce((SELECT string_agg(format('DROP POLICY %I ON %s; ', p.polname, name), '' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = oid), '')
             || format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;', name)
      FROM listed WHERE relrowsecurity
    UNION ALL
    SELECT format('%s has the primary key (%s); emission owns the keys, and makes it (%s)',
                  l.name, array_to_string(k.columns, ', '), array_to_string(l.key, ', ')),
           format('ALTER TABLE %s DROP CONSTRAINT %I;', l.name, k.conname)
      FROM listed l
      JOIN LATERAL (SELECT c.conname, ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS u (number, place)
                                              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.number ORDER BY u.place) AS columns
                      FROM pg_constraint c WHERE c.conrelid = l.oid AND c.contype = 'p'
                       AND (l.retired OR NOT EXISTS (SELECT FROM tenancy.emitted e WHERE (e.kind, e.relation, e.name) = ('constraint', l.oid, c.conname)))) k ON true
     WHERE k.columns <> l.key
  )
  SELECT string_agg('- ' || problem, E'\n'), string_agg('- ' || mend, E'\n') INTO problems, mends FROM found;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION E'tenancy cannot share these tables as they stand:\n%', problems USING HINT = mends;
  END IF;
END {tag};
