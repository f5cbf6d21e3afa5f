//! No input makes the derive panic, and whatever it writes is Rust.

use proc_macro2::TokenStream;

use crate::model::Kind;

const NAMES: &[&str] = &[
    "tenant",
    "id",
    "default",
    "generated",
    "version",
    "updated_at",
    "deleted_at",
    "column",
    "references",
    "on_delete",
    "table",
    "index",
    "unique",
    "public_read",
    "writable",
    "insert",
    "insert_derive",
    "crate",
    "tenent",
    "r#type",
    "_",
    "struct",
    "Self",
    "self",
    "'a",
    "5",
    "\"id\"",
    "::",
    "a::b",
    "=",
    "#",
    "",
];

const VALUES: &[&str] = &[
    "",
    "=",
    "= =",
    "= \"\"",
    "= \"a.b.c.d\"",
    "= \"\\0\"",
    "= \"New Task\"",
    "= \"a\"x",
    "= 5",
    "= 5.0",
    "= true",
    "= 'c'",
    "= b\"x\"",
    "= c\"x\"",
    "= r#\"x\"#",
    "= -1",
    "= Project",
    "= ::a::b<C>",
    "= <A as B>::C",
    "= [u8; 3]",
    "= (A, B)",
    "= ()",
    "= dyn A + B",
    "= !",
    "= concat!(\"a\")",
    "= r#crate_",
    "= self",
    "= {}",
    "()",
    "(,)",
    "(a)",
    "(a,)",
    "(a,,b)",
    "(a b)",
    "(a = 1)",
    "(a(b(c)))",
    "(\"a\")",
    "(5, 'x')",
    "(::)",
    "(a::)",
    "[a]",
    "{a}",
    "(tenant_id)",
    "(id, id)",
    "== \"a\"",
    "=> 1",
    ": u8",
    "a b c",
    "; ;",
    ", ,",
    ", table = \"t\"",
];

/// Runs the derive on an item. Tokens that are no Rust at all never reach a derive.
fn survives(source: &str) {
    let Ok(tokens) = source.parse::<TokenStream>() else {
        return;
    };
    for kind in [Kind::TenantScoped, Kind::GlobalTable] {
        if let Err(error) = syn::parse2::<syn::File>(crate::derive(kind, tokens.clone())) {
            panic!("{source} expands to what is no Rust: {error}");
        }
    }
}

#[test]
fn attributes() {
    for name in NAMES {
        for value in VALUES {
            let said = format!("{name} {value}");
            for said in [format!("{said}, {said}"), format!("id, {said}, tenant")] {
                survives(&format!(
                    "#[tenancy({said})] struct P {{ id: u8, #[tenancy(tenant)] tenant_id: T }}"
                ));
                survives(&format!(
                    "#[tenancy(table = \"t\")] struct P {{ #[tenancy({said})] id: u8, b: Option<C> }}"
                ));
            }
        }
    }
}

#[test]
fn attributes_that_are_no_list() {
    for attribute in [
        "tenancy",
        "tenancy = \"id\"",
        "tenancy[id]",
        "tenancy{id}",
        "tenancy()",
        "tenancy(,)",
        "tenancy::id(a)",
    ] {
        survives(&format!("#[{attribute}] struct P {{ #[{attribute}] id: u8 }}"));
        survives(&format!("#[{attribute}] enum P {{ #[{attribute}] A {{ #[{attribute}] id: u8 }} }}"));
    }
}

#[test]
fn items() {
    for item in [
        "struct P;",
        "struct P {}",
        "struct P();",
        "struct P(u8);",
        "struct r#type { r#fn: u8 }",
        "enum P {}",
        "union P { a: u8 }",
        "struct P<'a, T: ?Sized + 'a = str, const N: usize = 3>(&'a T) where T: Clone;",
        "struct P where Self: Sized {}",
        "struct P { a: Option, b: Option<>, c: Option<A, B>, d: Option<'a>, e: <A as B>::Option<C>, f: (Option<A>), g: [u8; { 1 + 1 }] }",
        "struct P { a: u8, a: u8 }",
        "struct P { a: fn(Option<u8>) -> !, b: m!(x), c: impl A, d: _ }",
        "fn f() {}",
        "",
        "5",
        "pub(in a::b) struct P { crate a: u8 }",
        "struct P { a: u8 = 5 }",
    ] {
        survives(item);
        survives(&format!("#[tenancy(table = \"t\", crate = a)] {item}"));
    }
}
