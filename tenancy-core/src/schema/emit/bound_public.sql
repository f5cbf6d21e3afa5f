      CASE WHEN VALUE IS NULL OR VALUE = '00000000-0000-0000-0000-000000000000'::uuid
             OR coalesce(current_setting('app.tenant_id', true), '') <> '' THEN false
           ELSE CASE coalesce(current_setting('app.public_tenant_id', true), '')
                  WHEN ''          THEN set_config('app.public_tenant_id', VALUE::text, true) IS NOT NULL
                  WHEN VALUE::text THEN true
                  ELSE false END END
