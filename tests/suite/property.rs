//! Emission as a property, over random entity sets: emitted and applied, then changed, then taken back.
//!
//! Whatever the entities are: the incremental file leaves the catalog as a fresh emission of the changed entities would,
//! and the reverse files leave it as it was before each.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sqlx::migrate::Migrator;
use tenancy::doctor::Doctor;
use tenancy::schema::{
    __write, ColumnDescriptor, ColumnRole, DEFAULT_RUNTIME_ROLE, EntityDescriptor, Kept, OnDelete, Owner,
    ReferenceDescriptor, Schema,
};
use tenancy_testkit::{TestAuthority, TestDb};

/// The tables that there are, with all their columns; entities are made of some of them.
const TABLES: [&str; 4] = ["plain", "random.Mixed \"Case\"", "random.parts", "it's %s $tenancy$"];
const COLUMNS: [&str; 6] = ["a", "b", "select", "D d", "e\"e", "%I"];

const DDL: &str = r#"
    CREATE SCHEMA random;
    CREATE TABLE plain (id uuid, more uuid, tenant_id uuid, other_id uuid NOT NULL, a uuid, b uuid NOT NULL, "select" uuid,
      "D d" uuid, "e""e" uuid, "%I" uuid);
    CREATE TABLE random."Mixed ""Case""" (LIKE plain);
    CREATE TABLE random.parts (LIKE plain) PARTITION BY HASH (tenant_id);
    CREATE TABLE random.parts_0 PARTITION OF random.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE random.parts_1 PARTITION OF random.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE TABLE "it's %s $tenancy$" (LIKE plain);
    CREATE TABLE random.inherits () INHERITS ("it's %s $tenancy$");
"#;

/// One entity, as its attributes would say it.
#[derive(Debug, Clone)]
struct Made {
    /// Two `id` fields, or one.
    composite: bool,
    public: bool,
    columns: Vec<(&'static str, ColumnRole)>,
    indexes: Vec<Vec<&'static str>>,
    uniques: Vec<Vec<&'static str>>,
    /// The column, the table that it refers to, what a deletion does.
    references: Vec<(&'static str, usize, OnDelete)>,
}

/// The entities of a schema, by the number of their tables.
type Set = BTreeMap<usize, Made>;

fn made() -> impl Strategy<Value = Made> {
    let role =
        prop_oneof![Just(ColumnRole::Required), Just(ColumnRole::Defaulted), Just(ColumnRole::Generated)];
    let columns =
        (subsequence(COLUMNS.to_vec(), 1..=COLUMNS.len()), prop::collection::vec(role, COLUMNS.len()));
    let deletion = prop_oneof![
        Just(OnDelete::NoAction),
        Just(OnDelete::Restrict),
        Just(OnDelete::Cascade),
        Just(OnDelete::SetNull)
    ];
    let keys = || prop::collection::vec(subsequence(COLUMNS.to_vec(), 1..=3), 0..=2);
    let references =
        prop::collection::vec((prop::sample::select(COLUMNS.to_vec()), 0..TABLES.len(), deletion), 0..=2);
    ((any::<bool>(), any::<bool>()), columns, keys(), keys(), references).prop_map(
        |((composite, public), (names, roles), indexes, uniques, references)| {
            let columns: Vec<_> = names.into_iter().zip(roles).collect();
            let has = |key: &Vec<&'static str>| key.iter().all(|name| columns.iter().any(|(c, _)| c == name));
            let distinct = |keys: Vec<Vec<&'static str>>| {
                let mut distinct: Vec<_> = keys.into_iter().filter(has).collect();
                distinct.sort();
                distinct.dedup();
                distinct
            };
            let mut references: Vec<_> = references
                .into_iter()
                .filter(|(column, ..)| columns.iter().any(|(c, _)| c == column))
                .collect();
            references.sort();
            references.dedup_by_key(|(column, ..)| *column);
            Made {
                composite,
                public,
                indexes: distinct(indexes),
                uniques: distinct(uniques),
                columns,
                references,
            }
        },
    )
}

fn set() -> impl Strategy<Value = Set> {
    prop::collection::btree_map(0..TABLES.len(), made(), 1..=TABLES.len())
}

/// What can be referred to: a listed table with one id.
fn mended(mut set: Set) -> Set {
    let single: Vec<usize> =
        set.iter().filter(|(_, made)| !made.composite).map(|(&table, _)| table).collect();
    for made in set.values_mut() {
        made.references.retain(|(_, table, _)| single.contains(table));
    }
    set
}

/// Tells the descriptors apart.
struct Marker<const TABLE: usize>;
const MARKERS: [fn() -> TypeId; 4] =
    [TypeId::of::<Marker<0>>, TypeId::of::<Marker<1>>, TypeId::of::<Marker<2>>, TypeId::of::<Marker<3>>];

/// A reference names its parent by a function without a state: one for each table, in a place of this thread's.
mod parents {
    use super::EntityDescriptor;
    use std::cell::Cell;

    thread_local! {
        pub static SET: Cell<[Option<&'static EntityDescriptor>; 4]> = const { Cell::new([None; 4]) };
    }

    fn parent<const TABLE: usize>() -> &'static EntityDescriptor {
        SET.with(Cell::get)[TABLE].expect("it is listed")
    }

    pub const OF: [fn() -> &'static EntityDescriptor; 4] =
        [parent::<0>, parent::<1>, parent::<2>, parent::<3>];
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

fn descriptor(table: usize, made: &Made) -> &'static EntityDescriptor {
    let (schema, name) = match TABLES[table].split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, TABLES[table]),
    };
    let column = |name, role| ColumnDescriptor { name, role, nullable: true, sql_type: None };
    let mut columns = vec![column("id", ColumnRole::DefaultId), column("tenant_id", ColumnRole::Tenant)];
    if made.composite {
        columns.push(column("more", ColumnRole::Id));
    }
    columns.extend(made.columns.iter().map(|&(name, role)| column(name, role)));
    let keys = |keys: &[Vec<&'static str>]| leak(keys.iter().map(|key| leak(key.clone())).collect());
    let references = made.references.iter().map(|&(column, parent, on_delete)| ReferenceDescriptor {
        column,
        target: parents::OF[parent],
        on_delete,
    });
    Box::leak(Box::new(EntityDescriptor {
        entity: TABLES[table],
        schema,
        table: name,
        owner: Owner::Tenant("tenant_id"),
        public_read: made.public,
        kept: Kept::NOTHING,
        columns: leak(columns),
        select_list: "",
        indexes: keys(&made.indexes),
        uniques: keys(&made.uniques),
        references: leak(references.collect()),
        type_id: MARKERS[table],
    }))
}

/// Of schemas that read across tenants.
const READER: &str = "tenancy_property_reader";

/// A schema of `set`, which retires what `before` had and `set` has not.
fn schema(set: &Set, before: &Set, reader: bool) -> &'static Schema {
    let mut descriptors = [None; 4];
    for (&table, made) in set {
        descriptors[table] = Some(descriptor(table, made));
    }
    parents::SET.with(|parents| parents.set(descriptors));
    let retired =
        before.keys().filter(|table| !set.contains_key(table)).map(|&table| TABLES[table]).collect();
    let entities = leak(descriptors.into_iter().flatten().collect());
    let schema = Schema::__new(entities, leak(retired), DEFAULT_RUNTIME_ROLE);
    Box::leak(Box::new(schema.__with(&[], if reader { &[READER] } else { &[] })))
}

/// A folder of reversible migrations, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tenancy-property-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("0001_tables.up.sql"), DDL).expect("a file");
        std::fs::write(path.join("0001_tables.down.sql"), "").expect("a file");
        Self(path)
    }

    async fn apply(&self, db: &TestDb) {
        let mut owner = db.connect_as_owner().await;
        let migrator = Migrator::new(Path::new(&self.0)).await.expect("migrations");
        migrator.run(&mut owner).await.expect("applied");
    }

    async fn undo(&self, db: &TestDb, to: i64) {
        let mut owner = db.connect_as_owner().await;
        let migrator = Migrator::new(Path::new(&self.0)).await.expect("migrations");
        migrator.undo(&mut owner, to).await.expect("taken back");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Everything that emission can touch, by names.
async fn catalog(db: &TestDb) -> Vec<String> {
    let mut superuser = db.connect_as_superuser().await;
    sqlx::query_scalar(
        r"WITH r AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                      WHERE nspname IN ('random', 'tenancy') OR nspname = 'public' AND relname NOT LIKE '\_sqlx%'),
               acl AS (
            SELECT format('table %s', oid::regclass) AS what, acl.* FROM r, aclexplode(coalesce(relacl, acldefault('r', relowner))) acl
             WHERE relkind IN ('r', 'p')
            UNION ALL SELECT format('column %s.%I', attrelid::regclass, attname), acl.* FROM pg_attribute JOIN r ON r.oid = attrelid,
                             aclexplode(attacl) acl
            UNION ALL SELECT format('schema %s', nspname), acl.* FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) acl
                       WHERE nspname IN ('random', 'tenancy', 'public')
            UNION ALL SELECT format('function %s', oid::regprocedure), acl.* FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) acl
                       WHERE pronamespace = to_regnamespace('tenancy'))
          SELECT format('%s: %s %s', what, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type) FROM acl
          UNION ALL SELECT format('relation %s: %s %s', oid::regclass, relrowsecurity, relforcerowsecurity) FROM r
          UNION ALL SELECT format('column %s.%I: %s', attrelid::regclass, attname, attnotnull) FROM pg_attribute JOIN r ON r.oid = attrelid
                     WHERE attnum > 0 AND relkind IN ('r', 'p')
          UNION ALL SELECT format('constraint %I on %s: %s %s', conname, conrelid::regclass, pg_get_constraintdef(k.oid), convalidated)
                      FROM pg_constraint k JOIN r ON r.oid = conrelid WHERE contype <> 'n' AND conparentid = 0
          UNION ALL SELECT format('index %s: %s', indexrelid::regclass, pg_get_indexdef(indexrelid)) FROM pg_index JOIN r ON r.oid = indexrelid
                     WHERE NOT relispartition
          UNION ALL SELECT format('policy %s on %I.%I: %s %s %s %s %s', policyname, schemaname, tablename, permissive, roles, cmd, qual, with_check)
                      FROM pg_policies
          UNION ALL SELECT format('type %s', typname) FROM pg_type WHERE typnamespace = to_regnamespace('tenancy') AND typtype = 'd'
          ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogs")
}

async fn journal(db: &TestDb) -> Vec<String> {
    let mut superuser = db.connect_as_superuser().await;
    sqlx::query_scalar(
        "SELECT format('emitted %s: %s %I', relation, kind, name) FROM tenancy.emitted ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the journal")
}

fn same(what: &str, found: &[String], expected: &[String]) -> Result<(), TestCaseError> {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    let (more, less) = (only(found, expected), only(expected, found));
    prop_assert!(
        more.is_empty() && less.is_empty(),
        "{what}: there is {more:#?} and there should be {less:#?}"
    );
    Ok(())
}

/// What the change is allowed to leave: whatever concerns a retired table, and the grants of columns that left their
/// entity, which a program of before may still name.
fn left(line: &str, before: &Set, now: &Set) -> bool {
    let name = |table: usize| match TABLES[table] {
        "plain" => "plain".to_owned(),
        "random.Mixed \"Case\"" => r#"random."Mixed ""Case""""#.to_owned(),
        "random.parts" => "random.parts".to_owned(),
        other => format!("\"{other}\""),
    };
    // By a word that every name of the table, its parts, keys and indexes holds. Its schema stays open to the runtime role.
    let in_public =
        |line: &str| line == format!("schema public: {READER} USAGE") || line.contains(": usage ");
    let of_table = |table: usize| match table {
        0 => {
            line.contains("plain")
                || line == format!("schema public: {READER} USAGE")
                || line.contains(": usage ")
        }
        1 => line.contains("Mixed") || line.starts_with("schema random") || line.contains(": usage "),
        2 => line.contains("parts") || line.starts_with("schema random") || line.contains(": usage "),
        _ => line.contains("it's") || line.contains("inherits") || in_public(line),
    };
    let retired = before.keys().filter(|table| !now.contains_key(table)).any(|&table| of_table(table));
    let departed = before.iter().any(|(table, made)| {
        now.get(table).is_some_and(|now| {
            let mut gone: Vec<&str> = made.columns.iter().map(|(column, _)| *column).collect();
            gone.retain(|column| now.columns.iter().all(|(c, _)| c != column));
            if made.composite && !now.composite {
                gone.push("more");
            }
            let quoted = |column: &str| match column {
                "a" | "b" | "more" => column.to_owned(),
                other => format!("\"{}\"", other.replace('"', "\"\"")),
            };
            gone.iter().any(|column| {
                line.starts_with(&format!("column {}.{}: tenancy_app", name(*table), quoted(column)))
            })
        })
    });
    retired || departed
}

async fn holds(
    (before, reader_before): (Set, bool),
    (now, reader): (Set, bool),
) -> Result<(), TestCaseError> {
    let (folder, db) = (Folder::new(), TestDb::new().await);
    let mut superuser = db.connect_as_superuser().await;
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {READER} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(role)).execute(&mut superuser).await.expect("a role");
    drop(superuser);
    folder.apply(&db).await;
    let start = catalog(&db).await;

    let first = schema(&before, &Set::new(), reader_before);
    __write(first, &folder.0).expect("written");
    folder.apply(&db).await;
    let (emitted, emitted_journal) = (catalog(&db).await, journal(&db).await);
    connects(&db, first).await?;
    doctored(&db, first).await?;

    let changed = schema(&now, &before, reader);
    let said = __write(changed, &folder.0).expect("written");
    folder.apply(&db).await;
    connects(&db, changed).await?;
    doctored(&db, changed).await?;

    let (fresh_folder, fresh) = (Folder::new(), TestDb::new().await);
    __write(schema(&now, &Set::new(), reader), &fresh_folder.0).expect("written");
    fresh_folder.apply(&fresh).await;
    let keep = |lines: Vec<String>| -> Vec<String> {
        let audit = |line: &str| reader_before && !reader && line.contains("cross_tenant_audit");
        lines.into_iter().filter(|line| !left(line, &before, &now) && !audit(line)).collect()
    };
    same("a fresh emission", &keep(catalog(&db).await), &keep(catalog(&fresh).await))?;
    same("a fresh emission's journal", &keep(journal(&db).await), &keep(journal(&fresh).await))?;

    if said.contains("0003_tenancy") {
        folder.undo(&db, 2).await;
    }
    same("the change taken back", &catalog(&db).await, &emitted)?;
    same("its journal", &journal(&db).await, &emitted_journal)?;
    folder.undo(&db, 1).await;
    same("all taken back", &catalog(&db).await, &start)
}

/// Whatever the doctor says of the tables, their keys, policies and grants, and of the foundation. The database is not
/// provisioned, and tables that the set leaves out stand in it.
async fn doctored(db: &TestDb, schema: &'static Schema) -> Result<(), TestCaseError> {
    let mut superuser = db.connect_as_superuser().await;
    let report = Doctor::new(schema).expect("it holds").examine(&mut superuser).await.expect("examined");
    let about = |code: &str| {
        let emitted = code.starts_with(['B', 'F', 'K', 'P', 'T', 'U', 'V'])
            || ["G01", "G02", "G03", "G04", "G14", "G15", "G16"].iter().any(|g| code.starts_with(g));
        emitted && !["T13-UNKNOWN", "T15-GLOBAL"].contains(&code)
    };
    let found: Vec<_> = report
        .findings
        .iter()
        .filter(|found| about(&found.code))
        .map(|found| format!("{} {}: {}", found.code, found.object, found.problem))
        .collect();
    prop_assert!(found.is_empty(), "the doctor finds {found:#?}");
    Ok(())
}

async fn connects(db: &TestDb, schema: &'static Schema) -> Result<(), TestCaseError> {
    let authority = TestAuthority::new();
    let connected =
        tenancy::db::TenantDb::builder(db.app()).trust(authority.authority()).schema(schema).connect().await;
    prop_assert!(connected.is_ok(), "{:?}", connected.err());
    Ok(())
}

#[test]
fn emitted_changed_and_taken_back() {
    // More of them by hand: PROPTEST_CASES=500.
    let cases = std::env::var("PROPTEST_CASES").map_or(16, |cases| cases.parse().expect("a number"));
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    TestRunner::new(config)
        .run(
            &((set().prop_map(mended), any::<bool>()), (set().prop_map(mended), any::<bool>())),
            |(before, now)| runtime.block_on(holds(before, now)),
        )
        .unwrap_or_else(|error| panic!("{error}"));
}
