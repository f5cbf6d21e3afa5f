-- The group that reads every tenant's rows, for reports and support: its logins have BYPASSRLS themselves, since members do
-- not inherit that. It writes nothing but the audit.
DO {tag}
DECLARE
  reader record;
BEGIN
  SELECT oid, rolsuper INTO reader FROM pg_roles WHERE rolname = {role_literal};
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
      RAISE EXCEPTION 'tenancy: the cross-tenant role % does not exist, and % may not create it', {role_literal}, current_user
        USING HINT = format('Run once, as an administrator: CREATE ROLE %I NOLOGIN', {role_literal});
    END IF;
    BEGIN
      CREATE ROLE {role} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the whole server: a migration of another database was faster.
      NULL;
    END;
  ELSIF reader.rolsuper THEN
    RAISE EXCEPTION 'tenancy: the cross-tenant role % is a superuser, and would not be held by grants', {role_literal}
      USING HINT = format('Run once, as an administrator: ALTER ROLE %I NOSUPERUSER', {role_literal});
  END IF;
END {tag};
GRANT USAGE ON SCHEMA tenancy TO {role};
