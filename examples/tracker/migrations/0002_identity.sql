-- Tenants, their members, sessions, API keys and revocations, for `tenancy::auth::PgIdentity`. Put it into a migration of
-- your own. It can be applied more than once.
--
-- What stands here decides who gets a token, so the application's login has no business here: the store has a login of its
-- own, a member of the group tenancy_identity. Row-level security keeps everybody else out, whatever is granted one day.
DO $identity$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenancy_identity') THEN
    CREATE ROLE tenancy_identity NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  -- Roles belong to the whole server: a migration of another database was faster.
  NULL;
END $identity$;

CREATE SCHEMA IF NOT EXISTS tenancy_identity;
REVOKE ALL ON SCHEMA tenancy_identity FROM PUBLIC;
GRANT USAGE ON SCHEMA tenancy_identity TO tenancy_identity;

CREATE TABLE IF NOT EXISTS tenancy_identity.tenants (
  id uuid PRIMARY KEY CHECK (id <> '00000000-0000-0000-0000-000000000000'),
  -- A label of a host name, as tenancy::Label reads it.
  label text NOT NULL UNIQUE CHECK (label ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  suspended_at timestamptz
);

-- A subject is unique within its realm, which is the issuer of its tokens, and not beyond (OpenID Connect Core 1.0, section 2).
CREATE TABLE IF NOT EXISTS tenancy_identity.members (
  realm text NOT NULL,
  subject text NOT NULL CHECK (subject <> ''),
  tenant uuid NOT NULL REFERENCES tenancy_identity.tenants ON DELETE CASCADE,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (realm, subject, tenant)
);
CREATE INDEX IF NOT EXISTS members_tenant_idx ON tenancy_identity.members (tenant);

-- Sessions and API keys: of the secret nothing but its SHA-256, which is enough for 256 random bits.
CREATE TABLE IF NOT EXISTS tenancy_identity.credentials (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('session', 'api key')),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  realm text NOT NULL,
  subject text NOT NULL CHECK (subject <> ''),
  -- None: the session is of a user, and each request says for which tenant it is.
  tenant uuid REFERENCES tenancy_identity.tenants ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX IF NOT EXISTS credentials_subject_idx ON tenancy_identity.credentials (realm, subject);
CREATE INDEX IF NOT EXISTS credentials_tenant_idx ON tenancy_identity.credentials (tenant);
CREATE INDEX IF NOT EXISTS credentials_expires_at_idx ON tenancy_identity.credentials (expires_at);

-- Single tokens, by the SHA-256 of their jti, until they expire by themselves.
CREATE TABLE IF NOT EXISTS tenancy_identity.revoked_tokens (
  realm text NOT NULL,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (realm, hash)
);
CREATE INDEX IF NOT EXISTS revoked_tokens_expires_at_idx ON tenancy_identity.revoked_tokens (expires_at);

-- Nothing counts that was issued before. The nil tenant is every tenant, an empty subject everybody, an empty realm all.
CREATE TABLE IF NOT EXISTS tenancy_identity.cut_offs (
  realm text NOT NULL,
  tenant uuid NOT NULL,
  subject text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, subject, realm)
);

DO $identity$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['tenants', 'members', 'credentials', 'revoked_tokens', 'cut_offs'] LOOP
    EXECUTE format('ALTER TABLE tenancy_identity.%I ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE format('DROP POLICY IF EXISTS identity ON tenancy_identity.%I', relation);
    EXECUTE format('CREATE POLICY identity ON tenancy_identity.%I TO tenancy_identity USING (true) WITH CHECK (true)', relation);
    EXECUTE format('REVOKE ALL ON tenancy_identity.%I FROM PUBLIC', relation);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy_identity.%I TO tenancy_identity', relation);
  END LOOP;
END $identity$;
