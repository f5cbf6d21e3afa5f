//! Row-level security and grants of one entity.
//!
//! Two policies with one predicate: the permissive one gives the runtime role its tenant's rows, the restrictive one bounds
//! everybody to them. A policy that somebody adds cannot widen that, and dropping either leaves fewer rows and not more.
//!
//! A table that is `public_read` shows its rows to visitors as well, whose binding is another: its restrictive policy lets reads
//! through for either, a permissive one of its own lets visitors read, and two restrictive ones keep them from changing
//! anything, since the predicate of a policy for everything is asked of UPDATE and DELETE too.
//!
//! Two more are the owner's, and differ in that they raise an error when no tenant is bound. PostgreSQL asks restrictive
//! policies in the order of their names, and stops at the first one that says no: hence `tenancy_ask_owner`, which stands
//! before `tenancy_bound`.

use crate::schema::emit::change::Columns;
use crate::schema::emit::quote::{ident, idents, literal, table, table_literal};
use crate::schema::model::{Entity, Table};

/// Row-level security for everybody, the owner and the parts of the table included.
pub(crate) fn protect(entity: &Entity, tag: &str) -> String {
    let (on, regclass) = (table(&entity.table), table_literal(&entity.table));
    format!(
        "ALTER TABLE {on} ENABLE ROW LEVEL SECURITY;\n\
         ALTER TABLE {on} FORCE ROW LEVEL SECURITY;\n\
         {tenancy_bound}\
         DROP POLICY IF EXISTS tenancy_owner ON {on};\n\
         DROP POLICY IF EXISTS tenancy_ask_owner ON {on};\n\
         DO {tag}\n\
         DECLARE\n  \
           owner regrole := (SELECT relowner FROM pg_class WHERE oid = {regclass}::regclass);\n\
         BEGIN\n  \
           EXECUTE format({owner_policy}, 'tenancy_owner', 'PERMISSIVE', owner);\n  \
           EXECUTE format({owner_policy}, 'tenancy_ask_owner', 'RESTRICTIVE', owner);\n\
         END {tag};\n\
         REVOKE ALL ON {on} FROM PUBLIC;\n",
        tenancy_bound = tenancy_bound(entity, &predicate(entity)),
        owner_policy = literal(&format!(
            "CREATE POLICY %I ON {} AS %s FOR ALL TO %s USING ({asked}) WITH CHECK ({asked})",
            on.replace('%', "%%"),
            asked =
                format!("{} = (SELECT tenancy.owner_tenant())", ident(entity.tenant())).replace('%', "%%"),
        )),
    )
}

/// In the reverse of a file alone.
pub(crate) fn unprotect(entity: &Entity, tag: &str) -> String {
    let on = table(&entity.table);
    format!(
        "DROP POLICY IF EXISTS tenancy_bound ON {on};\n\
         DROP POLICY IF EXISTS tenancy_owner ON {on};\n\
         DROP POLICY IF EXISTS tenancy_ask_owner ON {on};\n\
         ALTER TABLE {on} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;\n\
         DO {tag}\n\
         DECLARE\n  child regclass;\n\
         BEGIN\n  \
           FOR child IN\n{below}    \
             DELETE FROM tenancy.emitted USING below WHERE kind = 'row security' AND relation = below.inhrelid RETURNING relation\n  \
           LOOP\n    \
             EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', child);\n  \
           END LOOP;\n\
         END {tag};\n",
        below = below(&[format!("{}::regclass", table_literal(&entity.table))]),
    )
}

pub(crate) fn admit(entity: &Entity, role: &str, fresh: bool) -> String {
    let (on, to, predicate) = (table(&entity.table), ident(role), predicate(entity));
    let revoke = if fresh { format!("REVOKE ALL ON {on} FROM {to};\n") } else { String::new() };
    format!(
        "DROP POLICY IF EXISTS tenancy_allow ON {on};\n\
         CREATE POLICY tenancy_allow ON {on} AS PERMISSIVE FOR ALL TO {to}\n  \
           USING ({predicate})\n  \
           WITH CHECK ({predicate});\n\
         {revoke}GRANT SELECT, DELETE ON {on} TO {to};\n{}",
        grant(entity, role, &Columns::of(entity))
    )
}

pub(crate) fn expel(entity: &Entity, role: &str) -> String {
    let on = table(&entity.table);
    format!("DROP POLICY IF EXISTS tenancy_allow ON {on};\nREVOKE ALL ON {on} FROM {};\n", ident(role))
}

/// Visitors read the rows, and write none.
pub(crate) fn publish(entity: &Entity, role: &str) -> String {
    let (on, to, tenant) = (table(&entity.table), ident(role), ident(entity.tenant()));
    let (bound, readable) = (predicate(entity), format!("{tenant} = (SELECT tenancy.readable_tenant())"));
    format!(
        "-- Visitors read the rows of the tenant whose host they visit, and write none.\n\
         {tenancy_bound}\
         DROP POLICY IF EXISTS tenancy_bound_update ON {on};\n\
         CREATE POLICY tenancy_bound_update ON {on} AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ({bound}) WITH CHECK ({bound});\n\
         DROP POLICY IF EXISTS tenancy_bound_delete ON {on};\n\
         CREATE POLICY tenancy_bound_delete ON {on} AS RESTRICTIVE FOR DELETE TO PUBLIC USING ({bound});\n\
         DROP POLICY IF EXISTS tenancy_public ON {on};\n\
         CREATE POLICY tenancy_public ON {on} AS PERMISSIVE FOR SELECT TO {to} USING ({readable});\n",
        tenancy_bound = tenancy_bound(entity, &readable),
    )
}

/// Nobody but its tenant reads the table any more.
pub(crate) fn unpublish(entity: &Entity) -> String {
    let on = table(&entity.table);
    format!(
        "DROP POLICY IF EXISTS tenancy_public ON {on};\n\
         {tenancy_bound}\
         DROP POLICY IF EXISTS tenancy_bound_update ON {on};\n\
         DROP POLICY IF EXISTS tenancy_bound_delete ON {on};\n",
        tenancy_bound = tenancy_bound(entity, &predicate(entity)),
    )
}

/// What bounds everybody: whose rows are seen, and that those of the tenant that is bound are written and no others.
fn tenancy_bound(entity: &Entity, using: &str) -> String {
    let on = table(&entity.table);
    format!(
        "DROP POLICY IF EXISTS tenancy_bound ON {on};\n\
         CREATE POLICY tenancy_bound ON {on} AS RESTRICTIVE FOR ALL TO PUBLIC\n  \
           USING ({using})\n  \
           WITH CHECK ({});\n",
        predicate(entity)
    )
}

pub(crate) fn grant(entity: &Entity, role: &str, columns: &Columns<'_>) -> String {
    let privileges = privileges(columns);
    format!("GRANT {privileges} ON {} TO {};\n", table(&entity.table), ident(role))
}

pub(crate) fn revoke(entity: &Entity, role: &str, columns: &Columns<'_>) -> String {
    let privileges = privileges(columns);
    format!("REVOKE {privileges} ON {} FROM {};\n", table(&entity.table), ident(role))
}

fn privileges(columns: &Columns<'_>) -> String {
    let of = |privilege: &str, columns: &[&str]| {
        (!columns.is_empty()).then(|| format!("{privilege} ({})", idents(columns.iter().copied())))
    };
    let privileges = [of("INSERT", &columns.insert), of("UPDATE", &columns.update)];
    privileges.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whoever reached the table through `role` does so no more. The table, or the role, may be gone.
pub(crate) fn retire(on: &Table, role: &str, tag: &str) -> String {
    format!(
        "DO {tag} BEGIN\n  \
           IF to_regclass({regclass}) IS NOT NULL AND EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN\n    \
             REVOKE ALL ON {on} FROM {role};\n  \
           END IF;\n\
         END {tag};\n",
        regclass = table_literal(on),
        on = table(on),
        name = literal(role),
        role = ident(role),
    )
}

/// `(SELECT ..)` is evaluated once a statement, lets an index serve it, and keeps the tenant of an open cursor.
pub(crate) fn predicate(entity: &Entity) -> String {
    format!("{} = (SELECT tenancy.current_tenant())", ident(entity.tenant()))
}

/// Partitions and inheritance children can be named directly, past the policies of their parent.
pub(crate) fn children(entities: &[&Entity], role: &str, tag: &str) -> String {
    let parents: Vec<String> =
        entities.iter().map(|entity| format!("{}::regclass", table_literal(&entity.table))).collect();
    format!(
        "-- A partition can be named directly, past the policies of its table: nobody may, unless it is listed itself.\n\
         DO {tag}\n\
         DECLARE\n  child record;\n\
         BEGIN\n  \
           FOR child IN\n{below}    \
             SELECT c.oid::regclass AS name, c.relkind, c.relrowsecurity FROM below JOIN pg_class c ON c.oid = below.inhrelid\n     \
              WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenancy_bound')\n  \
           LOOP\n    \
             IF child.relkind IN ('r', 'p') AND NOT child.relrowsecurity THEN\n      \
               EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child.name);\n      \
               INSERT INTO tenancy.emitted VALUES ('row security', child.name, '');\n    \
             END IF;\n    \
             EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', child.name, {role});\n  \
           END LOOP;\n\
         END {tag};\n",
        below = below(&parents),
        role = literal(role),
    )
}

/// Everything below `parents`, as the beginning of a query.
fn below(parents: &[String]) -> String {
    format!(
        "    WITH RECURSIVE below AS (\n      \
           SELECT inhrelid FROM pg_inherits WHERE inhparent IN (\n        {})\n      \
           UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)\n",
        parents.join(",\n        ")
    )
}
