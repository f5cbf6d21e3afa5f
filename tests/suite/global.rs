//! Global tables: what belongs to no tenant is everybody's to read and nobody's to write, and what is joined to it stays its
//! tenant's. As the library does it, and as raw SQL on the application's login.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tenancy::Error;
use tenancy::doctor::Doctor;
use tenancy::entity::SoftDelete as _;
use tenancy::prelude::*;
use tenancy_testkit::{TestAuthority, TestDb};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::common::{connect, run};
use crate::public::site;

#[derive(Debug, Clone, PartialEq, GlobalTable)]
#[tenancy(table = "atlas.continents")]
pub struct Continent {
    #[tenancy(id)]
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, GlobalTable)]
#[tenancy(table = "atlas.countries", unique(name), index(population))]
pub struct Country {
    #[tenancy(id)]
    pub code: String,
    pub name: String,
    pub population: i64,
    #[tenancy(references = Continent)]
    pub continent: Option<String>,
}

/// What every tenant writes.
#[derive(Debug, Clone, PartialEq, GlobalTable)]
#[tenancy(table = "atlas.tags", writable, unique(color), insert_derive(Debug, Clone))]
pub struct Tag {
    #[tenancy(id)]
    pub name: String,
    pub color: String,
    #[tenancy(default)]
    pub weight: i32,
    #[tenancy(version)]
    pub version: i32,
    #[tenancy(deleted_at)]
    pub deleted_at: Option<OffsetDateTime>,
}

/// An insert of it needs nothing at all.
#[derive(Debug, Clone, PartialEq, GlobalTable)]
#[tenancy(table = "atlas.beats", writable)]
pub struct Beat {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(generated)]
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "atlas.customers", insert_derive(Debug, Clone))]
pub struct Customer {
    #[tenancy(id, default)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    #[tenancy(references = Country)]
    pub country_code: String,
    #[tenancy(default, references = Tag, on_delete = "set null")]
    pub tag: Option<String>,
}

/// Not in [`ATLAS`].
#[derive(Debug, Clone, PartialEq, GlobalTable)]
#[tenancy(table = "atlas.planets")]
pub struct Planet {
    #[tenancy(id)]
    pub name: String,
    #[tenancy(references = Country)]
    pub visited_by: Option<String>,
}

tenancy::schema! { pub ATLAS: [Customer], global: [Country, Continent, Tag, Beat] }
tenancy::schema! { pub UNIVERSE: [Customer], global: [Country, Continent, Tag, Beat, Planet] }

const TABLES: &str = "
    CREATE SCHEMA atlas;
    CREATE TABLE atlas.continents (code text, name text NOT NULL);
    CREATE TABLE atlas.countries (code text, name text NOT NULL, population bigint NOT NULL, continent text);
    CREATE TABLE atlas.planets (name text, visited_by text);
    CREATE TABLE atlas.tags (
      name text, color text NOT NULL, weight integer NOT NULL DEFAULT 1, version integer NOT NULL DEFAULT 1, deleted_at timestamptz);
    CREATE TABLE atlas.beats (id uuid DEFAULT gen_random_uuid(), at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE atlas.customers (
      id uuid DEFAULT gen_random_uuid(), tenant_id uuid, name text NOT NULL, country_code text NOT NULL, tag text);
    INSERT INTO atlas.continents VALUES ('EU', 'Europe');
    INSERT INTO atlas.countries VALUES ('AT', 'Austria', 9, 'EU'), ('CH', 'Switzerland', 8, 'EU'), ('FR', 'France', 68, 'EU'), ('XX', 'Nowhere', 0, NULL);
";

struct Atlas {
    test: TestDb,
    authority: TestAuthority,
    db: TenantDb,
    a: TenantToken,
    b: TenantToken,
}

impl Atlas {
    /// Two tenants, each with a customer in Austria; the second has one in France too.
    async fn new() -> Self {
        let sql = ATLAS.sql().expect("a schema that holds");
        let test = TestDb::builder().sql(TABLES).sql(sql).create().await.expect("a database");
        let authority = TestAuthority::new();
        let db = test.connect(&ATLAS, &authority).await;
        let a = authority.token(TenantId::random()).await;
        let b = authority.token(TenantId::random()).await;
        let atlas = Self { test, authority, db, a, b };
        for (owner, name, country) in [(&atlas.a, "a", "AT"), (&atlas.b, "b", "AT"), (&atlas.b, "c", "FR")] {
            atlas.customer(owner, name, country).await;
        }
        atlas
    }

    async fn customer(&self, owner: &TenantToken, name: &str, country: &str) -> Customer {
        let new = NewCustomer { name: name.into(), country_code: country.into() };
        let made = Customer::insert(owner, new).fetch_one(&self.db).await.expect("the owner can insert");
        let found = Customer::find_by_id(owner, made.id).fetch_optional(&self.db).await;
        assert_eq!(
            found.expect("the owner can read").as_ref(),
            Some(&made),
            "the row is there for its owner"
        );
        made
    }

    async fn psql(&self) -> PgConnection {
        connect(&self.test.app()).await
    }

    /// The names of an owner's customers, each with its country's.
    async fn with_countries(&self, owner: &TenantToken) -> Vec<(String, String)> {
        let rows: Vec<(Customer, Country)> = Customer::find(owner)
            .inner_join(|c| c.country_code)
            .order_by(|(c, _)| c.name.asc())
            .fetch_all(&self.db)
            .await
            .expect("a read");
        rows.into_iter().map(|(customer, country)| (customer.name, country.name)).collect()
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// What the server said, its HINT with it.
#[track_caller]
fn by_the_server(refused: &sqlx::Error) -> &sqlx::postgres::PgDatabaseError {
    let error = refused.as_database_error().and_then(|error| error.try_downcast_ref());
    error.expect("the server refused")
}

/// The SQLSTATE of what the server refused.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> String {
    let error = result.expect_err("refused");
    error.as_database_error().and_then(|error| error.code()).expect("the server refused").into_owned()
}

#[tokio::test]
async fn every_tenant_and_every_visitor_reads_all_of_it() {
    let atlas = Atlas::new().await;
    let visitor = site(atlas.a.tenant()).await;
    let codes = |all: Vec<Country>| all.into_iter().map(|c| c.code).collect::<Vec<_>>();
    for token in [&atlas.a, &atlas.b] {
        let all = Country::find(token).order_by(|c| c.code.asc()).fetch_all(&atlas.db).await.expect("a read");
        assert_eq!(codes(all), ["AT", "CH", "FR", "XX"]);
    }
    let all = Country::find(&visitor).order_by(|c| c.code.asc()).fetch_all(&atlas.db).await.expect("a read");
    assert_eq!(codes(all), ["AT", "CH", "FR", "XX"]);
    let france = Country::find_by_id(&visitor, "FR".into()).fetch_one(&atlas.db).await.expect("a read");
    assert_eq!(france.name, "France");
    assert_eq!(
        Country::count(&visitor).filter(|c| c.population.gt(8)).fetch_one(&atlas.db).await.expect("a count"),
        2
    );
    assert!(Country::exists(&atlas.a).filter(|c| c.code.eq("XX")).fetch_one(&atlas.db).await.expect("asked"));
    assert!(
        !Country::exists(&atlas.a).filter(|c| c.code.eq("YY")).fetch_one(&atlas.db).await.expect("asked")
    );
    let mut tx = atlas.db.begin(&atlas.b).await.expect("begun");
    assert_eq!(Country::find(&tx).fetch_all(&mut tx).await.expect("a read").len(), 4);
    let continents: Vec<(Country, Option<Continent>)> = Country::find(&visitor)
        .left_join(|c| c.continent)
        .order_by(|(c, _)| c.code.asc())
        .fetch_all(&atlas.db)
        .await
        .expect("what is global leads to what is global");
    assert_eq!(continents.iter().filter(|(_, continent)| continent.is_some()).count(), 3);
}

/// In hand-written statements too: also where nothing else is read, so that nothing but the global table binds the tenant.
#[tokio::test]
async fn hand_written_statements_read_them() {
    let atlas = Atlas::new().await;
    let alone = || {
        tenancy::sql!(&atlas.a, "SELECT c.name FROM {Country} c WHERE c.code <> {\"none\"} ORDER BY c.name")
    };
    assert!(
        alone().sql().expect("a text").contains("WHERE $2::tenancy.bound IS NOT NULL)"),
        "{:?}",
        alone().sql()
    );
    let every: Vec<String> = alone().scalar().fetch_all(&atlas.db).await.expect("rows");
    assert_eq!(every.len(), 4);
    for token in [&atlas.a, &atlas.b] {
        let builder =
            Customer::find(token).inner_join(|c| c.country_code).fetch_all(&atlas.db).await.expect("rows");
        let by_hand: Vec<(String, String)> = tenancy::sql!(
            token,
            "SELECT u.name, c.name FROM {Country} c JOIN {Customer} u ON u.country_code = c.code ORDER BY u.name"
        )
        .fetch_all(&atlas.db)
        .await
        .expect("rows");
        let mut expected: Vec<_> = builder.into_iter().map(|(u, c)| (u.name, c.name)).collect();
        expected.sort();
        assert!(!expected.is_empty(), "the owner has customers");
        assert_eq!(by_hand, expected);
    }
}

/// Both locks must hold what a global table is joined to: so its statements bind the tenant as any other.
#[tokio::test]
async fn a_statement_on_a_global_table_binds_its_tenant() {
    let atlas = Atlas::new().await;
    let text = Country::find(&atlas.a).sql().expect("a text");
    assert!(text.ends_with("WHERE $1::tenancy.bound IS NOT NULL"), "{text}");
    // What is bound while the statement runs.
    let text = text.replacen("SELECT ", "SELECT current_setting('app.tenant_id', true), ", 1);
    let mut app = atlas.psql().await;
    let tenant = atlas.a.tenant();
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let prepare = format!("SET plan_cache_mode = {mode}; PREPARE {mode} (tenancy.bound) AS {text}");
        run(&mut app, &prepare).await.expect("prepared");
        let ask = format!("EXECUTE {mode} ('{tenant}')");
        let bound = sqlx::raw_sql(AssertSqlSafe(ask.clone())).fetch_all(&mut app).await.expect("run");
        let bound: Vec<Option<String>> = bound.iter().map(|row| row.get(0)).collect();
        assert_eq!(bound, vec![Some(tenant.to_string()); 4]);
        let explain = format!("EXPLAIN (COSTS OFF) {ask}");
        let plan = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut app).await.expect("a plan");
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        // Nothing is asked of a row: with the value at hand it is folded away, and else it is asked once.
        let expected: &[&str] = if mode == "force_custom_plan" {
            &["Seq Scan on countries t"]
        } else {
            &["Result", "  One-Time Filter: ($1 IS NOT NULL)", "  ->  Seq Scan on countries t"]
        };
        assert_eq!(plan, expected, "{mode}");
        let refused = run(&mut app, &format!("EXECUTE {mode} (NULL)")).await;
        assert_eq!(code(refused), "23514", "nobody is bound by NULL");
    }
    // In a transaction of one tenant, no statement of another runs.
    let mut tx = atlas.db.begin(&atlas.a).await.expect("begun");
    let other = Country::find(&atlas.b).fetch_all(&mut tx).await;
    assert!(matches!(other, Err(Error::OtherTenant)), "{other:?}");
}

#[tokio::test]
async fn what_is_joined_to_it_stays_its_tenants() {
    let atlas = Atlas::new().await;
    assert_eq!(atlas.with_countries(&atlas.a).await, pairs(&[("a", "Austria")]));
    assert_eq!(atlas.with_countries(&atlas.b).await, pairs(&[("b", "Austria"), ("c", "France")]));
    for (token, expected) in [(&atlas.a, vec![("AT", "a")]), (&atlas.b, vec![("AT", "b"), ("FR", "c")])] {
        let rows: Vec<(Country, Customer)> = Country::find(token)
            .inner_join_many(Customer::columns().country_code)
            .order_by(|(_, c)| c.name.asc())
            .fetch_all(&atlas.db)
            .await
            .expect("a read");
        let rows: Vec<_> =
            rows.into_iter().map(|(country, customer)| (country.code, customer.name)).collect();
        assert_eq!(rows, pairs(&expected));
        let left: Vec<(Country, Option<Customer>)> = Country::find(token)
            .left_join_many(Customer::columns().country_code)
            .fetch_all(&atlas.db)
            .await
            .expect("a read");
        assert_eq!(left.len(), 4, "every country once");
        assert_eq!(left.iter().filter(|(_, customer)| customer.is_some()).count(), expected.len());
        let used = Country::find(token)
            .filter(|c| c.exists(Customer::columns().country_code, |c| c.name.ne("z")))
            .order_by(|c| c.code.asc())
            .fetch_all(&atlas.db)
            .await
            .expect("a read");
        let used: Vec<_> = used.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(used, expected.iter().map(|(code, _)| *code).collect::<Vec<_>>());
        let unused = Country::count(token)
            .filter(|c| c.not_exists(Customer::columns().country_code, |c| c.name.ne("")))
            .fetch_one(&atlas.db)
            .await
            .expect("a count");
        assert_eq!(unused, 4 - expected.len() as u64);
    }
    // Through the country to its customers again: those of the same tenant.
    let neighbours = |name: &'static str| {
        Customer::count(&atlas.a)
            .filter(move |c| {
                c.country_code
                    .exists(move |n| n.exists(Customer::columns().country_code, move |o| o.name.eq(name)))
            })
            .fetch_one(&atlas.db)
    };
    assert_eq!(neighbours("a").await.expect("a count"), 1);
    assert_eq!(
        neighbours("b").await.expect("a count"),
        0,
        "the other tenant's customer is in the same country"
    );
    // Rows of tenants, beside those of nobody, are no visitor's.
    let visitor = site(atlas.a.tenant()).await;
    let refused = Country::find(&visitor)
        .filter(|c| c.exists(Customer::columns().country_code, |c| c.name.ne("")))
        .fetch_all(&atlas.db)
        .await;
    assert!(matches!(refused, Err(Error::NotPublic { entity: "Customer" })), "{refused:?}");
}

#[tokio::test]
async fn references_hold_and_keep_what_is_used() {
    let atlas = Atlas::new().await;
    let unknown = NewCustomer { name: "d".into(), country_code: "YY".into() };
    let refused = Customer::insert(&atlas.a, unknown).execute(&atlas.db).await;
    assert!(matches!(&refused, Err(Error::Database(error)) if error.code() == "23503"), "{refused:?}");
    let mut owner = atlas.test.connect_as_owner().await;
    assert_eq!(code(run(&mut owner, "DELETE FROM atlas.countries WHERE code = 'AT'").await), "23503");
    run(&mut owner, "DELETE FROM atlas.countries WHERE code = 'CH'").await.expect("nobody uses it");
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'atlas'::regnamespace AND contype IN ('f', 'p', 'u') ORDER BY 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the keys");
    assert_eq!(
        keys,
        [
            "FOREIGN KEY (continent) REFERENCES atlas.continents(code)",
            "FOREIGN KEY (country_code) REFERENCES atlas.countries(code)",
            "FOREIGN KEY (tag) REFERENCES atlas.tags(name) ON DELETE SET NULL (tag)",
            "PRIMARY KEY (code)",
            "PRIMARY KEY (code)",
            "PRIMARY KEY (id)",
            "PRIMARY KEY (name)",
            "PRIMARY KEY (tenant_id, id)",
            "UNIQUE (color)",
            "UNIQUE (name)",
        ]
    );
}

#[tokio::test]
async fn raw_sql_of_the_application_changes_nothing_that_is_read_only() {
    let atlas = Atlas::new().await;
    let mut app = atlas.psql().await;
    assert_eq!(
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM atlas.countries")
            .fetch_one(&mut app)
            .await
            .expect("a read"),
        4
    );
    for sql in [
        "INSERT INTO atlas.countries VALUES ('YY', 'Other', 1, NULL)",
        "UPDATE atlas.countries SET name = 'Mine' WHERE code = 'AT'",
        "DELETE FROM atlas.countries WHERE code = 'CH'",
        "TRUNCATE atlas.countries",
        "ALTER TABLE atlas.countries ADD COLUMN x int",
        "TRUNCATE atlas.tags",
        "UPDATE atlas.tags SET name = 'id'",
        "SELECT FROM atlas.planets",
    ] {
        assert_eq!(code(run(&mut app, sql).await), "42501", "{sql}");
    }
    let mut tx = atlas.db.begin(&atlas.a).await.expect("begun");
    let refused = sqlx::query("DELETE FROM atlas.countries").execute(tx.raw()).await;
    assert_eq!(code(refused), "42501");
}

#[tokio::test]
async fn what_is_writable_is_written_for_everybody() {
    let atlas = Atlas::new().await;
    let (a, b, db) = (&atlas.a, &atlas.b, &atlas.db);
    let new = |name: &str, color: &str| NewTag { name: name.into(), color: color.into() };
    let made = Tag::insert(a, new("x", "red")).set(|t| t.weight, 5).fetch_one(db).await.expect("inserted");
    assert_eq!((made.weight, made.version, made.deleted_at), (5, 1, None));
    assert_eq!(Tag::find_by_id(b, "x".into()).fetch_one(db).await.expect("the other reads it"), made);
    assert_eq!(
        Tag::insert_many(b, [new("y", "green"), new("z", "blue")]).execute(db).await.expect("inserted"),
        2
    );
    // A key of one tenant's making is a key for the others too.
    let twice = Tag::insert(b, new("x", "black")).execute(db).await;
    assert!(matches!(&twice, Err(Error::Database(error)) if error.code() == "23505"), "{twice:?}");
    let kept =
        Tag::insert(b, new("x", "black")).on_conflict(|k| k.name).do_nothing().fetch_optional(db).await;
    assert_eq!(kept.expect("nothing"), None);
    let merged = Tag::insert(b, new("x", "black"))
        .on_conflict(|k| k.name)
        .do_update(|u| u.set_excluded(|t| t.color))
        .fetch_one(db)
        .await
        .expect("merged");
    assert_eq!((&*merged.color, merged.weight, merged.version), ("black", 5, 2));
    let changed =
        Tag::update(a).filter(|t| t.name.eq("x")).at_version(2).set(|t| t.weight, 7).fetch_one(db).await;
    assert_eq!(changed.expect("changed").version, 3);
    let stale =
        Tag::update(b).filter(|t| t.name.eq("x")).at_version(2).set(|t| t.weight, 8).execute(db).await;
    assert!(matches!(stale, Err(Error::StaleVersion { entity: "Tag" })), "{stale:?}");
    let weights = [("y".to_owned(), 2), ("z".to_owned(), 3)];
    let many = Tag::update_many(a, weights, |(name, _)| name.clone())
        .set(|t| t.weight, |(_, weight)| *weight)
        .execute(db)
        .await;
    assert_eq!(many.expect("changed"), 2);
    // A row of each tenant leads there: the deletion reaches both.
    for owner in [a, b] {
        Customer::update(owner).all_rows().set(|c| c.tag, "x").execute(db).await.expect("tagged");
    }
    assert_eq!(Tag::delete(a).filter(|t| t.name.eq("y")).execute(db).await.expect("marked"), 1);
    assert_eq!(Tag::count(b).fetch_one(db).await.expect("a count"), 2);
    assert_eq!(Tag::restore(b).filter(|t| t.name.eq("y")).execute(db).await.expect("restored"), 1);
    assert_eq!(Tag::delete(b).filter(|t| t.name.eq("x")).permanently().execute(db).await.expect("gone"), 1);
    for owner in [a, b] {
        assert_eq!(
            Customer::count(owner).filter(|c| c.tag.is_null().not()).fetch_one(db).await.expect("a count"),
            0
        );
    }
    // Nothing has to be given.
    let beat = Beat::insert(a, NewBeat {}).fetch_one(db).await.expect("inserted");
    assert_eq!(Beat::find_by_id(b, beat.id).fetch_one(db).await.expect("read"), beat);
    assert_eq!(Beat::insert_many(a, [NewBeat {}, NewBeat {}]).execute(db).await.expect("inserted"), 2);
    let id = Uuid::new_v4();
    assert_eq!(Beat::insert(a, NewBeat {}).set(|b| b.id, id).fetch_one(db).await.expect("inserted").id, id);
    assert_eq!(Beat::delete(b).all_rows().execute(db).await.expect("gone"), 4);
}

/// A write binds its tenant as a read does: a trigger that asks who it was is told.
#[tokio::test]
async fn a_write_of_a_global_table_says_whose_it_is() {
    let atlas = Atlas::new().await;
    let mut owner = atlas.test.connect_as_owner().await;
    run(
        &mut owner,
        "CREATE TABLE atlas.log (who text);
         CREATE FUNCTION atlas.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
           BEGIN INSERT INTO atlas.log VALUES (current_setting('app.tenant_id', true)); RETURN NULL; END $$;
         CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON atlas.tags FOR EACH ROW EXECUTE FUNCTION atlas.log();
         CREATE TRIGGER log AFTER INSERT ON atlas.beats FOR EACH ROW EXECUTE FUNCTION atlas.log()",
    )
    .await
    .expect("a trigger");
    let (a, b, db) = (&atlas.a, &atlas.b, &atlas.db);
    let new = |name: &str| NewTag { name: name.into(), color: name.into() };
    Tag::insert(a, new("x")).execute(db).await.expect("inserted");
    Tag::insert_many(b, [new("y")]).execute(db).await.expect("inserted");
    Tag::update(a).filter(|t| t.name.eq("y")).set(|t| t.weight, 2).execute(db).await.expect("changed");
    Tag::delete(b).filter(|t| t.name.eq("x")).permanently().execute(db).await.expect("gone");
    Beat::insert(a, NewBeat {}).execute(db).await.expect("inserted");
    Beat::insert_many(b, [NewBeat {}]).execute(db).await.expect("inserted");
    let who: Vec<String> =
        sqlx::query_scalar("SELECT who FROM atlas.log").fetch_all(&mut owner).await.expect("the log");
    let expected: Vec<_> = [a, b, a, b, a, b].map(|token| token.tenant().to_string()).into();
    assert_eq!(who, expected);
}

/// PostgreSQL asks for UPDATE before it locks a row: one tenant's lock would stop all the others.
#[tokio::test]
async fn only_what_is_writable_is_locked() {
    let atlas = Atlas::new().await;
    let (a, db) = (&atlas.a, &atlas.db);
    Tag::insert(a, NewTag { name: "x".into(), color: "red".into() }).execute(db).await.expect("inserted");
    let mut tx = db.begin(a).await.expect("a transaction");
    let tags = Tag::find(&tx).for_update().fetch_all(&mut tx).await.expect("tenants write it");
    assert_eq!(tags.len(), 1);
    assert_eq!(Country::find(&tx).fetch_all(&mut tx).await.expect("readable").len(), 4);
    let refused = Country::find(&tx).for_update().fetch_all(&mut tx).await.expect_err("nobody writes it");
    assert!(matches!(&refused, Error::Database(error) if error.code() == "42501"), "{refused}");
}

#[tokio::test]
async fn what_the_schema_does_not_list_is_refused() {
    let atlas = Atlas::new().await;
    let alone = Planet::find(&atlas.a).fetch_all(&atlas.db).await;
    assert!(matches!(alone, Err(Error::EntityNotListed { entity: "Planet" })), "{alone:?}");
    let joined =
        Country::find(&atlas.a).left_join_many(Planet::columns().visited_by).fetch_all(&atlas.db).await;
    assert!(matches!(joined, Err(Error::EntityNotListed { entity: "Planet" })), "{joined:?}");
    let asked =
        Country::count(&atlas.a).filter(|c| c.exists(Planet::columns().visited_by, |p| p.name.ne("")));
    let asked = asked.fetch_one(&atlas.db).await;
    assert!(matches!(asked, Err(Error::EntityNotListed { entity: "Planet" })), "{asked:?}");
}

/// Codes and objects that `connect` finds on the application's login.
async fn found(atlas: &Atlas) -> Vec<String> {
    let connected =
        TenantDb::builder(atlas.test.app()).trust(atlas.authority.authority()).schema(&ATLAS).connect().await;
    match connected {
        Ok(_) => Vec::new(),
        Err(Error::NotIsolated { findings }) => {
            findings.into_iter().map(|f| format!("{} {}: {}", f.code, f.object, f.mend)).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn connect_refuses_who_could_write_what_is_read_only() {
    let atlas = Atlas::new().await;
    assert_eq!(found(&atlas).await, [""; 0]);
    let mut superuser = connect(&atlas.test.superuser()).await;
    let login = atlas.test.app().get_username().to_owned();
    for (grant, on) in [
        ("INSERT ON atlas.countries", "atlas.countries"),
        ("UPDATE (name) ON atlas.countries", "atlas.countries"),
        ("DELETE ON atlas.continents", "atlas.continents"),
        ("TRUNCATE ON atlas.tags", "atlas.tags"),
        ("TRIGGER ON atlas.beats", "atlas.beats"),
    ] {
        for whom in ["PUBLIC", "tenancy_app", &format!("\"{login}\"")] {
            run(&mut superuser, &format!("GRANT {grant} TO {whom}")).await.expect("granted");
            let found = found(&atlas).await;
            let [one] = found.as_slice() else { panic!("{grant} to {whom}: {found:?}") };
            let mend = one.strip_prefix(&format!("T19-GLOBAL-WRITES {on}: ")).expect("that is what is wrong");
            run(&mut superuser, mend).await.expect("a mend is SQL");
            assert_eq!(self::found(&atlas).await, [""; 0], "{mend}");
        }
    }
    run(&mut superuser, &format!("ALTER TABLE atlas.countries OWNER TO \"{login}\"")).await.expect("given");
    let owned = found(&atlas).await;
    assert!(owned.iter().any(|found| found.starts_with("R07-OWNS atlas.countries")), "{owned:?}");
    run(
        &mut superuser,
        "ALTER TABLE atlas.countries OWNER TO tenancy_owner; ALTER TABLE atlas.countries RENAME TO lands",
    )
    .await
    .expect("gone");
    let missing = found(&atlas).await;
    assert!(
        matches!(missing.as_slice(), [one] if one.starts_with("T00-NO-TABLE atlas.countries")),
        "{missing:?}"
    );
}

/// A partition can be named directly.
#[tokio::test]
async fn a_part_of_a_global_table_is_held_as_the_whole() {
    let atlas = Atlas::new().await;
    let mut superuser = connect(&atlas.test.superuser()).await;
    run(&mut superuser, "CREATE TABLE atlas.islands () INHERITS (atlas.countries); GRANT INSERT ON atlas.islands TO tenancy_app")
        .await
        .expect("a part");
    let found = found(&atlas).await;
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("T19-GLOBAL-WRITES atlas.islands")),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_doctor_knows_what_is_listed_as_global() {
    let atlas = Atlas::new().await;
    let global = |report: tenancy::doctor::Report| {
        let all = report.findings.into_iter().map(|f| format!("{} {}", f.code, f.object));
        all.filter(|found| found.starts_with("T1")).collect::<Vec<_>>()
    };
    let doctor = Doctor::new(&ATLAS).expect("a schema that holds");
    let report = doctor.connect_and_examine(&atlas.test.superuser()).await.expect("examined");
    assert_eq!(global(report), [""; 0]);
    let mut superuser = connect(&atlas.test.superuser()).await;
    run(
        &mut superuser,
        "GRANT SELECT ON atlas.planets TO tenancy_app; GRANT UPDATE ON atlas.countries TO PUBLIC",
    )
    .await
    .expect("granted");
    let report = doctor.connect_and_examine(&atlas.test.superuser()).await.expect("examined");
    assert_eq!(global(report), ["T19-GLOBAL-WRITES atlas.countries", "T15-GLOBAL atlas.planets"]);
}

/// What a later hand did to global tables: their columns, keys, grants, and row-level security. The printed mends take it back.
#[tokio::test]
async fn the_doctor_sees_what_became_of_global_tables() {
    let atlas = Atlas::new().await;
    let doctor = Doctor::new(&ATLAS).expect("a schema that holds");
    let findings = async || {
        let report = doctor.connect_and_examine(&atlas.test.superuser()).await.expect("examined");
        let of_atlas = report.findings.into_iter().filter(|f| f.object.contains("atlas."));
        of_atlas.map(|f| (format!("{} {}", f.code, f.object), f)).collect::<Vec<_>>()
    };
    assert_eq!(findings().await, []);
    let mut superuser = connect(&atlas.test.superuser()).await;
    for (sql, expected) in [
        (
            "ALTER TABLE atlas.countries DROP CONSTRAINT countries_name_key",
            "K01-KEY countries_name_key on atlas.countries",
        ),
        (
            "DROP INDEX atlas.countries_population_idx",
            "K02-INDEX countries_population_idx on atlas.countries",
        ),
        (
            "ALTER TABLE atlas.countries DROP CONSTRAINT countries_continent_fkey",
            "K03-FOREIGN-KEY countries_continent_fkey on atlas.countries",
        ),
        ("ALTER TABLE atlas.beats DROP CONSTRAINT beats_pkey", "K01-KEY beats_pkey on atlas.beats"),
        (
            "ALTER TABLE atlas.countries ALTER population DROP NOT NULL",
            "T17-NULLABLE atlas.countries.population",
        ),
        ("REVOKE SELECT ON atlas.countries FROM tenancy_app", "G14-GRANT-MISSING atlas.countries"),
        ("REVOKE DELETE ON atlas.tags FROM tenancy_app", "G14-GRANT-MISSING atlas.tags"),
        ("REVOKE UPDATE (weight) ON atlas.tags FROM tenancy_app", "G14-GRANT-MISSING atlas.tags.weight"),
        ("ALTER TABLE atlas.countries ENABLE ROW LEVEL SECURITY", "T20-GLOBAL-RLS atlas.countries"),
    ] {
        run(&mut superuser, sql).await.expect(sql);
        let found = findings().await;
        assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), [expected], "{sql}");
        let mend = found[0].1.sql().expect("a mend is SQL");
        run(&mut superuser, &format!("BEGIN; {mend}\n; COMMIT")).await.expect(mend);
        assert_eq!(findings().await, [], "{mend}");
    }
    for (sql, expected) in [
        ("ALTER TABLE atlas.countries DROP population", "T16-COLUMN atlas.countries.population"),
        ("ALTER TABLE atlas.tags ALTER weight TYPE bigint", "T18-TYPE atlas.tags.weight"),
    ] {
        run(&mut superuser, sql).await.expect(sql);
        let found = findings().await;
        assert!(found.iter().any(|(name, _)| name == expected), "{sql}: {found:?}");
    }
}

/// Any number of rows, in one transaction, for everybody.
#[tokio::test]
async fn a_writable_one_is_loaded_by_a_stream() {
    let atlas = Atlas::new().await;
    let new = |i: usize| NewTag { name: format!("t{i}"), color: format!("c{i}") };
    let mut tx = atlas.db.begin(&atlas.a).await.expect("a transaction");
    let rows = futures_util::stream::iter((0..250).map(new));
    let loaded = Tag::insert_stream(&tx, rows).batch(100).execute(&mut tx).await.expect("loaded");
    assert_eq!(loaded, 250);
    let mut there = atlas.db.begin(&atlas.b).await.expect("a transaction");
    assert_eq!(Tag::count(&there).fetch_one(&mut there).await.expect("a count"), 0, "not committed yet");
    there.rollback().await.expect("an end");
    tx.commit().await.expect("committed");
    assert_eq!(Tag::count(&atlas.b).fetch_one(&atlas.db).await.expect("a count"), 250);
    // One that ends with an error is not there at all.
    let mut tx = atlas.db.begin(&atlas.a).await.expect("a transaction");
    let lines = (250..400).map(|i| if i == 390 { Err(Error::RowNotFound) } else { Ok(new(i)) });
    let stopped =
        Tag::try_insert_stream(&tx, futures_util::stream::iter(lines)).batch(100).execute(&mut tx).await;
    assert!(matches!(stopped, Err(Error::RowNotFound)), "{stopped:?}");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(Error::TransactionAborted)), "{committed:?}");
    assert_eq!(Tag::count(&atlas.b).fetch_one(&atlas.db).await.expect("a count"), 250);
}

/// It was isolated and then retired, so that the key of then is there, and no lock file knows it.
#[tokio::test]
async fn the_key_of_a_retired_table_is_refused_with_the_mend() {
    let atlas = Atlas::new().await;
    let mut superuser = connect(&atlas.test.superuser()).await;
    let isolated = "ALTER TABLE atlas.beats ADD tenant_id uuid NOT NULL DEFAULT gen_random_uuid(), DROP CONSTRAINT beats_pkey,
                      ADD CONSTRAINT beats_pkey PRIMARY KEY (tenant_id, id);
                    UPDATE tenancy.emitted SET name = name WHERE (relation, name) = ('atlas.beats'::regclass, 'beats_pkey')";
    run(&mut superuser, isolated).await.expect("as emission had it");
    let sql = ATLAS.sql().expect("a schema that holds");
    // As the file is written whose lock file has the table among the retired ones.
    let row =
        sql.lines().find(|line| line.contains("'beats'") && line.contains("], false)")).expect("its row");
    let sql = sql.replace(row, &row.replace("], false)", "], true)"));
    let mut owner = atlas.test.connect_as_owner().await;
    let refused = run(&mut owner, &format!("BEGIN; {sql}; COMMIT")).await.expect_err("refused");
    let refused = by_the_server(&refused);
    assert!(refused.message().contains("atlas.beats has the primary key (tenant_id, id)"), "{refused:?}");
    let mend = refused.hint().and_then(|hint| hint.strip_prefix("- ")).expect("a mend").to_owned();
    run(&mut owner, "ROLLBACK").await.expect("rolled back");
    run(&mut owner, &mend).await.expect("a mend is SQL");
    run(&mut owner, &format!("BEGIN; {sql}; COMMIT")).await.expect("emitted");
}

/// Everything that emission makes, as the catalogs have it.
async fn state(test: &TestDb) -> Vec<String> {
    let mut superuser = connect(&test.superuser()).await;
    sqlx::query_scalar(
        "SELECT format('%s %s %s', c.oid, relrowsecurity, relacl) FROM pg_class c WHERE relnamespace = 'atlas'::regnamespace
         UNION ALL SELECT format('%s %s %s', attrelid, attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
         UNION ALL SELECT format('%s %s', oid, pg_get_constraintdef(oid)) FROM pg_constraint WHERE contype <> 'c'
         ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogs")
}

#[tokio::test]
async fn restating_changes_nothing() {
    let atlas = Atlas::new().await;
    let before = state(&atlas.test).await;
    assert!(before.len() > 15, "{before:#?}");
    let mut owner = atlas.test.connect_as_owner().await;
    run(&mut owner, &format!("BEGIN; {}; COMMIT", ATLAS.sql().expect("a schema that holds")))
        .await
        .expect("restated");
    assert_eq!(state(&atlas.test).await, before);
}

/// Emission takes no row-level security away: whoever has put it on has meant something.
#[tokio::test]
async fn a_table_with_row_level_security_is_not_shared() {
    let sql = ATLAS.sql().expect("a schema that holds");
    let test = TestDb::builder().sql(TABLES).create().await.expect("a database");
    let mut owner = test.connect_as_owner().await;
    run(&mut owner, "ALTER TABLE atlas.countries ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON atlas.countries USING (true)").await.expect("on");
    let refused = run(&mut owner, &format!("BEGIN; {sql}; COMMIT")).await.expect_err("refused");
    let refused = by_the_server(&refused);
    assert!(refused.message().contains("row-level security is on for atlas.countries"), "{refused:?}");
    let mend =
        refused.hint().and_then(|hint| hint.split_once("before this one: ")).expect("a mend").1.to_owned();
    run(&mut owner, "ROLLBACK").await.expect("rolled back");
    run(&mut owner, &mend).await.expect("a mend is SQL");
    run(&mut owner, &format!("BEGIN; {sql}; COMMIT")).await.expect("emitted");
}
