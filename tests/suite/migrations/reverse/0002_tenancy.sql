-- Emitted by tenancy: the reverse of the file of the same name. It takes back what that file did, ROW-LEVEL SECURITY
-- INCLUDED, and nothing that stood before. Restore the lock file together with it.
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

-- ===== Row-level security and grants ================================================================================

-- Grants: never TRUNCATE, REFERENCES or TRIGGER, which row-level security does not hold. INSERT leaves out generated
-- columns; UPDATE leaves out the tenant column and the id as well, so that a row never moves.

-- public.ticks
DROP POLICY IF EXISTS tenancy_allow ON "public"."ticks";
REVOKE ALL ON "public"."ticks" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."ticks";
DROP POLICY IF EXISTS tenancy_owner ON "public"."ticks";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."ticks";
ALTER TABLE "public"."ticks" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."ticks"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.tasks
DROP POLICY IF EXISTS tenancy_allow ON "public"."tasks";
REVOKE ALL ON "public"."tasks" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."tasks";
DROP POLICY IF EXISTS tenancy_owner ON "public"."tasks";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."tasks";
ALTER TABLE "public"."tasks" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."tasks"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.samples
DROP POLICY IF EXISTS tenancy_allow ON "public"."samples";
REVOKE ALL ON "public"."samples" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."samples";
DROP POLICY IF EXISTS tenancy_owner ON "public"."samples";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."samples";
ALTER TABLE "public"."samples" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."samples"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.projects
DROP POLICY IF EXISTS tenancy_allow ON "public"."projects";
REVOKE ALL ON "public"."projects" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."projects";
DROP POLICY IF EXISTS tenancy_owner ON "public"."projects";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."projects";
ALTER TABLE "public"."projects" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."projects"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.pages
DROP POLICY IF EXISTS tenancy_public ON "public"."pages";
DROP POLICY IF EXISTS tenancy_bound ON "public"."pages";
CREATE POLICY tenancy_bound ON "public"."pages" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_bound_update ON "public"."pages";
DROP POLICY IF EXISTS tenancy_bound_delete ON "public"."pages";
DROP POLICY IF EXISTS tenancy_allow ON "public"."pages";
REVOKE ALL ON "public"."pages" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."pages";
DROP POLICY IF EXISTS tenancy_owner ON "public"."pages";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."pages";
ALTER TABLE "public"."pages" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."pages"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.documents
DROP POLICY IF EXISTS tenancy_allow ON "public"."documents";
REVOKE ALL ON "public"."documents" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."documents";
DROP POLICY IF EXISTS tenancy_owner ON "public"."documents";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."documents";
ALTER TABLE "public"."documents" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."documents"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- Odd Names.order
DROP POLICY IF EXISTS tenancy_allow ON "Odd Names"."order";
REVOKE ALL ON "Odd Names"."order" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "Odd Names"."order";
DROP POLICY IF EXISTS tenancy_owner ON "Odd Names"."order";
DROP POLICY IF EXISTS tenancy_ask_owner ON "Odd Names"."order";
ALTER TABLE "Odd Names"."order" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"Odd Names"."order"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- ===== What is taken away ===========================================================================================

DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('usage', 0, '"public" to "tenancy_app"');
  IF FOUND AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenancy_app') THEN
    REVOKE USAGE ON SCHEMA "public" FROM "tenancy_app";
  END IF;
END $tenancy$;

DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('usage', 0, '"Odd Names" to "tenancy_app"');
  IF FOUND AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenancy_app') THEN
    REVOKE USAGE ON SCHEMA "Odd Names" FROM "tenancy_app";
  END IF;
END $tenancy$;

-- ===== Keys =========================================================================================================

-- The tenant leads each key, so that it holds within a tenant and tells nothing about another's rows, and so that its
-- index serves row-level security. Foreign keys pair the tenant with the tenant, since PostgreSQL checks them past
-- row-level security; while one is added, row-level security is lifted from the owner, whose query the check is.

-- public.tasks
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."tasks"'), 'tasks_parent_id_fkey');
  IF FOUND THEN
    ALTER TABLE "public"."tasks" DROP CONSTRAINT IF EXISTS "tasks_parent_id_fkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."tasks"'), 'tasks_project_id_fkey');
  IF FOUND THEN
    ALTER TABLE "public"."tasks" DROP CONSTRAINT IF EXISTS "tasks_project_id_fkey";
  END IF;
END $tenancy$;

-- public.documents
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."documents"'), 'documents_project_id_fkey');
  IF FOUND THEN
    ALTER TABLE "public"."documents" DROP CONSTRAINT IF EXISTS "documents_project_id_fkey";
  END IF;
END $tenancy$;

-- public.ticks
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."ticks"'), 'ticks_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."ticks" DROP CONSTRAINT IF EXISTS "ticks_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."ticks"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."ticks"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."ticks" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."ticks"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."ticks"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."ticks" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.tasks
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('index', to_regclass('"public"."tasks"'), 'tasks_tenant_id_parent_id_idx');
  IF FOUND THEN
    DROP INDEX IF EXISTS "public"."tasks_tenant_id_parent_id_idx";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('index', to_regclass('"public"."tasks"'), 'tasks_tenant_id_project_id_idx');
  IF FOUND THEN
    DROP INDEX IF EXISTS "public"."tasks_tenant_id_project_id_idx";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."tasks"'), 'tasks_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."tasks" DROP CONSTRAINT IF EXISTS "tasks_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."tasks"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."tasks"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."tasks" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."tasks"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."tasks"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."tasks" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.samples
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."samples"'), 'samples_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."samples" DROP CONSTRAINT IF EXISTS "samples_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."samples"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."samples"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."samples" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."samples"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."samples"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."samples" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.projects
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('index', to_regclass('"public"."projects"'), 'projects_tenant_id_status_idx');
  IF FOUND THEN
    DROP INDEX IF EXISTS "public"."projects_tenant_id_status_idx";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."projects"'), 'projects_tenant_id_slug_key');
  IF FOUND THEN
    ALTER TABLE "public"."projects" DROP CONSTRAINT IF EXISTS "projects_tenant_id_slug_key";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."projects"'), 'projects_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."projects" DROP CONSTRAINT IF EXISTS "projects_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."projects"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."projects"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."projects" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."projects"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."projects"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."projects" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.pages
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."pages"'), 'pages_tenant_id_path_key');
  IF FOUND THEN
    ALTER TABLE "public"."pages" DROP CONSTRAINT IF EXISTS "pages_tenant_id_path_key";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."pages"'), 'pages_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."pages" DROP CONSTRAINT IF EXISTS "pages_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."pages"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."pages"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."pages" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."pages"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."pages"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."pages" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.documents
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('index', to_regclass('"public"."documents"'), 'documents_tenant_id_project_id_idx');
  IF FOUND THEN
    DROP INDEX IF EXISTS "public"."documents_tenant_id_project_id_idx";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."documents"'), 'documents_tenant_id_name_key');
  IF FOUND THEN
    ALTER TABLE "public"."documents" DROP CONSTRAINT IF EXISTS "documents_tenant_id_name_key";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."documents"'), 'documents_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."documents" DROP CONSTRAINT IF EXISTS "documents_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."documents"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."documents"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."documents" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."documents"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."documents"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."documents" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- Odd Names.order
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"Odd Names"."order"'), 'order_owner_type_key');
  IF FOUND THEN
    ALTER TABLE "Odd Names"."order" DROP CONSTRAINT IF EXISTS "order_owner_type_key";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"Odd Names"."order"'), 'order_pkey');
  IF FOUND THEN
    ALTER TABLE "Odd Names"."order" DROP CONSTRAINT IF EXISTS "order_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"Odd Names"."order"'), 'Id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"Odd Names"."order"') AND attname = 'Id' AND NOT attisdropped) THEN
    ALTER TABLE "Odd Names"."order" ALTER COLUMN "Id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"Odd Names"."order"'), 'owner');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"Odd Names"."order"') AND attname = 'owner' AND NOT attisdropped) THEN
    ALTER TABLE "Odd Names"."order" ALTER COLUMN "owner" DROP NOT NULL;
  END IF;
END $tenancy$;

-- ===== What is taken away ===========================================================================================

DO $tenancy$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenancy_app') THEN
    REVOKE ALL ON FUNCTION tenancy.current_tenant(), tenancy.readable_tenant() FROM "tenancy_app";
    REVOKE ALL ON SCHEMA tenancy FROM "tenancy_app";
  END IF;
END $tenancy$;

-- ===== Foundation ===================================================================================================

DROP FUNCTION tenancy.maintenance(regclass[]);
DROP TABLE tenancy.lifted;
DROP FUNCTION tenancy.put_back();
DROP FUNCTION tenancy.owner_tenant();
DROP FUNCTION tenancy.readable_tenant();
DROP FUNCTION tenancy.current_tenant();
DROP DOMAIN tenancy.bound_public;
DROP DOMAIN tenancy.bound;
DROP TABLE tenancy.emitted;
DROP SCHEMA tenancy;

SELECT set_config('search_path', current_setting('tenancy.search_path'), true);
