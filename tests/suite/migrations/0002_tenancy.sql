-- Emitted by tenancy from the entities of `schema!`. Do not edit it: the lock file knows its checksum, and sqlx refuses a
-- file that changed after it was applied. Whatever changes in the entities is emitted as a new file.
-- Follows: no file
--
-- It runs in one transaction, as the owner of the tables. Names below mean PostgreSQL's own, whatever the search_path of
-- this session is. It is put back at the end: sqlx writes its own row in the same transaction.
SELECT set_config('tenancy.search_path', current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;

-- Nothing has been changed yet when this fails.
DO $tenancy$
BEGIN
  IF current_setting('search_path') <> 'pg_catalog, pg_temp' THEN
    RAISE EXCEPTION 'tenancy: this file must run in one transaction'
      USING HINT = 'Apply it with sqlx''s migrator, or with psql --single-transaction.';
  END IF;
  IF current_setting('server_version_num')::integer < 150000 THEN
    RAISE EXCEPTION 'tenancy: PostgreSQL 15 or later is needed, and this is %', current_setting('server_version');
  END IF;
END $tenancy$;

-- ===== Foundation ===================================================================================================

DO $tenancy$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'tenancy') THEN
    IF NOT has_database_privilege(current_database(), 'CREATE') THEN
      RAISE EXCEPTION 'tenancy: the schema tenancy does not exist, and % may not create it', current_user
        USING HINT = format('Run once, as an administrator: CREATE SCHEMA tenancy AUTHORIZATION %I', current_user);
    END IF;
    CREATE SCHEMA tenancy;
  ELSIF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'tenancy' AND pg_has_role(nspowner, 'USAGE')) THEN
    RAISE EXCEPTION 'tenancy: the schema tenancy belongs to another role than %', current_user
      USING HINT = format('Run once, as an administrator: ALTER SCHEMA tenancy OWNER TO %I', current_user);
  END IF;
END $tenancy$;
REVOKE ALL ON SCHEMA tenancy FROM PUBLIC;

-- What binds a tenant. A statement's first parameter is declared as this domain; PostgreSQL evaluates the CHECK while it
-- reads the parameter, before it plans or runs the statement; and the CHECK sets app.tenant_id for the transaction. So one
-- parameter is the predicate and the binding, and nothing outlives the transaction.
--   One tenant per transaction: a second one is refused. NULL and the nil UUID are refused.
--   The CHECK is never NULL, which would pass, and it is written out here: PostgreSQL would put the text of a function
--   that it called into the plans of sessions that live, and they would miss when the function is replaced.
-- The domain is never dropped: sessions that live know it by its id. What differs is the constraint, which is swapped.
DO $tenancy$
DECLARE
  held text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = 'tenancy'::regnamespace AND typname = 'bound') THEN
    CREATE DOMAIN tenancy.bound AS uuid;
  ELSIF NOT EXISTS (SELECT FROM pg_type WHERE oid = 'tenancy.bound'::regtype AND typtype = 'd' AND typbasetype = 'uuid'::regtype) THEN
    RAISE EXCEPTION 'tenancy: tenancy.bound exists and is no domain over uuid' USING HINT = 'Rename it.';
  END IF;
  IF ARRAY(SELECT regexp_replace(pg_get_constraintdef(oid), '[[:space:]]+', ' ', 'g') FROM pg_constraint
            WHERE contypid = 'tenancy.bound'::regtype)
     IS DISTINCT FROM ARRAY['CHECK ( CASE WHEN ((VALUE IS NULL) OR (VALUE = ''00000000-0000-0000-0000-000000000000''::uuid)) THEN false ELSE CASE COALESCE(current_setting(''app.tenant_id''::text, true), ''''::text) WHEN ''''::text THEN (set_config(''app.tenant_id''::text, (VALUE)::text, true) IS NOT NULL) WHEN (VALUE)::text THEN true ELSE false END END)'] THEN
    FOR held IN SELECT conname FROM pg_constraint WHERE contypid = 'tenancy.bound'::regtype LOOP
      EXECUTE format('ALTER DOMAIN tenancy.bound DROP CONSTRAINT %I', held);
    END LOOP;
    ALTER DOMAIN tenancy.bound ADD CONSTRAINT one_tenant_per_transaction CHECK (
      CASE WHEN VALUE IS NULL OR VALUE = '00000000-0000-0000-0000-000000000000'::uuid THEN false
           ELSE CASE coalesce(current_setting('app.tenant_id', true), '')
                  WHEN ''          THEN set_config('app.tenant_id', VALUE::text, true) IS NOT NULL
                  WHEN VALUE::text THEN true
                  ELSE false END END);
  END IF;
END $tenancy$;
-- Binding needs no USAGE. Without it nobody makes a column of this type, which would break a restore.
REVOKE ALL ON TYPE tenancy.bound FROM PUBLIC;

-- Who is bound: what every policy asks. STABLE, since IMMUTABLE would let a cached plan serve another tenant's rows, and
-- VOLATILE would not use an index. The body is an expression and not a string, so that its names are resolved now and no
-- search_path can put others in their place. After a transaction that set it, the setting is '' and not NULL.
CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid;
REVOKE ALL ON FUNCTION tenancy.current_tenant() FROM PUBLIC;

-- Visitors, whom nobody has authenticated: a host name says which tenant's public rows they read. That is a binding of its
-- own, which opens nothing but SELECT on the tables that are marked public_read. It is refused where a tenant is bound.
DO $tenancy$
DECLARE
  held text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = 'tenancy'::regnamespace AND typname = 'bound_public') THEN
    CREATE DOMAIN tenancy.bound_public AS uuid;
  ELSIF NOT EXISTS (SELECT FROM pg_type WHERE oid = 'tenancy.bound_public'::regtype AND typtype = 'd' AND typbasetype = 'uuid'::regtype) THEN
    RAISE EXCEPTION 'tenancy: tenancy.bound_public exists and is no domain over uuid' USING HINT = 'Rename it.';
  END IF;
  IF ARRAY(SELECT regexp_replace(pg_get_constraintdef(oid), '[[:space:]]+', ' ', 'g') FROM pg_constraint
            WHERE contypid = 'tenancy.bound_public'::regtype)
     IS DISTINCT FROM ARRAY['CHECK ( CASE WHEN ((VALUE IS NULL) OR (VALUE = ''00000000-0000-0000-0000-000000000000''::uuid) OR (COALESCE(current_setting(''app.tenant_id''::text, true), ''''::text) <> ''''::text)) THEN false ELSE CASE COALESCE(current_setting(''app.public_tenant_id''::text, true), ''''::text) WHEN ''''::text THEN (set_config(''app.public_tenant_id''::text, (VALUE)::text, true) IS NOT NULL) WHEN (VALUE)::text THEN true ELSE false END END)'] THEN
    FOR held IN SELECT conname FROM pg_constraint WHERE contypid = 'tenancy.bound_public'::regtype LOOP
      EXECUTE format('ALTER DOMAIN tenancy.bound_public DROP CONSTRAINT %I', held);
    END LOOP;
    ALTER DOMAIN tenancy.bound_public ADD CONSTRAINT one_tenant_per_transaction CHECK (
      CASE WHEN VALUE IS NULL OR VALUE = '00000000-0000-0000-0000-000000000000'::uuid
             OR coalesce(current_setting('app.tenant_id', true), '') <> '' THEN false
           ELSE CASE coalesce(current_setting('app.public_tenant_id', true), '')
                  WHEN ''          THEN set_config('app.public_tenant_id', VALUE::text, true) IS NOT NULL
                  WHEN VALUE::text THEN true
                  ELSE false END END);
  END IF;
END $tenancy$;
REVOKE ALL ON TYPE tenancy.bound_public FROM PUBLIC;

-- Whose rows may be read, where a table is public: those of the tenant that is bound, and else those that a visitor asks for.
CREATE OR REPLACE FUNCTION tenancy.readable_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(pg_catalog.current_setting('app.tenant_id', true), ''),
                  nullif(pg_catalog.current_setting('app.public_tenant_id', true), ''))::uuid;
REVOKE ALL ON FUNCTION tenancy.readable_tenant() FROM PUBLIC;

-- Who is bound, for the owner, who is told when nobody is. Forced row-level security holds it too, and a data migration
-- that touched no rows, or a report without any, would otherwise be silent.
CREATE OR REPLACE FUNCTION tenancy.owner_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp AS $tenancy$
BEGIN
  IF coalesce(current_setting('app.tenant_id', true), '') = '' THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'tenancy: no tenant is bound, and row-level security holds the owner of the table too',
      HINT = 'For a data migration, begin the transaction with: SELECT tenancy.maintenance(''schema.table'', ..);';
  END IF;
  RETURN current_setting('app.tenant_id')::uuid;
END $tenancy$;
REVOKE ALL ON FUNCTION tenancy.owner_tenant() FROM PUBLIC;

-- The tables whose owner is not held until this transaction ends: see tenancy.maintenance. A row cannot be committed: the
-- foreign key, which is checked then, refers to a row that never is. Only the trigger below takes rows out, and it stands
-- before the check ("Put_back" sorts before PostgreSQL's "RI_ConstraintTrigger"): so dropping it ends in an error.
CREATE TABLE IF NOT EXISTS tenancy.lifted (
  relation regclass PRIMARY KEY CHECK (relation <> 0),
  never regclass NOT NULL DEFAULT 0 CHECK (never = 0)
    CONSTRAINT not_committed REFERENCES tenancy.lifted DEFERRABLE INITIALLY DEFERRED);
REVOKE ALL ON tenancy.lifted FROM PUBLIC;
CREATE OR REPLACE FUNCTION tenancy.put_back() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $tenancy$
BEGIN
  IF EXISTS (SELECT FROM pg_class WHERE oid = NEW.relation) THEN
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', NEW.relation);
  END IF;
  -- All of it, whatever was done to the rows: those of other transactions are not seen here.
  DELETE FROM tenancy.lifted;
  RETURN NULL;
END $tenancy$;
REVOKE ALL ON FUNCTION tenancy.put_back() FROM PUBLIC;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'tenancy.lifted'::regclass AND tgname = 'Put_back') THEN
    CREATE CONSTRAINT TRIGGER "Put_back" AFTER INSERT ON tenancy.lifted DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION tenancy.put_back();
  END IF;
END $tenancy$;
-- In replication sessions too, where ordinary triggers are silent.
ALTER TABLE tenancy.lifted ENABLE ALWAYS TRIGGER "Put_back";

-- For data migrations: the owner sees every row of these tables until the transaction ends. The tables are locked for
-- everybody else until then, so nobody reads them unguarded; and what is lifted is put back by a deferred trigger while the
-- transaction commits, or the transaction does not commit.
CREATE OR REPLACE FUNCTION tenancy.maintenance(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $tenancy$
DECLARE
  lifting regclass;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'tenancy.lifted'::regclass AND tgname = 'Put_back' AND tgenabled = 'A') THEN
    RAISE EXCEPTION 'tenancy: the trigger that puts row-level security back is disabled'
      USING HINT = 'ALTER TABLE tenancy.lifted ENABLE ALWAYS TRIGGER "Put_back";';
  END IF;
  -- Whoever has said SET CONSTRAINTS ALL IMMEDIATE would have it put back before it is lifted.
  SET CONSTRAINTS tenancy."Put_back", tenancy.not_committed DEFERRED;
  FOREACH lifting IN ARRAY tables LOOP
    IF EXISTS (SELECT FROM pg_class WHERE oid = lifting AND relforcerowsecurity) THEN
      -- Written first: the event trigger of provisioning looks here.
      INSERT INTO tenancy.lifted VALUES (lifting);
      EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', lifting);
    END IF;
  END LOOP;
END $tenancy$;
REVOKE ALL ON FUNCTION tenancy.maintenance(regclass[]) FROM PUBLIC;

-- What emission made. It drops nothing else. `relation` is 0 where the thing belongs to none.
CREATE TABLE IF NOT EXISTS tenancy.emitted (kind text, relation regclass, name text, PRIMARY KEY (kind, relation, name));
REVOKE ALL ON tenancy.emitted FROM PUBLIC;

-- The group that holds the runtime grants. It cannot log in: the application's logins are members of it, so that
-- credentials rotate without a migration.
DO $tenancy$
DECLARE
  runtime record;
BEGIN
  SELECT rolsuper, rolbypassrls INTO runtime FROM pg_roles WHERE rolname = 'tenancy_app';
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
      RAISE EXCEPTION 'tenancy: the runtime role % does not exist, and % may not create it', 'tenancy_app', current_user
        USING HINT = format('Run once, as an administrator: CREATE ROLE %I NOLOGIN', 'tenancy_app');
    END IF;
    BEGIN
      CREATE ROLE "tenancy_app" NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the whole server: a migration of another database was faster.
      NULL;
    END;
  ELSIF runtime.rolsuper OR runtime.rolbypassrls THEN
    RAISE EXCEPTION 'tenancy: row-level security does not hold for the runtime role %', 'tenancy_app'
      USING HINT = format('Run once, as an administrator: ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', 'tenancy_app');
  END IF;
END $tenancy$;
GRANT USAGE ON SCHEMA tenancy TO "tenancy_app";
GRANT EXECUTE ON FUNCTION tenancy.current_tenant(), tenancy.readable_tenant() TO "tenancy_app";

-- What emission does not own must not be in its way.
DO $tenancy$
DECLARE
  problems text;
  mends text;
BEGIN
  WITH RECURSIVE listed AS (
    SELECT w.*, format('%I.%I', w.schema_name, w.table_name) AS name,
           c.oid, c.relkind, c.relowner, a.attnum AS tenant_number, a.atttypid AS tenant_type
    FROM (VALUES
      ('Odd Names', 'order', 'owner', ARRAY['owner', 'Id'], ARRAY['Id', 'owner', 'type', 'a"b', 'SELECT']),
      ('public', 'documents', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'project_id', 'name', 'body', 'tags', 'scores', 'version', 'updated_at', 'deleted_at']),
      ('public', 'pages', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'path', 'text']),
      ('public', 'projects', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'slug', 'name', 'status', 'note', 'created_at']),
      ('public', 'samples', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'a_bool', 'an_i16', 'an_i32', 'an_i64', 'an_f32', 'an_f64', 'a_string', 'bytes', 'a_uuid', 'at_chrono', 'on_chrono', 'at_time', 'json', 'shape', 'status', 'email', 'm_bool', 'm_i64', 'm_string', 'm_bytes', 'm_chrono', 'm_json', 'm_status']),
      ('public', 'tasks', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'project_id', 'parent_id', 'title', 'done']),
      ('public', 'ticks', 'tenant_id', ARRAY['tenant_id', 'id'], ARRAY['id', 'tenant_id', 'at'])
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
           CASE c.relkind WHEN 'm' THEN format('REVOKE ALL ON %s FROM PUBLIC, %I;', c.oid::regclass, 'tenancy_app')
                ELSE format('ALTER VIEW %s SET (security_invoker = true);', c.oid::regclass) END
      FROM reading v JOIN pg_class c ON c.oid = v.oid
     WHERE (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
                                                                   WHERE option_name = 'security_invoker'), false))
       AND (has_table_privilege('tenancy_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege('tenancy_app', c.oid, 'SELECT'))
  )
  SELECT string_agg('- ' || problem, E'\n'), string_agg('- ' || mend, E'\n') INTO problems, mends FROM found;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION E'tenancy cannot isolate these tables as they stand:\n%', problems USING HINT = mends;
  END IF;
END $tenancy$;

-- ===== Keys =========================================================================================================

-- The tenant leads each key, so that it holds within a tenant and tells nothing about another's rows, and so that its
-- index serves row-level security. Foreign keys pair the tenant with the tenant, since PostgreSQL checks them past
-- row-level security; while one is added, row-level security is lifted from the owner, whose query the check is.

-- Odd Names.order
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"Odd Names"."order"'::regclass
      AND attname = 'owner' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "Odd Names"."order" ALTER COLUMN "owner" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"Odd Names"."order"', 'owner') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"Odd Names"."order"'::regclass
      AND attname = 'Id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "Odd Names"."order" ALTER COLUMN "Id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"Odd Names"."order"', 'Id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"Odd Names"."order"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'owner', 'Id')) THEN
    ALTER TABLE "Odd Names"."order" ADD CONSTRAINT "order_pkey"
      PRIMARY KEY ("owner", "Id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"Odd Names"."order"', 'order_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"Odd Names"."order"'::regclass
      AND pg_get_constraintdef(oid) = format('UNIQUE (%I, %I)', 'owner', 'type')) THEN
    ALTER TABLE "Odd Names"."order" ADD CONSTRAINT "order_owner_type_key"
      UNIQUE ("owner", "type");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"Odd Names"."order"', 'order_owner_type_key') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.documents
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."documents"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."documents" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."documents"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."documents"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."documents" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."documents"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."documents"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."documents"', 'documents_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."documents"'::regclass
      AND pg_get_constraintdef(oid) = format('UNIQUE (%I, %I)', 'tenant_id', 'name')) THEN
    ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_tenant_id_name_key"
      UNIQUE ("tenant_id", "name");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."documents"', 'documents_tenant_id_name_key') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = '"public"."documents"'::regclass AND x.indisvalid AND NOT x.indisunique
        AND replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') =
          format('CREATE INDEX %I ON %I.%I USING btree (%I, %I)', i.relname, 'public', 'documents', 'tenant_id', 'project_id')) THEN
    CREATE INDEX "documents_tenant_id_project_id_idx" ON "public"."documents" ("tenant_id", "project_id");
    INSERT INTO tenancy.emitted VALUES ('index', '"public"."documents"', 'documents_tenant_id_project_id_idx') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.pages
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."pages"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."pages" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."pages"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."pages"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."pages" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."pages"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."pages"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."pages" ADD CONSTRAINT "pages_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."pages"', 'pages_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."pages"'::regclass
      AND pg_get_constraintdef(oid) = format('UNIQUE (%I, %I)', 'tenant_id', 'path')) THEN
    ALTER TABLE "public"."pages" ADD CONSTRAINT "pages_tenant_id_path_key"
      UNIQUE ("tenant_id", "path");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."pages"', 'pages_tenant_id_path_key') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.projects
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."projects"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."projects" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."projects"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."projects"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."projects" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."projects"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."projects"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."projects" ADD CONSTRAINT "projects_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."projects"', 'projects_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."projects"'::regclass
      AND pg_get_constraintdef(oid) = format('UNIQUE (%I, %I)', 'tenant_id', 'slug')) THEN
    ALTER TABLE "public"."projects" ADD CONSTRAINT "projects_tenant_id_slug_key"
      UNIQUE ("tenant_id", "slug");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."projects"', 'projects_tenant_id_slug_key') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = '"public"."projects"'::regclass AND x.indisvalid AND NOT x.indisunique
        AND replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') =
          format('CREATE INDEX %I ON %I.%I USING btree (%I, %I)', i.relname, 'public', 'projects', 'tenant_id', 'status')) THEN
    CREATE INDEX "projects_tenant_id_status_idx" ON "public"."projects" ("tenant_id", "status");
    INSERT INTO tenancy.emitted VALUES ('index', '"public"."projects"', 'projects_tenant_id_status_idx') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.samples
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."samples"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."samples" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."samples"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."samples"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."samples" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."samples"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."samples"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."samples" ADD CONSTRAINT "samples_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."samples"', 'samples_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.tasks
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."tasks"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."tasks" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."tasks"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."tasks"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."tasks" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."tasks"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."tasks"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."tasks" ADD CONSTRAINT "tasks_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."tasks"', 'tasks_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = '"public"."tasks"'::regclass AND x.indisvalid AND NOT x.indisunique
        AND replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') =
          format('CREATE INDEX %I ON %I.%I USING btree (%I, %I)', i.relname, 'public', 'tasks', 'tenant_id', 'project_id')) THEN
    CREATE INDEX "tasks_tenant_id_project_id_idx" ON "public"."tasks" ("tenant_id", "project_id");
    INSERT INTO tenancy.emitted VALUES ('index', '"public"."tasks"', 'tasks_tenant_id_project_id_idx') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = '"public"."tasks"'::regclass AND x.indisvalid AND NOT x.indisunique
        AND replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') =
          format('CREATE INDEX %I ON %I.%I USING btree (%I, %I)', i.relname, 'public', 'tasks', 'tenant_id', 'parent_id')) THEN
    CREATE INDEX "tasks_tenant_id_parent_id_idx" ON "public"."tasks" ("tenant_id", "parent_id");
    INSERT INTO tenancy.emitted VALUES ('index', '"public"."tasks"', 'tasks_tenant_id_parent_id_idx') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.ticks
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."ticks"'::regclass
      AND attname = 'tenant_id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."ticks" ALTER COLUMN "tenant_id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."ticks"', 'tenant_id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"public"."ticks"'::regclass
      AND attname = 'id' AND NOT attisdropped AND attnotnull) THEN
    ALTER TABLE "public"."ticks" ALTER COLUMN "id" SET NOT NULL;
    INSERT INTO tenancy.emitted VALUES ('not null', '"public"."ticks"', 'id') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."ticks"'::regclass
      AND pg_get_constraintdef(oid) = format('PRIMARY KEY (%I, %I)', 'tenant_id', 'id')) THEN
    ALTER TABLE "public"."ticks" ADD CONSTRAINT "ticks_pkey"
      PRIMARY KEY ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."ticks"', 'ticks_pkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.documents
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."documents"'::regclass
      AND pg_get_constraintdef(oid) = format('FOREIGN KEY (%I, %I) REFERENCES %I.%I(%I, %I)',
             'tenant_id', 'project_id', 'public', 'projects', 'tenant_id', 'id')) THEN
    PERFORM tenancy.maintenance('"public"."documents"', '"public"."projects"');
    ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_project_id_fkey"
      FOREIGN KEY ("tenant_id", "project_id") REFERENCES "public"."projects" ("tenant_id", "id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."documents"', 'documents_project_id_fkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- public.tasks
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."tasks"'::regclass
      AND pg_get_constraintdef(oid) = format('FOREIGN KEY (%I, %I) REFERENCES %I.%I(%I, %I) ON DELETE CASCADE',
             'tenant_id', 'project_id', 'public', 'projects', 'tenant_id', 'id')) THEN
    PERFORM tenancy.maintenance('"public"."tasks"', '"public"."projects"');
    ALTER TABLE "public"."tasks" ADD CONSTRAINT "tasks_project_id_fkey"
      FOREIGN KEY ("tenant_id", "project_id") REFERENCES "public"."projects" ("tenant_id", "id") ON DELETE CASCADE;
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."tasks"', 'tasks_project_id_fkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"public"."tasks"'::regclass
      AND pg_get_constraintdef(oid) = format('FOREIGN KEY (%I, %I) REFERENCES %I.%I(%I, %I) ON DELETE SET NULL (%I)',
             'tenant_id', 'parent_id', 'public', 'tasks', 'tenant_id', 'id', 'parent_id')) THEN
    PERFORM tenancy.maintenance('"public"."tasks"');
    ALTER TABLE "public"."tasks" ADD CONSTRAINT "tasks_parent_id_fkey"
      FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "public"."tasks" ("tenant_id", "id") ON DELETE SET NULL ("parent_id");
    INSERT INTO tenancy.emitted VALUES ('constraint', '"public"."tasks"', 'tasks_parent_id_fkey') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- ===== Row-level security and grants ================================================================================

-- Grants: never TRUNCATE, REFERENCES or TRIGGER, which row-level security does not hold. INSERT leaves out generated
-- columns; UPDATE leaves out the tenant column and the id as well, so that a row never moves.

DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace CROSS JOIN aclexplode(nspacl) AS a
      WHERE nspname = 'Odd Names' AND a.grantee = '"tenancy_app"'::regrole AND a.privilege_type = 'USAGE') THEN
    GRANT USAGE ON SCHEMA "Odd Names" TO "tenancy_app";
    INSERT INTO tenancy.emitted VALUES ('usage', 0, '"Odd Names" to "tenancy_app"') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

DO $tenancy$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace CROSS JOIN aclexplode(nspacl) AS a
      WHERE nspname = 'public' AND a.grantee = '"tenancy_app"'::regrole AND a.privilege_type = 'USAGE') THEN
    GRANT USAGE ON SCHEMA "public" TO "tenancy_app";
    INSERT INTO tenancy.emitted VALUES ('usage', 0, '"public" to "tenancy_app"') ON CONFLICT DO NOTHING;
  END IF;
END $tenancy$;

-- Odd Names.order
ALTER TABLE "Odd Names"."order" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Odd Names"."order" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "Odd Names"."order";
CREATE POLICY tenancy_bound ON "Odd Names"."order" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("owner" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("owner" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "Odd Names"."order";
DROP POLICY IF EXISTS tenancy_ask_owner ON "Odd Names"."order";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"Odd Names"."order"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "Odd Names"."order" AS %s FOR ALL TO %s USING ("owner" = (SELECT tenancy.owner_tenant())) WITH CHECK ("owner" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "Odd Names"."order" AS %s FOR ALL TO %s USING ("owner" = (SELECT tenancy.owner_tenant())) WITH CHECK ("owner" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "Odd Names"."order" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "Odd Names"."order";
CREATE POLICY tenancy_allow ON "Odd Names"."order" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("owner" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("owner" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "Odd Names"."order" FROM "tenancy_app";
GRANT SELECT, DELETE ON "Odd Names"."order" TO "tenancy_app";
GRANT INSERT ("Id", "owner", "type", "a""b", "SELECT"), UPDATE ("type", "a""b", "SELECT") ON "Odd Names"."order" TO "tenancy_app";

-- public.documents
ALTER TABLE "public"."documents" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."documents" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."documents";
CREATE POLICY tenancy_bound ON "public"."documents" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."documents";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."documents";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."documents"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."documents" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."documents" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."documents" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."documents";
CREATE POLICY tenancy_allow ON "public"."documents" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."documents" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."documents" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id", "project_id", "name", "body", "tags", "scores"), UPDATE ("project_id", "name", "body", "tags", "scores", "version", "updated_at", "deleted_at") ON "public"."documents" TO "tenancy_app";

-- public.pages
ALTER TABLE "public"."pages" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."pages" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."pages";
CREATE POLICY tenancy_bound ON "public"."pages" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."pages";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."pages";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."pages"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."pages" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."pages" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."pages" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."pages";
CREATE POLICY tenancy_allow ON "public"."pages" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."pages" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."pages" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id", "path", "text"), UPDATE ("path", "text") ON "public"."pages" TO "tenancy_app";
-- Visitors read the rows of the tenant whose host they visit, and write none.
DROP POLICY IF EXISTS tenancy_bound ON "public"."pages";
CREATE POLICY tenancy_bound ON "public"."pages" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.readable_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_bound_update ON "public"."pages";
CREATE POLICY tenancy_bound_update ON "public"."pages" AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ("tenant_id" = (SELECT tenancy.current_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_bound_delete ON "public"."pages";
CREATE POLICY tenancy_bound_delete ON "public"."pages" AS RESTRICTIVE FOR DELETE TO PUBLIC USING ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_public ON "public"."pages";
CREATE POLICY tenancy_public ON "public"."pages" AS PERMISSIVE FOR SELECT TO "tenancy_app" USING ("tenant_id" = (SELECT tenancy.readable_tenant()));

-- public.projects
ALTER TABLE "public"."projects" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."projects" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."projects";
CREATE POLICY tenancy_bound ON "public"."projects" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."projects";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."projects";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."projects"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."projects" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."projects" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."projects" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."projects";
CREATE POLICY tenancy_allow ON "public"."projects" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."projects" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."projects" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id", "slug", "name", "status", "note"), UPDATE ("slug", "name", "status", "note") ON "public"."projects" TO "tenancy_app";

-- public.samples
ALTER TABLE "public"."samples" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."samples" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."samples";
CREATE POLICY tenancy_bound ON "public"."samples" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."samples";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."samples";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."samples"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."samples" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."samples" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."samples" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."samples";
CREATE POLICY tenancy_allow ON "public"."samples" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."samples" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."samples" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id", "a_bool", "an_i16", "an_i32", "an_i64", "an_f32", "an_f64", "a_string", "bytes", "a_uuid", "at_chrono", "on_chrono", "at_time", "json", "shape", "status", "email", "m_bool", "m_i64", "m_string", "m_bytes", "m_chrono", "m_json", "m_status"), UPDATE ("a_bool", "an_i16", "an_i32", "an_i64", "an_f32", "an_f64", "a_string", "bytes", "a_uuid", "at_chrono", "on_chrono", "at_time", "json", "shape", "status", "email", "m_bool", "m_i64", "m_string", "m_bytes", "m_chrono", "m_json", "m_status") ON "public"."samples" TO "tenancy_app";

-- public.tasks
ALTER TABLE "public"."tasks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."tasks" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."tasks";
CREATE POLICY tenancy_bound ON "public"."tasks" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."tasks";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."tasks";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."tasks"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."tasks" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."tasks" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."tasks" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."tasks";
CREATE POLICY tenancy_allow ON "public"."tasks" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."tasks" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."tasks" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id", "project_id", "parent_id", "title", "done"), UPDATE ("project_id", "parent_id", "title", "done") ON "public"."tasks" TO "tenancy_app";

-- public.ticks
ALTER TABLE "public"."ticks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."ticks" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenancy_bound ON "public"."ticks";
CREATE POLICY tenancy_bound ON "public"."ticks" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_owner ON "public"."ticks";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."ticks";
DO $tenancy$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = '"public"."ticks"'::regclass);
BEGIN
  EXECUTE format('CREATE POLICY %I ON "public"."ticks" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_owner', 'PERMISSIVE', owner);
  EXECUTE format('CREATE POLICY %I ON "public"."ticks" AS %s FOR ALL TO %s USING ("tenant_id" = (SELECT tenancy.owner_tenant())) WITH CHECK ("tenant_id" = (SELECT tenancy.owner_tenant()))', 'tenancy_ask_owner', 'RESTRICTIVE', owner);
END $tenancy$;
REVOKE ALL ON "public"."ticks" FROM PUBLIC;
DROP POLICY IF EXISTS tenancy_allow ON "public"."ticks";
CREATE POLICY tenancy_allow ON "public"."ticks" AS PERMISSIVE FOR ALL TO "tenancy_app"
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
REVOKE ALL ON "public"."ticks" FROM "tenancy_app";
GRANT SELECT, DELETE ON "public"."ticks" TO "tenancy_app";
GRANT INSERT ("id", "tenant_id") ON "public"."ticks" TO "tenancy_app";

-- A partition can be named directly, past the policies of its table: nobody may, unless it is listed itself.
DO $tenancy$
DECLARE
  child record;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"Odd Names"."order"'::regclass,
        '"public"."documents"'::regclass,
        '"public"."pages"'::regclass,
        '"public"."projects"'::regclass,
        '"public"."samples"'::regclass,
        '"public"."tasks"'::regclass,
        '"public"."ticks"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    SELECT c.oid::regclass AS name, c.relkind, c.relrowsecurity FROM below JOIN pg_class c ON c.oid = below.inhrelid
     WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenancy_bound')
  LOOP
    IF child.relkind IN ('r', 'p') AND NOT child.relrowsecurity THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child.name);
      INSERT INTO tenancy.emitted VALUES ('row security', child.name, '');
    END IF;
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', child.name, 'tenancy_app');
  END LOOP;
END $tenancy$;

SELECT set_config('search_path', current_setting('tenancy.search_path'), true);
