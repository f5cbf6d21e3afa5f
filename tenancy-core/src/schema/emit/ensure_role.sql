DO {tag}
DECLARE
  {kind} record;
BEGIN
  SELECT rolsuper, rolbypassrls INTO {kind} FROM pg_roles WHERE rolname = {role_literal};
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
      RAISE EXCEPTION 'tenancy: the {named} role % does not exist, and % may not create it', {role_literal}, current_user
        USING HINT = format('Run once, as an administrator: CREATE ROLE %I NOLOGIN', {role_literal});
    END IF;
    BEGIN
      CREATE ROLE {role} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the whole server: a migration of another database was faster.
      NULL;
    END;
  ELSIF {unfit} THEN
    RAISE EXCEPTION 'tenancy: {problem}', {role_literal}
      USING HINT = format('Run once, as an administrator: ALTER ROLE %I {attributes}', {role_literal});
  END IF;
END {tag};
