-- Columns only: keys and isolation are emitted.
CREATE SCHEMA kinds;
GRANT USAGE ON SCHEMA kinds TO PUBLIC;
CREATE TYPE kinds.project_status AS ENUM ('draft', 'active', 'archived');

CREATE TABLE projects (
    id         uuid                 NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid                 NOT NULL,
    slug       text                 NOT NULL,
    name       text                 NOT NULL,
    status     kinds.project_status NOT NULL DEFAULT 'draft',
    note       text,
    created_at timestamptz          NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE tasks (
    id         uuid    NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid    NOT NULL,
    project_id uuid    NOT NULL,
    parent_id  uuid,
    title      text    NOT NULL,
    done       boolean NOT NULL DEFAULT false
);

CREATE TABLE documents (
    id         bigint      NOT NULL,
    tenant_id  uuid        NOT NULL,
    project_id uuid        NOT NULL,
    name       text        NOT NULL,
    body       text        NOT NULL,
    tags       text[]      NOT NULL,
    scores     integer[],
    version    integer     NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT '2020-01-01 00:00:00+00',
    deleted_at timestamptz
);

-- One column of every type that the crate promises.
CREATE SCHEMA "Odd Names";
CREATE TABLE "Odd Names"."order" (
    "Id"      bigint NOT NULL,
    owner     uuid   NOT NULL,
    type      text   NOT NULL,
    "a""b"    integer,
    "SELECT"  boolean NOT NULL DEFAULT true
);

CREATE TABLE samples (
    id         integer          NOT NULL,
    tenant_id  uuid             NOT NULL,
    a_bool     boolean          NOT NULL,
    an_i16     smallint         NOT NULL,
    an_i32     integer          NOT NULL,
    an_i64     bigint           NOT NULL,
    an_f32     real             NOT NULL,
    an_f64     double precision NOT NULL,
    a_string   text             NOT NULL,
    bytes      bytea            NOT NULL,
    a_uuid     uuid             NOT NULL,
    at_chrono  timestamptz      NOT NULL,
    on_chrono  date             NOT NULL,
    at_time    timestamptz      NOT NULL,
    json       jsonb            NOT NULL,
    shape      jsonb            NOT NULL,
    status     kinds.project_status NOT NULL,
    email      text             NOT NULL,
    m_bool     boolean,
    m_i64      bigint,
    m_string   text,
    m_bytes    bytea,
    m_chrono   timestamptz,
    m_json     jsonb,
    m_status   kinds.project_status
);

-- Every column but the tenant's is the database's.
CREATE TABLE ticks (
    id        uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);

-- What visitors read.
CREATE TABLE pages (
    id        uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    path      text NOT NULL,
    text      text NOT NULL
);

-- Belongs to a schema list of its own: see `common::ELSEWHERE`.
CREATE TABLE notes (
    id        uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    text      text NOT NULL
);

-- What hand-written statements call: see `common::OPEN_TASKS`.
CREATE FUNCTION open_tasks(project uuid) RETURNS bigint STABLE LANGUAGE sql
    AS 'SELECT count(*) FROM public.tasks AS t WHERE t.project_id = project AND NOT t.done';
-- Of its owner's rights, and not listed.
CREATE FUNCTION unlisted(project uuid) RETURNS bigint STABLE LANGUAGE sql SECURITY DEFINER
    AS 'SELECT count(*) FROM public.tasks AS t WHERE t.project_id = project';
