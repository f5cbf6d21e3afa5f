DROP FUNCTION tenancy.maintenance(regclass[]);
DROP TABLE tenancy.lifted;
DROP FUNCTION tenancy.put_back();
DROP FUNCTION tenancy.owner_tenant();
DROP FUNCTION tenancy.current_tenant();
DROP DOMAIN tenancy.bound;
DROP TABLE tenancy.emitted;
DROP SCHEMA tenancy;
