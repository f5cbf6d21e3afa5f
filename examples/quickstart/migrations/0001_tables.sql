-- Written by hand: columns only. The keys and the isolation are the next file's, which `tenancy` emits.

-- Which tenants there are. The table belongs to no tenant, so the application's runtime role cannot read it.
CREATE TABLE tenants (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE projects (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    slug       text        NOT NULL,
    name       text        NOT NULL,
    archived   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tasks (
    id         uuid    NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    project_id uuid    NOT NULL,
    title      text    NOT NULL,
    done       boolean NOT NULL DEFAULT false
);
