//! Each misuse: the token that the error stands at, and what it says.

use super::errors;
use crate::model::Kind;

/// An entity with nothing wrong but what `on_struct` and `fields` add.
fn entity(on_struct: &str, fields: &str) -> String {
    format!(
        "#[tenancy(table = \"projects\"{on_struct})] struct Project {{ \
         #[tenancy(id)] id: Uuid, #[tenancy(tenant)] tenant_id: TenantId, name: String, {fields} }}"
    )
}

/// Exactly these errors, each at its token. Of the message a part is enough.
#[track_caller]
fn refuses(source: &str, expected: &[(&str, &str)]) {
    refuses_as(Kind::TenantScoped, source, expected);
}

/// The same, of one of the derives.
#[track_caller]
fn refuses_as(kind: Kind, source: &str, expected: &[(&str, &str)]) {
    let found = errors(kind, source);
    let agrees = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|((at, message), (token, part))| at == token && message.contains(part));
    assert!(agrees, "in {source}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn nothing_is_wrong_with_the_entity_of_these_tests() {
    refuses(&entity("", ""), &[]);
}

#[test]
fn a_tenant_field_is_needed_and_one_is_enough() {
    refuses(
        r#"#[tenancy(table = "t")] struct Project { #[tenancy(id)] id: Uuid }"#,
        &[("Project", "`Project` has no tenant field: mark the `TenantId` or `Uuid`")],
    );
    refuses(
        &entity("", "#[tenancy(tenant)] other: TenantId"),
        &[("tenant", "a row belongs to one tenant, and `tenant_id` says already whose it is")],
    );
}

#[test]
fn the_tenant_field_says_nothing_else() {
    let with = |said: &str, ty: &str| {
        format!(
            r#"#[tenancy(table = "t")] struct P {{ #[tenancy(id)] id: Uuid, #[tenancy(tenant{said})] t: {ty} }}"#
        )
    };
    refuses(&with(", column = \"Tenant\"", "TenantId"), &[]);
    refuses(&with("", "Option<TenantId>"), &[("Option<TenantId>", "the tenant field cannot be an `Option`")]);
    refuses(&with(", id", "TenantId"), &[("id", "the tenant column leads every key already")]);
    refuses(&with(", default", "TenantId"), &[("default", "its value comes from the token, always")]);
    refuses(&with(", generated", "TenantId"), &[("generated", "its value comes from the token, always")]);
    refuses(&with(", references = Tenant", "TenantId"), &[("references", "takes no `references`")]);
}

#[test]
fn an_id_is_needed_and_never_null() {
    refuses(
        r#"#[tenancy(table = "t")] struct Project { #[tenancy(tenant)] tenant_id: TenantId }"#,
        &[("Project", "`Project` has no id: mark the field that tells the rows of a tenant apart")],
    );
    refuses(
        &entity("", "#[tenancy(id)] second: Option<i32>"),
        &[("Option<i32>", "an id cannot be an `Option`: the columns of a primary key are never null")],
    );
    refuses(
        &entity("", "#[tenancy(id, generated)] second: i64"),
        &[("generated", "an id cannot be `generated`: write `#[tenancy(id, default)]`")],
    );
}

#[test]
fn only_a_plain_struct_is_an_entity() {
    const TABLE: &str = "#[tenancy(table = \"t\")]";
    refuses(&format!("{TABLE} enum E {{ A }}"), &[("enum", "an enum cannot be an entity")]);
    refuses(&format!("{TABLE} union U {{ a: u8 }}"), &[("union", "a union cannot be an entity")]);
    refuses(
        &format!("{TABLE} struct T(Uuid, String);"),
        &[("(Uuid, String)", "a tuple struct cannot be an entity")],
    );
    refuses(&format!("{TABLE} struct T;"), &[("T", "a unit struct cannot be an entity")]);
    for parameters in ["T", "'a", "const N: usize", "'a, T: 'a, const N: usize"] {
        let source = entity("", "").replacen("Project", &format!("Project<{parameters}>"), 1);
        refuses(&source, &[(parameters, "an entity takes no parameters")]);
    }
}

#[test]
fn a_table_is_needed() {
    let source = entity("", "").replacen("#[tenancy(table = \"projects\")]", "", 1);
    refuses(&source, &[("Project", "`Project` does not say which table holds its rows")]);
    for (table, why) in [
        ("", "no part is empty"),
        (".", "no part is empty"),
        ("app.", "no part is empty"),
        (".projects", "no part is empty"),
        ("a.b.c", "neither part contains a dot"),
        ("a\\0b", "contains no NUL"),
        ("n123456789n123456789n123456789n123456789n123456789n123456789n123", "this one has 64"),
        ("s.n123456789n123456789n123456789n123456789n123456789n123456789n123", "this one has 64"),
    ] {
        let literal = format!("\"{table}\"");
        refuses(&entity("", "").replacen("\"projects\"", &literal, 1), &[(&literal, why)]);
    }
}

#[test]
fn unknown_attributes_are_named_and_the_known_ones_listed() {
    refuses(
        &entity("", "#[tenancy(primary)] x: i32"),
        &[(
            "primary",
            "unknown attribute `primary`: a field takes `tenant`, `id`, `default`, `generated`, `version`, `updated_at`, `deleted_at`, `column`, `references` and `on_delete`",
        )],
    );
    refuses(
        &entity(", public", ""),
        &[(
            "public",
            "unknown attribute `public`: a struct takes `table`, `index`, `unique`, `public_read`, `writable`, `insert`, `insert_derive` and `crate`",
        )],
    );
}

#[test]
fn a_misspelled_attribute_is_one_error() {
    let source = entity("", "").replacen("tenancy(tenant)", "tenancy(tenent)", 1);
    refuses(&source, &[("tenent", "unknown attribute `tenent`; did you mean `tenant`?")]);
    let source = entity("", "").replacen("table =", "tabel =", 1);
    refuses(&source, &[("tabel", "did you mean `table`?")]);
    refuses(
        &entity("", "#[tenancy(default, generate)] x: i32").replacen("default, ", "", 1),
        &[("generate", "`generated`?")],
    );
}

#[test]
fn an_attribute_of_the_other_place_says_so() {
    refuses(
        &entity("", "#[tenancy(unique)] x: i32"),
        &[("unique", "`unique` is said of a struct, not of a field")],
    );
    refuses(&entity(", tenant", ""), &[("tenant", "`tenant` is said of a field, not of a struct")]);
}

#[test]
fn duplicate_attributes() {
    refuses(&entity("", "#[tenancy(default, default)] x: i32"), &[("default", "`default` is given twice")]);
    refuses(
        &entity("", "#[tenancy(default)] #[tenancy(default)] x: i32"),
        &[("default", "`default` is given twice")],
    );
    refuses(
        &entity("", "#[tenancy(column = \"a\", column = \"b\")] x: i32"),
        &[("column", "`column` is given twice")],
    );
    refuses(&entity(", table = \"other\"", ""), &[("table", "`table` is given twice")]);
    refuses(&entity(", insert = \"A\", insert = \"B\"", ""), &[("insert", "`insert` is given twice")]);
    refuses(&entity(", index(name), index(name)", ""), &[("index", "this `index` is given twice")]);
}

/// "At its token" means the second of two.
#[test]
fn the_second_of_two_is_marked() {
    let source =
        "#[tenancy(table = \"a\")] struct P { #[tenancy(id, tenant)] a: X, #[tenancy(tenant)] b: Y }";
    let input: syn::DeriveInput = syn::parse_str(source).unwrap();
    let errors = crate::errors::Errors::new();
    let attrs = crate::attr::StructAttrs::read(&input.attrs, &errors);
    let _entity = crate::examine(Kind::TenantScoped, &input, &attrs, &errors);
    let places: Vec<_> =
        errors.finish().unwrap_err().into_iter().map(|error| error.span().byte_range().start).collect();
    assert_eq!(places, [source.rfind("tenant").unwrap(), source.find("id,").unwrap()]);
}

#[test]
fn keys_name_fields() {
    refuses(&entity(", index(nmae)", ""), &[("nmae", "`Project` has no field `nmae`; did you mean `name`?")]);
    refuses(&entity(", unique(owner)", ""), &[("owner", "`Project` has no field `owner`")]);
    refuses(
        &entity(", unique(Kind)", "#[tenancy(column = \"Kind\")] kind: i32"),
        &[("Kind", "`Project` has no field `Kind`; it is the column of `kind`, and keys name fields")],
    );
    refuses(
        &entity(", index(tenant_id)", ""),
        &[("tenant_id", "the tenant column leads each `index` already")],
    );
    refuses(
        &entity(", unique(name, tenant_id)", ""),
        &[("tenant_id", "the tenant column leads each `unique` already")],
    );
    refuses(&entity(", unique(name, name)", ""), &[("name", "`name` stands in this `unique` already")]);
    refuses(&entity(", index(r#type), unique(type)", "r#type: i32"), &[]);
    for index in ["index", "index = \"name\"", "index()", "index[name]"] {
        refuses(
            &entity(&format!(", {index}"), ""),
            &[("index", "`index` takes names of fields: `index(status, created_at)`")],
        );
    }
    refuses(&entity(", index(name, \"id\")", ""), &[("\"id\"", "`index` takes names of fields")]);
    refuses(&entity(", index(name desc)", ""), &[("name", "`index` takes names of fields")]);
}

#[test]
fn default_and_generated_exclude_each_other() {
    for said in ["default, generated", "generated, default"] {
        refuses(
            &entity("", &format!("#[tenancy({said})] x: i32")),
            &[("generated", "`default` and `generated` exclude each other")],
        );
    }
}

#[test]
fn what_the_library_keeps_is_kept_by_nobody_else() {
    for (said, other) in
        [("version, default", "default"), ("id, updated_at", "id"), ("deleted_at, generated", "generated")]
    {
        let kept =
            said.split(", ").find(|word| word.contains("_at") || *word == "version").expect("one of them");
        refuses(
            &entity("", &format!("#[tenancy({said})] x: i64")),
            &[(kept, &format!("kept by the library when the row changes: it cannot be `{other}` as well"))],
        );
    }
    refuses(
        &entity("", "#[tenancy(version, updated_at)] x: i64"),
        &[("version", "it cannot be `updated_at` as well")],
    );
    refuses(
        &entity("", "#[tenancy(version)] x: i64, #[tenancy(version)] y: i64"),
        &[("version", "`x` is the `version` of `Project` already")],
    );
    refuses(&entity("", "#[tenancy(deleted_at)] x: T"), &[("T", "is an `Option`")]);
    refuses(&entity("", "#[tenancy(version)] x: Option<i64>"), &[("Option<i64>", "cannot be an `Option`")]);
}

#[test]
fn on_delete_says_what_happens_to_a_reference() {
    refuses(
        &entity("", "#[tenancy(on_delete = \"cascade\")] x: Uuid"),
        &[("on_delete", "`on_delete` needs `references`")],
    );
    refuses(
        &entity("", "#[tenancy(references = A, on_delete = \"CASCADE\")] x: Uuid"),
        &[(
            "\"CASCADE\"",
            "`on_delete` is one of `\"cascade\"`, `\"restrict\"`, `\"set null\"`, `\"no action\"`",
        )],
    );
    refuses(
        &entity("", "#[tenancy(references = A, on_delete = \"set null\")] x: Uuid"),
        &[("\"set null\"", "`x` can be set to null when it is an `Option`, and it is none")],
    );
    refuses(&entity("", "#[tenancy(references = A, on_delete = \"set null\")] x: Option<Uuid>"), &[]);
}

#[test]
fn values_that_are_none() {
    refuses(
        &entity("", "").replacen("table = \"projects\"", "table", 1),
        &[("table", "`table` needs a value: `table = \"projects\"`")],
    );
    refuses(&entity("", "").replacen("\"projects\"", "", 1), &[("table", "`table` needs a value")]);
    refuses(
        &entity("", "").replacen("\"projects\"", "projects", 1),
        &[("projects", "expected a string: `table = \"projects\"`")],
    );
    refuses(&entity("", "").replacen("\"projects\"", "\"a\" \"b\"", 1), &[("\"a\"", "expected a string")]);
    refuses(&entity("", "").replacen("\"projects\"", "\"a\"u8", 1), &[("\"a\"u8", "expected a string")]);
    refuses(
        &entity("", "#[tenancy(column(\"a\"))] x: i32"),
        &[("column", "`column` needs a value: `column = \"name\"`")],
    );
    refuses(
        &entity("", "#[tenancy(default = 5)] x: i32"),
        &[("=", "`default` takes no value: write `#[tenancy(default)]`")],
    );
    refuses(
        &entity("", "#[tenancy(references = 5)] x: i32"),
        &[("5", "expected an entity: `references = Project`")],
    );
    refuses(&entity("", "#[tenancy(references = (A, B))] x: i32"), &[("(A, B)", "expected an entity")]);
    refuses(&entity("", "#[tenancy(references = \"\")] x: i32"), &[("\"\"", "expected an entity")]);
    refuses(&entity(", insert = \"New Task\"", ""), &[("\"New Task\"", "expected the name of a struct")]);
    refuses(&entity(", insert = \"Project\"", ""), &[("\"Project\"", "cannot be called `Project`")]);
    refuses(&entity(", crate = 1", ""), &[("1", "expected a path: `crate = ::tenancy`")]);
    refuses(&entity(", insert_derive(Debug, 1)", ""), &[("1", "`insert_derive` takes paths")]);
    refuses(&entity(", 5", ""), &[("5", "expected an attribute: a struct takes `table`")]);
    refuses(
        &entity("", "#[tenancy] x: i32"),
        &[("tenancy", "`tenancy` takes a list in parentheses: `#[tenancy(tenant)]`")],
    );
    refuses(
        &entity("", "#[tenancy = \"id\"] x: i32"),
        &[("tenancy = \"id\"", "`tenancy` takes a list in parentheses")],
    );
    refuses(
        &entity("", "#[tenancy[id]] x: i32"),
        &[("tenancy[id]", "`tenancy` takes a list in parentheses")],
    );
}

#[test]
fn values_bare_or_in_a_string() {
    for references in ["Project", "crate::model::Project", "\"Project\"", "\"crate::model::Project\""] {
        refuses(&entity("", &format!("#[tenancy(references = {references})] x: Uuid")), &[]);
    }
    for krate in ["tenancy_core", "::tenancy_core", "crate::vendored::tenancy", "\"::tenancy_core\""] {
        refuses(&entity(&format!(", crate = {krate}, insert = NewOne"), ""), &[]);
    }
}

#[test]
fn columns_have_names_of_their_own() {
    refuses(
        &entity("", "#[tenancy(column = \"name\")] x: i32"),
        &[("\"name\"", "`name` is the column of `name` already")],
    );
    refuses(&entity("", "#[tenancy(column = \"NAME\")] x: i32"), &[]);
    refuses(&entity("", "#[tenancy(column = \"\")] x: i32"), &[("\"\"", "is not empty")]);
    refuses(&entity("", "#[tenancy(column = \"a\\0\")] x: i32"), &[("\"a\\0\"", "contains no NUL")]);
    let long = "a".repeat(64);
    refuses(&entity("", &format!("{long}: i32")), &[(&long, "at most 63 bytes, and this one has 64")]);
}

#[test]
fn all_that_is_wrong_is_reported_at_once() {
    refuses(
        r#"
        #[tenancy(index(missing), frobnicate, unique(a, a), table)]
        struct Project<T> {
            #[tenancy(on_delete = "explode", default = 1, generated)]
            a: T,
            #[tenancy(column = 5)]
            b: i32,
        }
        "#,
        &[
            ("frobnicate", "unknown attribute"),
            ("table", "needs a value"),
            ("T", "no parameters"),
            ("=", "takes no value"),
            ("5", "expected a string"),
            ("Project", "no tenant field"),
            ("Project", "no id"),
            ("generated", "exclude each other"),
            ("on_delete", "needs `references`"),
            ("\"explode\"", "unknown action"),
            ("missing", "no field"),
            ("a", "stands in this `unique` already"),
        ],
    );
}

/// A global table with nothing wrong but what `on_struct` and `fields` add.
fn global(on_struct: &str, fields: &str) -> String {
    format!(
        "#[tenancy(table = \"countries\"{on_struct})] struct Country {{ \
         #[tenancy(id)] code: String, name: String, {fields} }}"
    )
}

#[test]
fn a_global_table_has_no_tenant() {
    let refuses = |source: &str, expected: &[(&str, &str)]| refuses_as(Kind::GlobalTable, source, expected);
    refuses(&global(", index(name), unique(name)", ""), &[]);
    refuses(
        &global("", "#[tenancy(tenant)] tenant_id: TenantId"),
        &[("tenant", "a table with tenants is `TenantScoped`, so derive that for `Country`")],
    );
    refuses(&global(", public_read", ""), &[("public_read", "read by everybody already")]);
    refuses(
        r#"#[tenancy(table = "t")] struct Country { code: String }"#,
        &[("Country", "`Country` has no id: mark the field that tells the rows apart")],
    );
    refuses(&global("", "#[tenancy(references = Currency)] currency: String"), &[]);
}

#[test]
fn a_global_table_says_of_writes_what_it_is_when_it_is_writable() {
    let refuses = |source: &str, expected: &[(&str, &str)]| refuses_as(Kind::GlobalTable, source, expected);
    for (on_struct, fields, at) in [
        (", insert = \"Draft\"", "", "insert"),
        (", insert_derive(Debug)", "", "Debug"),
        ("", "#[tenancy(version)] version: i32", "version"),
        ("", "#[tenancy(updated_at)] at: OffsetDateTime", "updated_at"),
        ("", "#[tenancy(deleted_at)] at: Option<OffsetDateTime>", "deleted_at"),
    ] {
        refuses(&global(on_struct, fields), &[(at, "`Country` is read-only")]);
        refuses(&global(&format!("{on_struct}, writable"), fields), &[]);
    }
    refuses_as(
        Kind::TenantScoped,
        &entity(", writable", ""),
        &[("writable", "`writable` is said of a `GlobalTable`")],
    );
}
