-- A database as teams make them by hand, with ten mistakes in it. Two tenants, each with a customer and an invoice.
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE shop_app LOGIN NOINHERIT PASSWORD 'app' CREATEDB;  -- 1: more than an application needs
CREATE ROLE shop_report LOGIN PASSWORD 'report' BYPASSRLS;  -- 2: a login that no policy holds
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO shop_report', current_database()); END $$;
ALTER SCHEMA public OWNER TO shop_owner;
GRANT CREATE ON SCHEMA public TO PUBLIC;  -- 3: anybody makes objects
CREATE TABLE customers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),  -- 4: ids of all tenants in one key
  tenant_id uuid NOT NULL,
  email text NOT NULL UNIQUE,  -- 5: tells what other tenants have
  name text NOT NULL
);
CREATE TABLE invoices (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid,  -- 6: rows of nobody
  customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,  -- 7: attaches to another tenant's row
  amount bigint NOT NULL
);
ALTER TABLE customers OWNER TO shop_owner;
ALTER TABLE invoices OWNER TO shop_owner;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON customers USING (true);  -- 8: a policy that shows all rows
-- invoices: 9: no row-level security at all
CREATE VIEW totals AS SELECT customer_id, sum(amount) AS total FROM invoices GROUP BY 1;  -- 10: with its owner's rights
ALTER VIEW totals OWNER TO shop_owner;
GRANT ALL ON customers, invoices TO shop_app;
GRANT SELECT ON totals TO shop_app;
INSERT INTO customers VALUES
  ('00000000-0000-4000-8000-00000000000a', '0a000000-0000-4000-8000-000000000000', 'a@a.example', 'A'),
  ('00000000-0000-4000-8000-00000000000b', '0b000000-0000-4000-8000-000000000000', 'b@b.example', 'B');
INSERT INTO invoices (tenant_id, customer_id, amount) SELECT tenant_id, id, 100 FROM customers;
