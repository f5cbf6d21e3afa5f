-- What is asked about: one row for each listed table, each role, each grant. Two questions begin with this: whether the
-- login that asks is isolated (`connect`), and whether the whole database is sound (the doctor).
--
-- It reads catalogs that every role may read. How PostgreSQL prints an expression depends on the search_path, and so do the
-- names below: so it is pinned for this statement. pg_temp stands last, where it shadows nothing.
SET LOCAL search_path = pg_catalog, pg_temp;
-- The question is long and runs once: compiling it takes longer than asking it.
SET LOCAL jit = off;
-- Nothing is known of how many rows a WITH has; with a few hundred tables, loops within loops take most of the time.
SET LOCAL enable_nestloop = off;
WITH RECURSIVE
listed AS (
  SELECT w.schema_name, w.table_name, w.tenant, w.adopting, v.public, format('%I.%I', w.schema_name, w.table_name) AS name,
         c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
         a.attnum AS tenant_number, a.atttypid, a.attnotnull,
         format('(%I = ( SELECT tenancy.current_tenant() AS current_tenant))', w.tenant) AS predicate,
         format('(%1$I = ( SELECT tenancy.%2$s() AS %2$s))', w.tenant,
                CASE WHEN w.public THEN 'readable_tenant' ELSE 'current_tenant' END) AS readable
    FROM (
{listed}
    ) AS w (schema_name, table_name, tenant, adopting, public)
    -- Visitors read nothing of a table that is being adopted.
    CROSS JOIN LATERAL (SELECT w.public AND NOT w.adopting) AS v (public)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.tenant AND a.attnum > 0 AND NOT a.attisdropped
),
tables AS (SELECT * FROM listed WHERE relkind IN ('r', 'p')),
-- The tables whose rows belong to no tenant. Grants alone keep them.
globals AS (
  SELECT w.schema_name, w.table_name, w.writable, format('%I.%I', w.schema_name, w.table_name) AS name, c.oid, c.relkind
    FROM (
{globals}
    ) AS w (schema_name, table_name, writable)
    LEFT JOIN pg_namespace n ON n.nspname = w.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.table_name
),
-- With their parts, which can be named directly.
shared (oid, writable) AS (
  SELECT oid, writable FROM globals WHERE relkind IN ('r', 'p')
  UNION
  SELECT i.inhrelid, s.writable FROM shared s JOIN pg_inherits i ON i.inhparent = s.oid
   WHERE i.inhrelid NOT IN (SELECT oid FROM tables)
),
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
-- Whoever they are, they hold what PUBLIC holds. By the names that GRANT and REVOKE take.
holders (oid, whom) AS (SELECT 0::oid, 'PUBLIC' UNION SELECT oid, oid::regrole::text FROM reach),
-- Grants to them, of a column too (`attnum`), the owner's own aside.
granted AS (
  SELECT c.oid, 0::int2 AS attnum, a.privilege_type, a.is_grantable, a.grantee, h.whom
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN holders h ON h.oid = a.grantee
   WHERE a.grantee <> c.relowner
  UNION ALL
  SELECT c.oid, t.attnum, a.privilege_type, a.is_grantable, a.grantee, h.whom
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN holders h ON h.oid = a.grantee
   WHERE t.attacl IS NOT NULL AND a.grantee <> c.relowner
),
-- Relations whose rows they reach, by whatever grant.
reached (oid, whom) AS (
  SELECT oid, string_agg(DISTINCT whom, ', ') FROM granted
   WHERE privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') GROUP BY oid
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
-- The listed tables, and whatever holds or shows their rows under another name: partitions and inheritance children
-- (`part`), and what they inherit from (`parent`). Policies are those of the table that a statement names.
family AS (
  SELECT oid, name, name AS top, tenant, tenant_number, predicate, readable, adopting, 'table' AS place, relkind, relowner, relrowsecurity, relforcerowsecurity,
         NULL::oid AS top_owner
    FROM tables
  UNION ALL
  (SELECT DISTINCT ON (c.oid) c.oid, c.oid::regclass::text, t.name, t.tenant, a.attnum, t.predicate, t.readable, false, k.place, c.relkind, c.relowner,
          c.relrowsecurity, c.relforcerowsecurity, t.relowner
     FROM (SELECT top, child, 'part' FROM below UNION ALL SELECT bottom, parent, 'parent' FROM above) AS k (listed, oid, place)
     JOIN tables t ON t.oid = k.listed JOIN pg_class c ON c.oid = k.oid
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = t.tenant AND a.attnum > 0 AND NOT a.attisdropped
    WHERE k.oid NOT IN (SELECT oid FROM tables) ORDER BY c.oid, k.place DESC)
),
-- Their policies, as PostgreSQL prints them.
policies AS (
  SELECT p.oid, p.polname, p.polrelid, p.polpermissive, p.polroles, p.polcmd, f.name, f.tenant, f.predicate, f.readable, f.place, f.adopting,
         pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text
    FROM pg_policy p JOIN family f ON f.oid = p.polrelid
),
-- Where the restrictive policy is in force as it was emitted: no other policy can widen. On a table that is being adopted
-- it holds the runtime role and not yet everybody: that is enough for roles that cannot step out of the runtime role.
bounded (oid) AS (
  SELECT p.polrelid FROM policies p CROSS JOIN runtime
   WHERE p.polname = 'tenancy_bound' AND NOT p.polpermissive AND p.polcmd = '*'
     AND (p.polroles = ARRAY[0]::oid[]
       OR p.adopting AND p.polroles = ARRAY[runtime.oid]
          AND NOT EXISTS (SELECT FROM reach WHERE NOT pg_has_role(reach.oid, runtime.oid, 'USAGE')))
     -- Visitors come with the end of an adoption, which a program may still call an adoption.
     AND p.using_text IN (p.readable, CASE WHEN p.adopting THEN p.predicate END) AND p.check_text = p.predicate
     -- Without these two a visitor could change what he reads.
     AND (p.using_text = p.predicate OR 2 = (
       SELECT count(*) FROM policies w
        WHERE w.polrelid = p.polrelid AND NOT w.polpermissive AND w.polroles = p.polroles AND w.using_text = p.predicate
          AND (w.polname, w.polcmd, coalesce(w.check_text, p.predicate)) IN (('tenancy_bound_update', 'w', p.predicate), ('tenancy_bound_delete', 'd', p.predicate))))
),
-- Of the parts and parents, those that show rows of every tenant when they are named directly.
opened (oid, whom, problem) AS (
  SELECT f.oid, r.whom, CASE WHEN f.relrowsecurity THEN 'a policy there shows what the emitted ones hide' ELSE 'row-level security is off there' END
    FROM family f JOIN reached r USING (oid)
   WHERE f.place <> 'table'
     AND (NOT f.relrowsecurity
       OR f.oid NOT IN (SELECT oid FROM bounded)
          AND EXISTS (SELECT FROM policies p WHERE p.polrelid = f.oid AND p.polpermissive
                         AND p.polroles && ARRAY(SELECT oid FROM holders)))
),
foundation AS (
  SELECT n.oid AS namespace, n.nspowner, d.oid AS domain, d.typowner, d.typtype, d.typbasetype, f.oid AS function, v.oid AS public_domain, r.oid AS readable_function,
         (SELECT oid FROM pg_proc WHERE pronamespace = n.oid AND proname = 'owner_tenant' AND pronargs = 0) AS owner_function
    FROM (VALUES ('tenancy')) AS w (name)
    LEFT JOIN pg_namespace n ON n.nspname = w.name
    LEFT JOIN pg_type d ON d.typnamespace = n.oid AND d.typname = 'bound'
    LEFT JOIN pg_proc f ON f.pronamespace = n.oid AND f.proname = 'current_tenant' AND f.pronargs = 0
    LEFT JOIN pg_type v ON v.typnamespace = n.oid AND v.typname = 'bound_public'
    LEFT JOIN pg_proc r ON r.pronamespace = n.oid AND r.proname = 'readable_tenant' AND r.pronargs = 0
),
