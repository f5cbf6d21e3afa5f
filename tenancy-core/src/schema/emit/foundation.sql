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

-- What binds a tenant. A statement's first parameter is declared as this domain; PostgreSQL evaluates the CHECK while it
-- reads the parameter, before it plans or runs the statement; and the CHECK sets app.tenant_id for the transaction. So one
-- parameter is the predicate and the binding, and nothing outlives the transaction.
--   One tenant per transaction: a second one is refused. NULL and the nil UUID are refused.
--   The CHECK is never NULL, which would pass, and it is written out here: PostgreSQL would put the text of a function
--   that it called into the plans of sessions that live, and they would miss when the function is replaced.
-- The domain is never dropped: sessions that live know it by its id. What differs is the constraint, which is swapped.
{bound}-- Binding needs no USAGE. Without it nobody makes a column of this type, which would break a restore.
REVOKE ALL ON TYPE tenancy.bound FROM PUBLIC;

-- Who is bound: what every policy asks. STABLE, since IMMUTABLE would let a cached plan serve another tenant's rows, and
-- VOLATILE would not use an index. The body is an expression and not a string, so that its names are resolved now and no
-- search_path can put others in their place. After a transaction that set it, the setting is '' and not NULL.
CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid;
REVOKE ALL ON FUNCTION tenancy.current_tenant() FROM PUBLIC;

-- Visitors, whom nobody has authenticated: a host name says which tenant's public rows they read. That is a binding of its
-- own, which opens nothing but SELECT on the tables that are marked public_read. It is refused where a tenant is bound.
{bound_public}REVOKE ALL ON TYPE tenancy.bound_public FROM PUBLIC;

-- Whose rows may be read, where a table is public: those of the tenant that is bound, and else those that a visitor asks for.
CREATE OR REPLACE FUNCTION tenancy.readable_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(pg_catalog.current_setting('app.tenant_id', true), ''),
                  nullif(pg_catalog.current_setting('app.public_tenant_id', true), ''))::uuid;
REVOKE ALL ON FUNCTION tenancy.readable_tenant() FROM PUBLIC;

-- Who is bound, for the owner, who is told when nobody is. Forced row-level security holds it too, and a data migration
-- that touched no rows, or a report without any, would otherwise be silent.
CREATE OR REPLACE FUNCTION tenancy.owner_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp AS {tag}
BEGIN
  IF coalesce(current_setting('app.tenant_id', true), '') = '' THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'tenancy: no tenant is bound, and row-level security holds the owner of the table too',
      HINT = 'For a data migration, begin the transaction with: SELECT tenancy.maintenance(''schema.table'', ..);';
  END IF;
  RETURN current_setting('app.tenant_id')::uuid;
END {tag};
REVOKE ALL ON FUNCTION tenancy.owner_tenant() FROM PUBLIC;

-- The tables whose owner is not held until this transaction ends: see tenancy.maintenance. A row cannot be committed: the
-- foreign key, which is checked then, refers to a row that never is. Only the trigger below takes rows out, and it stands
-- before the check ("Put_back" sorts before PostgreSQL's "RI_ConstraintTrigger"): so dropping it ends in an error.
CREATE TABLE IF NOT EXISTS tenancy.lifted (
  relation regclass PRIMARY KEY CHECK (relation <> 0),
  never regclass NOT NULL DEFAULT 0 CHECK (never = 0)
    CONSTRAINT not_committed REFERENCES tenancy.lifted DEFERRABLE INITIALLY DEFERRED);
REVOKE ALL ON tenancy.lifted FROM PUBLIC;
CREATE OR REPLACE FUNCTION tenancy.put_back() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS {tag}
BEGIN
  IF EXISTS (SELECT FROM pg_class WHERE oid = NEW.relation) THEN
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', NEW.relation);
  END IF;
  -- All of it, whatever was done to the rows: those of other transactions are not seen here.
  DELETE FROM tenancy.lifted;
  RETURN NULL;
END {tag};
REVOKE ALL ON FUNCTION tenancy.put_back() FROM PUBLIC;
DO {tag} BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'tenancy.lifted'::regclass AND tgname = 'Put_back') THEN
    CREATE CONSTRAINT TRIGGER "Put_back" AFTER INSERT ON tenancy.lifted DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION tenancy.put_back();
  END IF;
END {tag};
-- In replication sessions too, where ordinary triggers are silent.
ALTER TABLE tenancy.lifted ENABLE ALWAYS TRIGGER "Put_back";

-- For data migrations: the owner sees every row of these tables until the transaction ends. The tables are locked for
-- everybody else until then, so nobody reads them unguarded; and what is lifted is put back by a deferred trigger while the
-- transaction commits, or the transaction does not commit.
CREATE OR REPLACE FUNCTION tenancy.maintenance(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS {tag}
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
END {tag};
REVOKE ALL ON FUNCTION tenancy.maintenance(regclass[]) FROM PUBLIC;

-- What emission made. It drops nothing else. `relation` is 0 where the thing belongs to none.
CREATE TABLE IF NOT EXISTS tenancy.emitted (kind text, relation regclass, name text, PRIMARY KEY (kind, relation, name));
REVOKE ALL ON tenancy.emitted FROM PUBLIC;
