DO {tag}
DECLARE
  held text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = 'tenancy'::regnamespace AND typname = '{name}') THEN
    CREATE DOMAIN tenancy.{name} AS uuid;
  ELSIF NOT EXISTS (SELECT FROM pg_type WHERE oid = 'tenancy.{name}'::regtype AND typtype = 'd' AND typbasetype = 'uuid'::regtype) THEN
    RAISE EXCEPTION 'tenancy: tenancy.{name} exists and is no domain over uuid' USING HINT = 'Rename it.';
  END IF;
  IF ARRAY(SELECT regexp_replace(pg_get_constraintdef(oid), '[[:space:]]+', ' ', 'g') FROM pg_constraint
            WHERE contypid = 'tenancy.{name}'::regtype)
     IS DISTINCT FROM ARRAY[{pinned}] THEN
    FOR held IN SELECT conname FROM pg_constraint WHERE contypid = 'tenancy.{name}'::regtype LOOP
      EXECUTE format('ALTER DOMAIN tenancy.{name} DROP CONSTRAINT %I', held);
    END LOOP;
    ALTER DOMAIN tenancy.{name} ADD CONSTRAINT one_tenant_per_transaction CHECK (
{check});
  END IF;
END {tag};
