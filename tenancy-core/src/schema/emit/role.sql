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
GRANT USAGE ON SCHEMA tenancy TO {role};
GRANT EXECUTE ON FUNCTION tenancy.current_tenant() TO {role};
