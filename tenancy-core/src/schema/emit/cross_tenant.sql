-- The group that reads every tenant's rows, for reports and support: its logins have BYPASSRLS themselves, since members do
-- not inherit that. It writes nothing but the audit.
{ensured}GRANT USAGE ON SCHEMA tenancy TO {role};
GRANT INSERT (use, event, requested_by, reason, detail) ON tenancy.cross_tenant_audit TO {role};
