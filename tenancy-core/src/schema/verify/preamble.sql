-- What is asked about: one row for each listed table, each role, each grant. Two questions begin with this: whether the
-- login that asks is isolated (`connect`), and whether the whole database is sound (the doctor).
--
-- It reads catalogs that every role may read. How PostgreSQL prints an expression depends on the search_path, and so do the
-- names below: so it is pinned for this statement. pg_temp stands last, where it shadows nothing.
SET LOCAL search_path = pg_catalog, pg_temp;
-- The question is long and runs once: compiling it takes longer than asking it.
SET LOCAL jit = off;
WITH RECURSIVE
listed AS (
  SELECT w.schema_name, w.tenant, format('%I.%I', w.schema_name, w.table_name) AS name,
         c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
         a.attnum AS tenant_number, a.atttypid, a.attnotnull,
         format('(%I = ( SELECT tenancy.current_tenant() AS current_tenant))', w.tenant) AS predicate
    FROM (
{listed}
    ) AS w (schema_name, table_name, tenant)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.tenant AND a.attnum > 0 AND NOT a.attisdropped
),
tables AS (SELECT * FROM listed WHERE relkind IN ('r', 'p')),
runtime (name, oid) AS (SELECT {role}::text, (SELECT oid FROM pg_roles WHERE rolname = {role})),
-- The roles that are asked about, and every role that each can become or act as: by inheritance, by SET ROLE, or by
-- granting it to itself.
start (oid) AS ({start}),
reach (start, oid) AS (
  SELECT oid, oid FROM start
  UNION
  SELECT r.start, m.roleid FROM pg_auth_members m JOIN reach r ON m.member = r.oid
),
roles AS (
  SELECT r.*, s.rolname AS start_name, s.oid <> r.oid AS reached,
         CASE WHEN s.oid = r.oid THEN format('%I', r.rolname)
              ELSE format('%I is a member of %I, which', s.rolname, r.rolname) END AS who,
         CASE WHEN s.oid = r.oid THEN NULL
              ELSE format('REVOKE %I FROM %I', r.rolname,
                          (SELECT m.member::regrole FROM pg_auth_members m JOIN reach b ON b.oid = m.member AND b.start = s.oid
                            WHERE m.roleid = r.oid ORDER BY m.member = s.oid DESC, m.member LIMIT 1)) END AS leave
    FROM reach JOIN pg_roles r ON r.oid = reach.oid JOIN pg_roles s ON s.oid = reach.start
),
-- Grants to whom they can be, the owner's own aside.
granted AS (
  SELECT c.oid, a.privilege_type, a.grantee FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
   WHERE a.grantee <> c.relowner AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM reach))
  UNION ALL
  SELECT c.oid, a.privilege_type, a.grantee FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
         CROSS JOIN LATERAL aclexplode(t.attacl) a
   WHERE a.grantee <> c.relowner AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM reach))
),
-- Whose privileges count.
asker (oid) AS ({asker}),
below (top, child) AS (
  SELECT t.oid, i.inhrelid FROM tables t JOIN pg_inherits i ON i.inhparent = t.oid
  UNION
  SELECT b.top, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.child
),
above (bottom, parent) AS (
  SELECT t.oid, i.inhparent FROM tables t JOIN pg_inherits i ON i.inhrelid = t.oid
  UNION
  SELECT a.bottom, i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.parent
),
foundation AS (
  SELECT n.oid AS namespace, n.nspowner, d.oid AS domain, d.typowner, d.typtype, d.typbasetype, f.oid AS function,
         (SELECT oid FROM pg_proc WHERE pronamespace = n.oid AND proname = 'owner_tenant' AND pronargs = 0) AS owner_function
    FROM (VALUES ('tenancy')) AS w (name)
    LEFT JOIN pg_namespace n ON n.nspname = w.name
    LEFT JOIN pg_type d ON d.typnamespace = n.oid AND d.typname = 'bound'
    LEFT JOIN pg_proc f ON f.pronamespace = n.oid AND f.proname = 'current_tenant' AND f.pronargs = 0
),
