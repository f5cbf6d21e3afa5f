//! The doctor's question: one message, made of the SQL files of this folder and of verification.

use std::fmt::Write as _;

use crate::schema::emit::quote::{self, literal, literals};
use crate::schema::emit::{self, change, part};
use crate::schema::model::{Entity, Model};
use crate::schema::verify::{CHECKS, PREAMBLE, fill, values};

/// What stands in `server.sql`, for a server whose version is not known.
const NO_VERSION: u32 = 999_999;

/// The SQL. It holds names of the schema, quoted, and nothing else from outside.
pub(super) fn question(model: &Model, version: Option<u32>) -> String {
    let checks = [
        CHECKS,
        include_str!("sql/roles.sql"),
        include_str!("sql/tables.sql"),
        include_str!("sql/code.sql"),
        include_str!("sql/privileges.sql"),
        include_str!("sql/server.sql"),
    ];
    let listed = model.entities.iter().map(|entity| {
        let Entity { table, tenant, .. } = entity;
        (table.schema.as_str(), table.name.as_str(), tenant.as_str())
    });
    let text = format!(
        "{BEHAVIOUR}{PREAMBLE}{further}found (code, object, problem, mend) AS (\n{checks})\n\
         SELECT DISTINCT ON (code, object) code, object, problem, coalesce(mend, '') AS mend FROM found ORDER BY code, object, mend",
        further = include_str!("sql/preamble.sql"),
        checks = checks.join("UNION ALL\n"),
    );
    let asker = "SELECT oid FROM runtime WHERE oid IS NOT NULL";
    let mut words = values(listed, &model.runtime_role, START, asker);
    words.extend([
        ("owner_body", literal(emit::OWNER_TENANT_BODY)),
        ("version", version.unwrap_or(NO_VERSION).to_string()),
        ("parts", parts(model)),
        ("columns", columns(model)),
        ("retired", retired(model)),
    ]);
    fill(&text, &words)
}

/// What adds the primary key of a table, given as findings name it.
pub(super) fn primary_key(model: &Model, name: &str) -> Option<String> {
    let entity = model.entities.iter().find(|entity| quote::prints(&entity.table, name))?;
    let wanted =
        change::parts(entity).into_iter().find(|part| matches!(part, change::Part::PrimaryKey(_)))?;
    Some(part::add(entity, &wanted, &quote::tag(None, model)))
}

/// The foundation and the runtime role, as the emitted migrations have them.
pub(super) fn foundation(model: &Model) -> String {
    format!("SET LOCAL search_path = pg_catalog, pg_temp;\n{}", emit::foundation_sql(model))
}

/// The runtime role, and who is a member of it so that it can act as it. From PostgreSQL 16 on, the role that created it
/// is a member that cannot.
const START: &str = "SELECT oid FROM runtime WHERE oid IS NOT NULL
  UNION
  SELECT m.member FROM pg_auth_members m JOIN start s ON m.roleid = s.oid
   WHERE coalesce(to_jsonb(m) ->> 'inherit_option', 'true') = 'true' OR to_jsonb(m) ->> 'set_option' = 'true'";

/// Whether the domain binds, asked in a subtransaction that is rolled back. A setting carries the answer into the query
/// that follows.
const BEHAVIOUR: &str = "\
DO $tenancy_doctor$
DECLARE
  answer text := '';
  a uuid := '0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55';
  bad uuid;
BEGIN
  -- A tenant that is bound already is a finding of its own.
  IF pg_catalog.to_regtype('tenancy.bound') IS NOT NULL AND coalesce(pg_catalog.current_setting('app.tenant_id', true), '') = '' THEN
    BEGIN
      EXECUTE 'SELECT $1::tenancy.bound' USING a;
      IF pg_catalog.current_setting('app.tenant_id', true) IS DISTINCT FROM a::pg_catalog.text THEN
        answer := 'it does not bind';
      ELSIF tenancy.current_tenant() IS DISTINCT FROM a THEN
        answer := 'policies do not see the tenant that is bound';
      END IF;
      FOREACH bad IN ARRAY ARRAY['7e57ab1e-0000-4000-8000-000000000001', '00000000-0000-0000-0000-000000000000', NULL]::uuid[] LOOP
        BEGIN
          EXECUTE 'SELECT $1::tenancy.bound' USING bad;
          answer := pg_catalog.concat_ws(', ', pg_catalog.nullif(answer, ''), 'it accepts ' || coalesce(bad::pg_catalog.text, 'NULL') || ' where another tenant is bound');
        EXCEPTION WHEN check_violation THEN NULL;
        END;
      END LOOP;
      RAISE EXCEPTION USING ERRCODE = 'TNCY0';
    EXCEPTION
      WHEN SQLSTATE 'TNCY0' THEN NULL;
      WHEN insufficient_privilege THEN answer := '';
      WHEN OTHERS THEN answer := 'it raises ' || SQLSTATE;
    END;
  END IF;
  PERFORM pg_catalog.set_config('tenancy.behaviour', answer, true);
END $tenancy_doctor$;
";

/// Every key and index that the entities ask for, with what adds it.
fn parts(model: &Model) -> String {
    let tag = quote::tag(None, model);
    let rows = model.entities.iter().flat_map(|entity| {
        let tag = &tag;
        change::parts(entity).into_iter().filter_map(move |wanted| {
            let (kind, expected, name) = part::expected(entity, &wanted)?;
            let mend =
                format!("SET LOCAL search_path = pg_catalog, pg_temp;\n{}", part::add(entity, &wanted, tag));
            let (schema, table) = (literal(&entity.table.schema), literal(&entity.table.name));
            Some(format!(
                "({schema}, {table}, {}, {expected}, {}, {})",
                literal(kind),
                literal(&name),
                literal(mend.trim_end())
            ))
        })
    });
    rows_of(rows, 6)
}

/// Every column of every entity, and who writes it.
fn columns(model: &Model) -> String {
    let rows = model.entities.iter().flat_map(|entity| {
        entity.columns.iter().map(move |column| {
            let has =
                |mut columns: Box<dyn Iterator<Item = &str> + '_>| columns.any(|name| name == column.name);
            format!(
                "({}, {}, {}, {})",
                literals([entity.table.schema.as_str(), &entity.table.name, &column.name]),
                column.nullable,
                has(Box::new(entity.insertable())),
                has(Box::new(entity.updatable())),
            )
        })
    });
    rows_of(rows, 6)
}

fn retired(model: &Model) -> String {
    let rows =
        model.retired.iter().map(|table| format!("({})", literals([table.schema.as_str(), &table.name])));
    rows_of(rows, 2)
}

fn rows_of(rows: impl Iterator<Item = String>, columns: usize) -> String {
    let mut sql = String::new();
    for row in rows {
        let _ = write!(sql, "{}{row}", if sql.is_empty() { "  VALUES " } else { ",\n         " });
    }
    if sql.is_empty() {
        // Of no row, and so of no type that matters.
        let nothing = match columns {
            2 => "SELECT '', '' WHERE false",
            _ => "SELECT '', '', '', false, false, false WHERE false",
        };
        sql = format!("  {nothing}");
    }
    sql
}
