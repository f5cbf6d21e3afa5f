-- Who read across tenants, when and why: written before anything is read. The role gives what it is asked for, and the
-- defaults say the rest, which it cannot. It can neither read nor change what stands there.
CREATE TABLE IF NOT EXISTS tenancy.cross_tenant_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  login name NOT NULL DEFAULT session_user,
  backend integer NOT NULL DEFAULT pg_backend_pid(),
  client inet DEFAULT inet_client_addr(),
  application_name text NOT NULL DEFAULT current_setting('application_name'),
  use uuid NOT NULL,
  event text NOT NULL CHECK (event IN ('read', 'sweep', 'sweep ended')),
  requested_by text NOT NULL CHECK (requested_by <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  detail text);
REVOKE ALL ON tenancy.cross_tenant_audit FROM PUBLIC;
