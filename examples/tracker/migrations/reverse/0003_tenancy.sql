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

-- public.landings
DROP POLICY IF EXISTS tenancy_public ON "public"."landings";
DROP POLICY IF EXISTS tenancy_bound ON "public"."landings";
CREATE POLICY tenancy_bound ON "public"."landings" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING ("tenant_id" = (SELECT tenancy.current_tenant()))
  WITH CHECK ("tenant_id" = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS tenancy_bound_update ON "public"."landings";
DROP POLICY IF EXISTS tenancy_bound_delete ON "public"."landings";
DROP POLICY IF EXISTS tenancy_allow ON "public"."landings";
REVOKE ALL ON "public"."landings" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."landings";
DROP POLICY IF EXISTS tenancy_owner ON "public"."landings";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."landings";
ALTER TABLE "public"."landings" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."landings"'::regclass)
      UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
    DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation
  LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);
  END LOOP;
END $tenancy$;

-- public.api_keys
DROP POLICY IF EXISTS tenancy_allow ON "public"."api_keys";
REVOKE ALL ON "public"."api_keys" FROM "tenancy_app";
DROP POLICY IF EXISTS tenancy_bound ON "public"."api_keys";
DROP POLICY IF EXISTS tenancy_owner ON "public"."api_keys";
DROP POLICY IF EXISTS tenancy_ask_owner ON "public"."api_keys";
ALTER TABLE "public"."api_keys" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DO $tenancy$
DECLARE
  child regclass;
BEGIN
  FOR child IN
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent IN (
        '"public"."api_keys"'::regclass)
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

-- ===== Keys =========================================================================================================

-- The tenant leads each key, so that it holds within a tenant and tells nothing about another's rows, and so that its
-- index serves row-level security. Foreign keys pair the tenant with the tenant, since PostgreSQL checks them past
-- row-level security; while one is added, row-level security is lifted from the owner, whose query the check is.

-- public.tasks
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."tasks"'), 'tasks_project_id_fkey');
  IF FOUND THEN
    ALTER TABLE "public"."tasks" DROP CONSTRAINT IF EXISTS "tasks_project_id_fkey";
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

-- public.projects
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."projects"'), 'projects_tenant_id_name_key');
  IF FOUND THEN
    ALTER TABLE "public"."projects" DROP CONSTRAINT IF EXISTS "projects_tenant_id_name_key";
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

-- public.landings
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."landings"'), 'landings_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."landings" DROP CONSTRAINT IF EXISTS "landings_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."landings"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."landings"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."landings" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."landings"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."landings"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."landings" ALTER COLUMN "tenant_id" DROP NOT NULL;
  END IF;
END $tenancy$;

-- public.api_keys
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('index', to_regclass('"public"."api_keys"'), 'api_keys_tenant_id_subject_idx');
  IF FOUND THEN
    DROP INDEX IF EXISTS "public"."api_keys_tenant_id_subject_idx";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('constraint', to_regclass('"public"."api_keys"'), 'api_keys_pkey');
  IF FOUND THEN
    ALTER TABLE "public"."api_keys" DROP CONSTRAINT IF EXISTS "api_keys_pkey";
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."api_keys"'), 'id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."api_keys"') AND attname = 'id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."api_keys" ALTER COLUMN "id" DROP NOT NULL;
  END IF;
END $tenancy$;
DO $tenancy$ BEGIN
  DELETE FROM tenancy.emitted WHERE (kind, relation, name) = ('not null', to_regclass('"public"."api_keys"'), 'tenant_id');
  IF FOUND AND EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('"public"."api_keys"') AND attname = 'tenant_id' AND NOT attisdropped) THEN
    ALTER TABLE "public"."api_keys" ALTER COLUMN "tenant_id" DROP NOT NULL;
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
