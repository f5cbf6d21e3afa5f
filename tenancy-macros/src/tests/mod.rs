//! The derive, run on tokens: what it writes, what it refuses and where, and that nothing makes it panic.

mod garbage;
mod misuse;
mod snapshots;

use syn::DeriveInput;

use crate::attr::StructAttrs;
use crate::errors::Errors;
use crate::examine;
use crate::model::Kind;

/// What is wrong with an entity: for each error, the source text that it stands at, and its message.
fn errors(kind: Kind, source: &str) -> Vec<(String, String)> {
    let input: DeriveInput = syn::parse_str(source).expect("the item is Rust");
    let errors = Errors::new();
    let attrs = StructAttrs::read(&input.attrs, &errors);
    let _entity = examine(kind, &input, &attrs, &errors);
    let Err(all) = errors.finish() else {
        return Vec::new();
    };
    all.into_iter().map(|error| (error.span().source_text().unwrap_or_default(), error.to_string())).collect()
}

/// The expansion, as a person would write it.
fn expansion(kind: Kind, source: &str) -> String {
    let tokens = crate::derive(kind, source.parse().expect("the item is tokens"));
    prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is items"))
}
