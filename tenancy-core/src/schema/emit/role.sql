-- The group that holds the runtime grants. It cannot log in: the application's logins are members of it, so that
-- credentials rotate without a migration.
{ensured}GRANT USAGE ON SCHEMA tenancy TO {role};
GRANT EXECUTE ON FUNCTION tenancy.current_tenant(), tenancy.readable_tenant() TO {role};
