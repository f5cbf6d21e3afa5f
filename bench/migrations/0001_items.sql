-- Columns only: keys and isolation are emitted.
CREATE TABLE items (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid        NOT NULL,
    name       text        NOT NULL,
    status     text        NOT NULL DEFAULT 'open',
    amount     bigint      NOT NULL,
    done       boolean     NOT NULL DEFAULT false,
    note       text,
    created_at timestamptz NOT NULL DEFAULT now()
);
