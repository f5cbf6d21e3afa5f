-- Nothing has been changed yet when this fails.
DO {tag}
BEGIN
  IF current_setting('search_path') <> 'pg_catalog, pg_temp' THEN
    RAISE EXCEPTION 'tenancy: this file must run in one transaction'
      USING HINT = 'Apply it with sqlx''s migrator, or with psql --single-transaction.';
  END IF;
  IF current_setting('server_version_num')::integer < 150000 THEN
    RAISE EXCEPTION 'tenancy: PostgreSQL 15 or later is needed, and this is %', current_setting('server_version');
  END IF;
END {tag};
