-- Columns only: keys and isolation are emitted.
CREATE TABLE artist (id integer, tenant_id uuid, name text);
CREATE TABLE album (id integer, tenant_id uuid, title text NOT NULL, artist_id integer NOT NULL);
CREATE TABLE genre (id integer, tenant_id uuid, name text);
CREATE TABLE media_type (id integer, tenant_id uuid, name text);
CREATE TABLE playlist (id integer, tenant_id uuid, name text);
CREATE TABLE playlist_track (tenant_id uuid, playlist_id integer, track_id integer);

CREATE TABLE track (
    id            integer,
    tenant_id     uuid,
    name          text           NOT NULL,
    album_id      integer,
    media_type_id integer        NOT NULL,
    genre_id      integer,
    composer      text,
    milliseconds  integer        NOT NULL,
    bytes         integer,
    unit_price    numeric(10, 2) NOT NULL
);

CREATE TABLE employee (
    id          integer,
    tenant_id   uuid,
    last_name   text NOT NULL,
    first_name  text NOT NULL,
    title       text,
    reports_to  integer,
    birth_date  timestamptz,
    hire_date   timestamptz,
    address     text,
    city        text,
    state       text,
    country     text,
    postal_code text,
    phone       text,
    fax         text,
    email       text
);

CREATE TABLE customer (
    id             integer,
    tenant_id      uuid,
    first_name     text NOT NULL,
    last_name      text NOT NULL,
    company        text,
    address        text,
    city           text,
    state          text,
    country        text,
    postal_code    text,
    phone          text,
    fax            text,
    email          text NOT NULL,
    support_rep_id integer
);

CREATE TABLE invoice (
    id                  integer,
    tenant_id           uuid,
    customer_id         integer        NOT NULL,
    invoice_date        timestamptz    NOT NULL,
    billing_address     text,
    billing_city        text,
    billing_state       text,
    billing_country     text,
    billing_postal_code text,
    total               numeric(10, 2) NOT NULL
);

CREATE TABLE invoice_line (
    id         integer,
    tenant_id  uuid,
    invoice_id integer        NOT NULL,
    track_id   integer        NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    quantity   integer        NOT NULL
);
