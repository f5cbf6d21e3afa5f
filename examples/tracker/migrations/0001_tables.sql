-- Written by hand: columns only. The tables of identities are the next file's, keys and isolation the one's after it.

-- What everybody sees of a tenant. One row each.
CREATE TABLE landings (
    id        uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    headline  text NOT NULL,
    text      text NOT NULL,
    UNIQUE (tenant_id)
);

CREATE TABLE projects (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tasks (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid        NOT NULL,
    project_id uuid        NOT NULL,
    title      text        NOT NULL,
    done       boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id         uuid        NOT NULL,
    tenant_id  uuid        NOT NULL,
    subject    text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
