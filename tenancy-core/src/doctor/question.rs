//! The doctor's question: one message, made of the SQL files of this folder and of verification.

use std::fmt::Write as _;

use crate::schema::emit::quote::{self, literal, literals};
use crate::schema::emit::{self, change, part};
use crate::schema::model::{Entity, Model};
use crate::schema::verify::{Asked, CHECKS, PREAMBLE, Shared, fill, functions, shared, values};

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
    let listed = model.all().map(|entity| {
        let Entity { table, public_read: public, .. } = entity;
        let tenant = entity.tenant();
        let adopting = model.adopting.contains(entity);
        Asked { schema: &table.schema, table: &table.name, tenant, adopting, public: *public }
    });
    let text = format!(
        "{BEHAVIOUR}{PREAMBLE}{further}found (code, object, problem, mend) AS (\n{checks})\n\
         SELECT DISTINCT ON (code, object) code, object, problem, coalesce(mend, '') AS mend FROM found ORDER BY code, object, mend",
        further = include_str!("sql/preamble.sql"),
        checks = checks.join("UNION ALL\n"),
    );
    let (emitted, provisioned) = (emit::foundation_sql(model), emit::provision(model));
    let asker = "SELECT oid FROM runtime WHERE oid IS NOT NULL";
    let mut words = values(listed, &model.runtime_role, START, asker);
    let globals = model.globals.iter().map(|Entity { table, writable, .. }| Shared {
        schema: &table.schema,
        table: &table.name,
        writable: *writable,
    });
    words.extend([
        ("globals", shared(globals)),
        ("owner_tenant", body("FUNCTION tenancy.owner_tenant()", &emitted)),
        ("maintenance", body("FUNCTION tenancy.maintenance(VARIADIC", &emitted)),
        ("put_back", body("FUNCTION tenancy.put_back()", &emitted)),
        ("guard", body("FUNCTION tenancy.guard()", &provisioned)),
        ("guarded", guarded(&provisioned).to_owned()),
        ("cross_tenant", literal(model.cross_tenant_role.as_deref().unwrap_or_default())),
        ("reserved", literals(RESERVED)),
        ("version", version.unwrap_or(NO_VERSION).to_string()),
        ("parts", parts(model)),
        ("columns", columns(model)),
        ("retired", retired(model)),
        // Of every function with its owner's rights there is a finding anyway.
        ("functions", functions(&[])),
    ]);
    fill(&text, &words)
}

/// The body of a function in emitted SQL, with each run of blanks as one, as the SQL compares it.
fn body(function: &str, emitted: &str) -> String {
    let quoted = emitted.split_once(function).and_then(|(_, rest)| {
        let (tag, rest) = rest.split_once(" AS $")?.1.split_once('$')?;
        Some(rest.split_once(&format!("${tag}$"))?.0)
    });
    literal(&quoted.unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

/// The commands that the guard watches, as a list of literals.
fn guarded(provisioned: &str) -> &str {
    let tags = provisioned.split_once("WHEN TAG IN (").and_then(|(_, rest)| rest.split_once(')'));
    tags.map_or("", |(tags, _)| tags)
}

/// Functions of PostgreSQL's own, and of its extensions, that lead from one tenant to another.
const RESERVED: [&str; 14] = [
    "pg_cancel_backend",
    "pg_terminate_backend",
    "lo_create",
    "lo_creat",
    "lo_from_bytea",
    "lo_get",
    "lo_put",
    "lo_open",
    "lo_unlink",
    "loread",
    "lowrite",
    "dblink",
    "dblink_exec",
    "dblink_connect",
];

/// What adds the primary key of a table, given as findings name it.
pub(super) fn primary_key(model: &Model, name: &str) -> Option<String> {
    let entity = model.all().find(|entity| quote::prints(&entity.table, name))?;
    if entity.id().next().is_none() {
        // Found in a database, and never in a struct.
        let (table, tenant) = (quote::table(&entity.table), quote::ident(entity.tenant()));
        return Some(format!(
            "-- ALTER TABLE {table} ADD PRIMARY KEY ({tenant}, ..), with what tells a tenant's rows apart"
        ));
    }
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
          answer := pg_catalog.concat_ws(', ', nullif(answer, ''), 'it accepts ' || coalesce(bad::pg_catalog.text, 'NULL') || ' where another tenant is bound');
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

/// Every key and index that the entities ask for, by its number.
fn wanted(model: &Model) -> impl Iterator<Item = (usize, &Entity, change::Part<'_>)> {
    let parts = model
        .all()
        .chain(&model.globals)
        .flat_map(|entity| change::parts(entity).into_iter().map(move |wanted| (entity, wanted)));
    parts.enumerate().map(|(number, (entity, wanted))| (number, entity, wanted))
}

/// What adds the part of a number.
pub(super) fn add_part(model: &Model, number: usize) -> Option<String> {
    let (_, entity, part) = wanted(model).nth(number)?;
    let sql = part::add(entity, &part, &quote::tag(None, model));
    Some(format!("SET LOCAL search_path = pg_catalog, pg_temp;\n{}", sql.trim_end()))
}

fn parts(model: &Model) -> String {
    let rows = wanted(model).filter_map(|(number, entity, wanted)| {
        let (kind, expected, name) = part::expected(entity, &wanted)?;
        let (schema, table) = (literal(&entity.table.schema), literal(&entity.table.name));
        Some(format!("({schema}, {table}, {}, {expected}, {}, {number})", literal(kind), literal(&name)))
    });
    rows_of(rows, "'', '', '', '', '', 0")
}

/// Every column of every entity, and who writes it.
fn columns(model: &Model) -> String {
    let rows = model.all().chain(&model.globals).flat_map(|entity| {
        let written = entity.tenant.is_some() || entity.writable;
        entity.columns.iter().map(move |column| {
            let has =
                |mut columns: Box<dyn Iterator<Item = &str> + '_>| columns.any(|name| name == column.name);
            format!(
                "({}, {}, {}, {}, {})",
                literals([entity.table.schema.as_str(), &entity.table.name, &column.name]),
                column.nullable,
                written && has(Box::new(entity.insertable())),
                written && has(Box::new(entity.updatable())),
                literal(column.sql_type.as_deref().unwrap_or_default()),
            )
        })
    });
    rows_of(rows, "'', '', '', false, false, false, ''")
}

fn retired(model: &Model) -> String {
    let rows =
        model.retired.iter().map(|table| format!("({})", literals([table.schema.as_str(), &table.name])));
    rows_of(rows, "'', ''")
}

/// `nothing` is a row of the right types, for when there is none.
fn rows_of(rows: impl Iterator<Item = String>, nothing: &str) -> String {
    let mut sql = String::new();
    for row in rows {
        let _ = write!(sql, "{}{row}", if sql.is_empty() { "  VALUES " } else { ",\n         " });
    }
    if sql.is_empty() {
        sql = format!("  SELECT {nothing} WHERE false");
    }
    sql
}
