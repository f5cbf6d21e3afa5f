-- ===== Foundation ===================================================================================================

-- The group that holds the runtime grants. It cannot log in: the application's logins are members of it, so that
-- credentials rotate without a migration.
DO {tag}
DECLARE
  runtime record;
BEGIN
  SELECT rolsuper, rolbypassrls INTO runtime FROM pg_roles WHERE rolname = {role_literal};
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
      RAISE EXCEPTION 'tenancy: the runtime role % does not exist, and % may not create it', {role_literal}, current_user
        USING HINT = format('Run once, as an administrator: CREATE ROLE %I NOLOGIN', {role_literal});
    END IF;
    BEGIN
      CREATE ROLE {role} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the whole server: a migration of another database was faster.
      NULL;
    END;
  ELSIF runtime.rolsuper OR runtime.rolbypassrls THEN
    RAISE EXCEPTION 'tenancy: row-level security does not hold for the runtime role %', {role_literal}
      USING HINT = format('Run once, as an administrator: ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', {role_literal});
  END IF;
END {tag};

DO {tag}
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
END {tag};
REVOKE ALL ON SCHEMA tenancy FROM PUBLIC;
GRANT USAGE ON SCHEMA tenancy TO {role};

-- What binds a tenant. A statement's first parameter is declared as this domain; PostgreSQL evaluates the CHECK while it
-- reads the parameter, before it plans or runs the statement; and the CHECK sets app.tenant_id for the transaction. So one
-- parameter is the predicate and the binding, and nothing outlives the transaction.
--   One tenant per transaction: a second one is refused. NULL and the nil UUID are refused.
--   The CHECK is never NULL, which would pass, and it is written out here: PostgreSQL would put the text of a function
--   that it called into the plans of sessions that live, and they would miss when the function is replaced.
-- The domain is never dropped: sessions that live know it by its id. What differs is the constraint, which is swapped.
DO {tag}
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
     IS DISTINCT FROM ARRAY[{bound_check}] THEN
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
END {tag};
-- Binding needs no USAGE. Without it nobody makes a column of this type, which would break a restore.
REVOKE ALL ON TYPE tenancy.bound FROM PUBLIC;

-- Who is bound: what every policy asks. STABLE, since IMMUTABLE would let a cached plan serve another tenant's rows, and
-- VOLATILE would not use an index. The body is an expression and not a string, so that its names are resolved now and no
-- search_path can put others in their place. After a transaction that set it, the setting is '' and not NULL.
CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid;
REVOKE ALL ON FUNCTION tenancy.current_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.current_tenant() TO {role};
