//! What `sql!` reads, and what it refuses and where: each refusal is shown as the user sees it.

use crate::sql::check::Role;
use crate::sql::read;

fn refusals(text: &str) -> Vec<String> {
    match read(text) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(|refusal| refusal.shown_in(text).to_string()).collect(),
    }
}

fn roles(text: &str) -> Vec<Role> {
    match read(text) {
        Ok((_, checked)) => checked.roles,
        Err(refusals) => {
            panic!("{text}\n{:?}", refusals.iter().map(|r| r.shown_in(text).to_string()).collect::<Vec<_>>())
        }
    }
}

/// What is taken: every clause of a report.
pub(super) const TAKEN: &[&str] = &[
    "SELECT 1 FROM {A} a",
    "SELECT a.* FROM {A} AS a;",
    "select distinct on (a.x) a.x, b.y as z from {A} a left join {B} b on b.a_id = a.id and not b.done where a.s = {s} \
     group by a.x, b.y having count(*) > {n} order by a.x desc nulls last, 2 limit {l} offset {o}",
    "SELECT x FROM {A} a JOIN {A} b USING (id) CROSS JOIN LATERAL (SELECT b.x FROM {B} c WHERE c.id = a.id LIMIT 1) d",
    "WITH a AS (SELECT * FROM {A} t), b AS (SELECT * FROM a) SELECT * FROM a, b WHERE a.id = b.id",
    "WITH RECURSIVE t AS (SELECT id, p, 1 AS d FROM {A} a WHERE p IS NULL UNION ALL \
     SELECT a.id, a.p, t.d + 1 FROM {A} a JOIN t ON a.p = t.id) SELECT * FROM t ORDER BY d",
    "WITH a AS MATERIALIZED (SELECT 1 AS x FROM {A} q) SELECT (SELECT max(x) FROM a), x FROM {A} b",
    "SELECT count(*) FILTER (WHERE a.done), sum(a.x) OVER (PARTITION BY a.y ORDER BY a.z ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), \
     row_number() OVER w FROM {A} a WINDOW w AS (ORDER BY a.x)",
    "SELECT array_agg(a.x ORDER BY a.y), string_agg(DISTINCT a.n, ', '), percentile_cont(0.5) WITHIN GROUP (ORDER BY a.x) FROM {A} a",
    "SELECT date_trunc('month', a.at) AS m, extract(year FROM a.at), a.at AT TIME ZONE 'UTC', a.at + interval '1 day' FROM {A} a",
    "SELECT CASE WHEN a.x > 1 THEN 'b' ELSE 'c' END, coalesce(a.y, 0), a.z::text, CAST(a.q AS numeric(10, 2)), a.j ->> 'k', a.j @> {j} FROM {A} a",
    "SELECT a.x FROM {A} a WHERE a.x = ANY({xs}) AND a.y IN (SELECT b.y FROM {B} b) AND EXISTS (SELECT FROM {C} c WHERE c.x = a.x) \
     AND a.z BETWEEN {l} AND {h} AND a.n NOT ILIKE '%{not a place}%' AND a.t SIMILAR TO 'x%' AND a.m ~* 'y'",
    "SELECT x FROM {A} a UNION SELECT x FROM {B} b EXCEPT (SELECT x FROM {C} c) INTERSECT SELECT x FROM {A} d",
    "SELECT g.d, count(a.id) FROM generate_series({from}::date, {to}::date, interval '1 day') AS g(d) LEFT JOIN {A} a ON a.day = g.d GROUP BY 1",
    "SELECT v.n, a.x FROM (VALUES (1, 'one'), (2, 'two')) AS v(n, w) JOIN {A} a ON a.x = v.n",
    "SELECT a.x, u.t, u.o FROM {A} a CROSS JOIN unnest(a.tags) WITH ORDINALITY AS u(t, o)",
    "SELECT a.x, sum(a.y) FROM {A} a GROUP BY ROLLUP (a.x)",
    "SELECT a.x, grouping(a.x) FROM {A} a GROUP BY GROUPING SETS ((a.x), ())",
    "SELECT 'it''s -- no comment /* nor this */', E'a\\'b {not} a place', a.\"X y\" FROM {A} a -- the end {A}\n/* and {B} /* nested */ {C} */",
    "SELECT {f}(a.x), {m::g}(a.x, {y}) FROM {A} a CROSS JOIN {f}(a.x) AS r(z)",
    "SELECT {vec![1, 2][0]}, {if a { \"}\" } else { '}'.into() }}, {x.y.z()} FROM {crate::m::A} a",
    "SELECT pg_catalog.lower(a.x), current_date, ARRAY[1, 2], ARRAY(SELECT b.x FROM {B} b), (a.tags)[1], a.tags[1:2], row(a.x, 1) FROM {A} a",
    "SELECT a.größe, 'ß' AS \"order\" FROM {A} a",
    "SELECT a.s::public.status, 'x'::status, NULL::int[] FROM {A} a",
    "SELECT x FROM {A} a FETCH FIRST 3 ROWS WITH TIES",
    "SELECT a.x FROM ({A} a JOIN {B} b ON b.x = a.x) LEFT JOIN {C} c ON true",
    "SELECT jsonb_build_object('a', a.x, 'b', {b}) FROM {A} a WHERE a.j ? 'k' AND a.j ?| array['a', 'b'] AND a.r && {r}",
    "SELECT substring(a.x FROM 2 FOR 3), trim(BOTH ' ' FROM a.x), position('a' IN a.x), overlay(a.x PLACING 'b' FROM 1) FROM {A} a",
];

#[test]
fn reports_are_taken() {
    for text in TAKEN {
        assert_eq!(refusals(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_place_is_what_stands_around_it() {
    use Role::{Entity, Function, Value};
    let of = roles("SELECT {f}({x}) FROM {A} a WHERE a.y = {y} AND a.z = ANY({z}) LIMIT {n}");
    assert_eq!(of, [Function, Value, Entity, Value, Value, Value]);
    assert_eq!(roles("SELECT {a} FROM {f}({b}) AS r(x), {A} t"), [Value, Function, Value, Entity]);
}

#[test]
fn what_is_sent_is_what_was_written() {
    let (literal, _) =
        read("SELECT {x}, 'a''{b}' FROM {A} a -- c\n WHERE a.\"Y\" = E'\\'{'").expect("it is taken");
    assert_eq!(literal.segments, ["SELECT ", ", 'a''{b}' FROM ", " a     \n WHERE a.\"Y\" = E'\\'{'"]);
    assert_eq!(literal.places.iter().map(|place| &*place.rust).collect::<Vec<_>>(), ["x", "A"]);
}

/// What is refused, by the first line of what is said.
const REFUSED: &[(&str, &str)] = &[
    // Tables.
    ("SELECT * FROM projects", "`projects` is a table by its bare name"),
    ("SELECT * FROM {A} a, public.tasks t", "`public.tasks` is a table by its bare name"),
    ("SELECT * FROM {A} a WHERE a.id IN (SELECT id FROM tasks)", "`tasks` is a table by its bare name"),
    ("SELECT (SELECT count(*) FROM tasks) FROM {A} a", "`tasks` is a table by its bare name"),
    (
        "SELECT * FROM {A} a JOIN LATERAL (SELECT * FROM tasks) t ON true",
        "`tasks` is a table by its bare name",
    ),
    ("SELECT * FROM {A} a ORDER BY (SELECT 1 FROM tasks)", "`tasks` is a table by its bare name"),
    ("SELECT array(SELECT x FROM tasks) FROM {A} a", "`tasks` is a table by its bare name"),
    (
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM tasks)) FROM {A} a",
        "`tasks` is a table by its bare name",
    ),
    ("SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM tasks)) FROM {A} a", "`tasks` is a table by its bare name"),
    ("SELECT 1 FROM {A} a LIMIT (SELECT 1 FROM tasks)", "`tasks` is a table by its bare name"),
    ("SELECT 1 FROM {A} a UNION SELECT 1 FROM tasks", "`tasks` is a table by its bare name"),
    ("SELECT 1 FROM {A} a, ONLY tasks", "`ONLY` is a table by its bare name"),
    ("WITH tasks AS (SELECT * FROM tasks) SELECT * FROM tasks, {A} a", "`tasks` is a table by its bare name"),
    (
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1 FROM {A} x) SELECT * FROM a",
        "`b` is a table by its bare name",
    ),
    ("SELECT * FROM {A} a, (WITH c AS (SELECT 1) SELECT * FROM c) d, c", "`c` is a table by its bare name"),
    ("WITH \"C\" AS (SELECT 1) SELECT * FROM {A} a, C", "`C` is a table by its bare name"),
    ("WITH c AS (SELECT 1) SELECT * FROM {A} a, public.c", "`public.c` is a table by its bare name"),
    ("SELECT * FROM {A} a, pg_stat_activity p", "`pg_stat_activity` is a table by its bare name"),
    ("TABLE tasks", "this is no SELECT"),
    ("SELECT 1 FROM {A} a UNION (TABLE tasks)", "this is no SELECT"),
    ("SELECT * FROM {A}", "an entity needs a name in the statement"),
    ("SELECT * FROM {A} a TABLESAMPLE system (10)", "a table is read as a whole"),
    ("SELECT 1", "this statement reads no entity"),
    ("SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b text) x, {A} a", "tables are entities"),
    // Statements.
    ("", "no statement stands here"),
    (
        "SELECT 1 FROM {A} a END DELETE FROM tasks",
        "this is no SELECT: Expected: end of statement, found: END",
    ),
    ("SELECT 1 FROM {A} a; END; DELETE FROM tasks", "more than one statement"),
    ("SELECT 1 FROM {A} a; SELECT 2 FROM {A} a", "more than one statement"),
    ("SELECT 1 FROM {A} a; DROP TABLE tasks", "more than one statement"),
    ("DELETE FROM tasks", "only SELECT"),
    ("INSERT INTO tasks SELECT * FROM {A} a", "only SELECT"),
    ("UPDATE tasks SET x = 1", "only SELECT"),
    ("SET app.tenant_id = 'x'", "only SELECT"),
    ("COPY tasks TO PROGRAM 'sh'", "only SELECT"),
    ("EXPLAIN SELECT 1 FROM {A} a", "only SELECT"),
    ("COMMIT", "only SELECT"),
    ("WITH d AS (DELETE FROM tasks RETURNING *) SELECT * FROM d, {A} a", "only SELECT"),
    ("WITH d AS (INSERT INTO tasks VALUES (1) RETURNING *) SELECT * FROM d, {A} a", "only SELECT"),
    ("WITH d AS (UPDATE tasks SET x = 1 RETURNING *) SELECT * FROM d, {A} a", "only SELECT"),
    ("WITH d AS (SELECT 1 FROM {A} a) DELETE FROM tasks", "only SELECT"),
    ("SELECT * INTO copy FROM {A} a", "`SELECT INTO` makes a table"),
    ("SELECT INTO copy FROM {A} a", "PostgreSQL does not read `INTO` as a name"),
    ("SELECT a.x AS order FROM {A} a", "PostgreSQL does not read `order` as a name"),
    ("SELECT * FROM {A} a FOR UPDATE", "rows are locked by builders alone"),
    ("SELECT * FROM (SELECT * FROM {A} a FOR SHARE) b", "rows are locked by builders alone"),
    // Functions.
    ("SELECT set_config('app.tenant_id', {t}, true) FROM {A} a", "`set_config` is no function"),
    (
        "SELECT pg_catalog.set_config('app.tenant_id', {t}, true) FROM {A} a",
        "`pg_catalog.set_config` is no function",
    ),
    ("SELECT \"set_config\"('app.tenant_id', 'x', true) FROM {A} a", "`\"set_config\"` is no function"),
    ("SELECT SET_CONFIG('app.tenant_id', 'x', true) FROM {A} a", "`SET_CONFIG` is no function"),
    ("SELECT query_to_xml('SELECT 1', true, true, '') FROM {A} a", "`query_to_xml` is no function"),
    ("SELECT * FROM dblink('x', 'SELECT 1') AS d(x int), {A} a", "`dblink` is no function"),
    ("SELECT * FROM LATERAL dblink('x', 'SELECT 1') AS d(x int), {A} a", "`dblink` is no function"),
    ("SELECT * FROM ROWS FROM (dblink('x', 'y')) AS d, {A} a", ""),
    ("SELECT * FROM ts_stat('SELECT * FROM tasks') AS s, {A} a", "`ts_stat` is no function"),
    ("SELECT public.lower(a.x) FROM {A} a", "`public.lower` is no function"),
    ("SELECT app.secret(a.x) FROM {A} a", "`app.secret` is no function"),
    ("SELECT \"Lower\"(a.x) FROM {A} a", "`\"Lower\"` is no function"),
    ("SELECT nextval('s') FROM {A} a", "`nextval` is no function"),
    ("SELECT 1 FROM {A} a ORDER BY pg_sleep(1)", "`pg_sleep` is no function"),
    ("SELECT max(pg_sleep(1)) OVER (PARTITION BY a.x) FROM {A} a", "`pg_sleep` is no function"),
    ("SELECT count(*) FILTER (WHERE pg_sleep(1) IS NULL) FROM {A} a", "`pg_sleep` is no function"),
    ("SELECT array_agg(a.x ORDER BY pg_sleep(1)) FROM {A} a", "`pg_sleep` is no function"),
    ("SELECT 1 FROM {A} a GROUP BY pg_sleep(1)", "`pg_sleep` is no function"),
    ("SELECT 1 FROM {A} a WINDOW w AS (ORDER BY pg_sleep(1))", "`pg_sleep` is no function"),
    ("SELECT CASE pg_sleep(1) WHEN NULL THEN 1 END FROM {A} a", "`pg_sleep` is no function"),
    ("SELECT 1 FROM {A} a LIMIT pg_backend_pid()", "`pg_backend_pid` is no function"),
    ("SELECT DISTINCT ON (pg_sleep(1)) 1 FROM {A} a", "`pg_sleep` is no function"),
    ("SELECT 1 FROM {A} a JOIN {B} b ON pg_sleep(1) IS NULL", "`pg_sleep` is no function"),
    ("SELECT 1 FROM {A} a WHERE (VALUES (pg_sleep(1))) IS NULL", "`pg_sleep` is no function"),
    ("SELECT a.x OPERATOR(public.+) 1 FROM {A} a", "an operator of one's own"),
    ("SELECT (a).secret FROM {A} a", "`(…).name` calls a function"),
    ("SELECT a.tags[1].secret FROM {A} a", "`(…).name` calls a function"),
    ("SELECT a.{x}[1] FROM {A} a", "`(…).name` calls a function"),
    ("SELECT (a.x).secret FROM {A} a", "`(…).name` calls a function"),
    // The binding.
    ("SELECT {t}::tenancy.bound FROM {A} a", "the schema `tenancy` is where tenants are bound"),
    (
        "SELECT CAST({t} AS \"tenancy\".\"bound\") FROM {A} a",
        "the schema `tenancy` is where tenants are bound",
    ),
    ("SELECT TENANCY.current_tenant() FROM {A} a", "the schema `tenancy` is where tenants are bound"),
    ("SELECT {t}::bound FROM {A} a", "a value of this type binds a tenant"),
    ("SELECT {t}::bound[] FROM {A} a", "a value of this type binds a tenant"),
    ("SELECT bound 'x' FROM {A} a", "a string is no name"),
    ("SELECT * FROM {A} a, jsonb_to_recordset({j}) AS r(x bound)", "a value of this type binds a tenant"),
    ("SELECT * FROM {A} a, {f}() AS r(x bound_public)", "a value of this type binds a tenant"),
    // Parameters and places.
    ("SELECT $1 FROM {A} a", "parameters are numbered by `sql!`"),
    ("SELECT a.x FROM {A} a WHERE a.x = $$x$$", "a dollar quote"),
    ("SELECT :name FROM {A} a", ""),
    ("SELECT a.{x} FROM {A} a", "`{…}` is a table after FROM"),
    ("SELECT a.x AS {x} FROM {A} a", "`{…}` is a table after FROM"),
    ("SELECT a.x::{t} FROM {A} a", "`{…}` is a table after FROM"),
    ("SELECT 1 FROM public.{A} a", "`public.\"{0}\"` is a table"),
    ("SELECT public.{f}(1) FROM {A} a", ""),
    ("SELECT 1 FROM {A} {b}", "`{…}` is a table after FROM"),
    ("SELECT 1 FROM {A} a ORDER BY {x}", "a value is the same for all rows"),
    ("SELECT {} FROM {A} a", "nothing stands between these braces"),
    ("SELECT {x FROM A a", "this brace is not closed"),
    ("SELECT } FROM {A} a", "a `}` without a `{`"),
    ("SELECT \"{x}\" FROM {A} a", "a name with a brace in it"),
    // The lexer.
    ("SELECT 'a FROM {A} a", "this string does not end"),
    ("SELECT E'a\\' FROM {A} a", "this string does not end"),
    ("SELECT \"a FROM {A} a", "this name does not end"),
    ("SELECT 1 /* FROM {A} a", "this comment does not end"),
    ("SELECT U&'\\0061' FROM {A} a", "`U&` hides what stands there"),
    ("SELECT u&\"\\0061\" FROM {A} a", "`U&` hides what stands there"),
    ("SELECT r'a' FROM {A} a", "a letter before a string"),
    ("SELECT\u{a0}1 FROM {A} a", "a space that is none for PostgreSQL"),
    ("SELECT '\0' FROM {A} a", "this string does not end"),
    ("SELECT \0 FROM {A} a", "a NUL byte"),
    ("SELEC 1 FROM {A} a", "this is no SELECT"),
    ("SELECT 1 FROM {A} a WHERE", "this is no SELECT"),
    ("FROM {A} a", "this is no SELECT"),
    ("SELECT TOP 3 a.x FROM {A} a", ""),
    ("SELECT a.x FROM {A} a QUALIFY true", ""),
    ("SELECT a.x FROM {A} a LIMIT 1 BY a.x", ""),
];

#[test]
fn what_could_leave_the_tenant_is_refused() {
    let wrong: Vec<_> = REFUSED
        .iter()
        .map(|(text, said)| (text, said, refusals(text)))
        .filter(|(_, said, refusals)| !refusals.iter().any(|refusal| refusal.starts_with(*said)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_refusal_shows_its_place() {
    let text = "\n    SELECT p.name\n    FROM {Project} p\n    JOIN tasks t ON t.project_id = p.id";
    assert_eq!(
        refusals(text).join("\n"),
        "`tasks` is a table by its bare name, of which no tenant's rows are known\n\
         4 |     JOIN tasks t ON t.project_id = p.id\n\
         \u{20} |          ^^^^^\n\
         name the entity in braces, `{Entity} t`, or a CTE of this statement"
    );
    let text = "SELECT größe,\tset_config('ä', {wert}, true), {x} {y} FROM {A} a";
    assert!(refusals(text)[0].contains("\n1 | SELECT größe, set_config"), "{:?}", refusals(text));
    let text = "SELECT {größe}, set_config({a}, {b}, true) FROM {A} a, {f}(1) AS g(x), {B}";
    let shown = refusals(text).join("\n");
    for mark in [
        "1 | SELECT {größe}, set_config({a}, {b}, true) FROM {A} a, {f}(1) AS g(x), {B}\n  |                 ^^^^^^^^^^\n",
        "\n  |                                                                        ^^^\n",
    ] {
        assert!(shown.contains(mark), "{mark}\n{shown}");
    }
}

#[test]
fn columns_are_those_of_entities_whose_names_are_given_once() {
    let columns = |text: &str| {
        let (literal, checked) = read(text).expect("it is taken");
        let of = checked.columns.of_entities();
        of.map(|(place, used)| format!("{}.{}", literal.places[place].rust, used.column)).collect::<Vec<_>>()
    };
    assert_eq!(
        columns("SELECT a.X, a.x, a.\"Y\", b.z, c.q FROM {A} a, {B} b, (SELECT 1 AS q) c"),
        ["A.x", "A.Y", "B.z"]
    );
    assert_eq!(columns("SELECT a.x, (SELECT a.y FROM {B} a) FROM {A} a"), Vec::<String>::new());
    assert_eq!(columns("WITH a AS (SELECT 1 AS y FROM {B} b) SELECT a.y, b.x FROM a"), ["B.x"]);
    assert_eq!(columns("SELECT a.one FROM {A} AS a(one, two)"), Vec::<String>::new());
}

#[test]
fn the_longest_chain_is_read_on_its_own_stack() {
    let long = |part: &str| {
        let mut text = "SELECT 1 FROM {A} a WHERE a.x = 1".to_owned();
        while text.len() + part.len() <= super::literal::LONGEST {
            text.push_str(part);
        }
        text
    };
    for part in ["+1", " OR a", " IS NULL", "::int", "[1]", " UNION SELECT 1"] {
        let _ = refusals(&long(part));
    }
    let deep = format!("SELECT {}1{} FROM {{A}} a", "(".repeat(4000), ")".repeat(4000));
    assert!(refusals(&deep)[0].starts_with("this statement is nested too deep"), "{:?}", refusals(&deep));
    let too_long = long("+1") + &"+1".repeat(10);
    assert!(refusals(&too_long)[0].starts_with("this statement is longer than"), "{:?}", refusals(&too_long));
}
