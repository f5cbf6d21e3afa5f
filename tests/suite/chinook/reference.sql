-- Each tenant's database as it would be if there were no other tenant: no tenant column, no row-level security.
DO $$
DECLARE
    tables CONSTANT text[] := '{artist, album, genre, media_type, playlist, track, playlist_track, employee, customer,
                                invoice, invoice_line}';
    single text;
    name text;
BEGIN
    FOREACH single IN ARRAY '{ref_1, ref_2, ref_3}'::text[] LOOP
        EXECUTE format('CREATE SCHEMA %I', single);
        FOREACH name IN ARRAY tables LOOP
            EXECUTE format('CREATE TABLE %I.%I (LIKE public.%2$I)', single, name);
            EXECUTE format('ALTER TABLE %I.%I DROP COLUMN tenant_id', single, name);
            EXECUTE format('ALTER TABLE %I.%I ADD PRIMARY KEY (%s)', single, name,
                           CASE name WHEN 'playlist_track' THEN 'playlist_id, track_id' ELSE 'id' END);
        END LOOP;
    END LOOP;
END $$;
