//! Stage one: reads the `#[tenancy(..)]` attributes of a struct and of its fields.
//!
//! After a mistake the reader goes on behind the next comma, so that one build reports them all. What was named but not
//! understood is remembered as named: a `table` without a value must not be reported as a missing `table` as well.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, MacroDelimiter, Meta, Path, Token, Type};

use crate::errors::Errors;
use crate::name::nearest;

/// An attribute that may be given once.
pub(crate) struct Given<T> {
    /// The attribute's name, where it was given.
    pub(crate) name: Option<Ident>,
    /// Its value, when that was understood.
    pub(crate) value: Option<T>,
}

// Not derived: that would ask for `T: Default`.
impl<T> Default for Given<T> {
    fn default() -> Self {
        Self { name: None, value: None }
    }
}

impl<T> Given<T> {
    pub(crate) fn is_given(&self) -> bool {
        self.name.is_some()
    }

    fn give(&mut self, name: Ident, value: syn::Result<T>) -> syn::Result<()> {
        if self.is_given() {
            return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
        }
        self.name = Some(name);
        self.value = Some(value?);
        Ok(())
    }
}

/// What the attributes of the struct say.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) table: Given<LitStr>,
    pub(crate) insert: Given<Ident>,
    pub(crate) krate: Given<Path>,
    pub(crate) public_read: Given<()>,
    pub(crate) writable: Given<()>,
    pub(crate) insert_derive: Vec<Path>,
    pub(crate) indexes: Vec<KeyAttr>,
    pub(crate) uniques: Vec<KeyAttr>,
}

/// An `index(..)` or a `unique(..)`.
pub(crate) struct KeyAttr {
    /// `index` or `unique`.
    pub(crate) name: Ident,
    pub(crate) fields: Vec<Ident>,
}

/// What the attributes of a field say.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) tenant: Given<()>,
    pub(crate) id: Given<()>,
    pub(crate) default: Given<()>,
    pub(crate) generated: Given<()>,
    pub(crate) version: Given<()>,
    pub(crate) updated_at: Given<()>,
    pub(crate) deleted_at: Given<()>,
    pub(crate) column: Given<LitStr>,
    pub(crate) references: Given<Type>,
    pub(crate) on_delete: Given<LitStr>,
}

const ON_STRUCT: &[&str] =
    &["table", "index", "unique", "public_read", "writable", "insert", "insert_derive", "crate"];
const ON_FIELD: &[&str] = &[
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
];

impl StructAttrs {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut said = Self::default();
        let place = Place { this: "a struct", takes: ON_STRUCT, other: "a field", other_takes: ON_FIELD };
        place.read(attributes, errors, |word, name, input| match word {
            "table" => {
                let table = value(&name, input, text, "a string", r#"table = "projects""#);
                said.table.give(name, table)
            }
            "insert" => {
                let insert = value(&name, input, ident, "the name of a struct", r#"insert = "NewProject""#);
                said.insert.give(name, insert)
            }
            "public_read" => {
                let alone = nothing(&name, input);
                said.public_read.give(name, alone)
            }
            "writable" => {
                let alone = nothing(&name, input);
                said.writable.give(name, alone)
            }
            "crate" => {
                let krate = value(&name, input, path, "a path", "crate = ::tenancy");
                said.krate.give(name, krate)
            }
            "insert_derive" => {
                let example = "insert_derive(Debug, Clone)";
                said.insert_derive.extend(list(&name, input, Path::parse_mod_style, "paths", example)?);
                Ok(())
            }
            "index" | "unique" => {
                let example = format!("{word}(status, created_at)");
                let fields = list(&name, input, Ident::parse_any, "names of fields", &example)?;
                let keys = if word == "index" { &mut said.indexes } else { &mut said.uniques };
                keys.push(KeyAttr { name, fields });
                Ok(())
            }
            _ => Ok(()),
        });
        said
    }
}

/// The `crate = ..` of a derive that takes nothing else.
pub(crate) fn read_crate(attributes: &[Attribute], errors: &Errors) -> Option<Path> {
    let mut said = Given::default();
    let place = Place { this: "a projection", takes: &["crate"], other: "an entity", other_takes: ON_STRUCT };
    place.read(attributes, errors, |_, name, input| {
        let krate = value(&name, input, path, "a path", "crate = ::tenancy");
        said.give(name, krate)
    });
    said.value
}

impl FieldAttrs {
    /// What makes the library write the column, as it was named.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Ident> {
        [&self.version, &self.updated_at, &self.deleted_at]
            .into_iter()
            .filter_map(|given| given.name.as_ref())
    }

    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut said = Self::default();
        let place = Place { this: "a field", takes: ON_FIELD, other: "a struct", other_takes: ON_STRUCT };
        place.read(attributes, errors, |word, name, input| match word {
            "tenant" | "id" | "default" | "generated" | "version" | "updated_at" | "deleted_at" => {
                let flag = match word {
                    "tenant" => &mut said.tenant,
                    "id" => &mut said.id,
                    "default" => &mut said.default,
                    "generated" => &mut said.generated,
                    "version" => &mut said.version,
                    "updated_at" => &mut said.updated_at,
                    _ => &mut said.deleted_at,
                };
                let alone = nothing(&name, input);
                flag.give(name, alone)
            }
            "column" => {
                let column = value(&name, input, text, "a string", r#"column = "name""#);
                said.column.give(name, column)
            }
            "references" => {
                let parent = value(&name, input, entity, "an entity", "references = Project");
                said.references.give(name, parent)
            }
            "on_delete" => {
                let action = value(&name, input, text, "a string", r#"on_delete = "cascade""#);
                said.on_delete.give(name, action)
            }
            _ => Ok(()),
        });
        said
    }
}

/// Where an attribute stands, and what may be said there.
struct Place {
    this: &'static str,
    takes: &'static [&'static str],
    other: &'static str,
    other_takes: &'static [&'static str],
}

impl Place {
    /// Calls `read` for each thing that is said, with the known word that it is, the name as it was written, and the
    /// tokens from behind the name on.
    fn read(
        &self,
        attributes: &[Attribute],
        errors: &Errors,
        mut read: impl FnMut(&'static str, Ident, ParseStream<'_>) -> syn::Result<()>,
    ) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("tenancy")) {
            match &attribute.meta {
                Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                    let all = attribute.parse_args_with(|input: ParseStream<'_>| {
                        self.read_list(input, errors, &mut read);
                        Ok(())
                    });
                    if let Err(error) = all {
                        errors.push(error);
                    }
                }
                other => errors.at(
                    other,
                    format!("`tenancy` takes a list in parentheses: `#[tenancy({})]`", self.takes[0]),
                ),
            }
        }
    }

    fn read_list(
        &self,
        input: ParseStream<'_>,
        errors: &Errors,
        read: &mut impl FnMut(&'static str, Ident, ParseStream<'_>) -> syn::Result<()>,
    ) {
        while !input.is_empty() {
            if let Err(error) = self.read_one(input, errors, read) {
                errors.push(error);
            }
            // What stands behind an unknown word or a broken value is no second mistake.
            skip_past_comma(input);
        }
    }

    fn read_one(
        &self,
        input: ParseStream<'_>,
        errors: &Errors,
        read: &mut impl FnMut(&'static str, Ident, ParseStream<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        let takes = || format!("{} takes {}", self.this, enumerate(self.takes));
        let name = input
            .call(Ident::parse_any)
            .map_err(|_| syn::Error::new(input.span(), format!("expected an attribute: {}", takes())))?;
        let written = name.to_string();
        if let Some(word) = self.takes.iter().find(|word| **word == written) {
            read(word, name.clone(), input)?;
            return if ends(input) {
                Ok(())
            } else {
                Err(syn::Error::new(input.span(), format!("expected a comma after `{name}` and its value")))
            };
        }
        if self.other_takes.contains(&written.as_str()) {
            let message = format!("`{name}` is said of {}, not of {}: {}", self.other, self.this, takes());
            return Err(syn::Error::new(name.span(), message));
        }
        let Some(meant) = nearest(&written, self.takes.iter().copied()) else {
            return Err(syn::Error::new(name.span(), format!("unknown attribute `{name}`: {}", takes())));
        };
        errors.at(&name, format!("unknown attribute `{name}`; did you mean `{meant}`? ({})", takes()));
        // Read as what was meant, so that `tenent` is not followed by "no tenant field". Whatever is wrong with the
        // rest of it shows once the word is right.
        let _: syn::Result<()> = read(meant, Ident::new(meant, name.span()), input);
        Ok(())
    }
}

/// Nothing may follow a flag.
fn nothing(name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if ends(input) {
        Ok(())
    } else {
        Err(syn::Error::new(input.span(), format!("`{name}` takes no value: write `#[tenancy({name})]`")))
    }
}

/// `= value`.
fn value<T>(
    name: &Ident,
    input: ParseStream<'_>,
    value: Parse<T>,
    what: &str,
    example: &str,
) -> syn::Result<T> {
    let missing = || syn::Error::new(name.span(), format!("`{name}` needs a value: `{example}`"));
    input.parse::<Token![=]>().map_err(|_| missing())?;
    if ends(input) {
        return Err(missing());
    }
    let at = next_span(input);
    match value(input) {
        Ok(value) if ends(input) => Ok(value),
        _ => Err(syn::Error::new(at, format!("expected {what}: `{example}`"))),
    }
}

type Parse<T> = fn(ParseStream<'_>) -> syn::Result<T>;

/// A string.
fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let text: LitStr = input.parse()?;
    if text.suffix().is_empty() { Ok(text) } else { Err(syn::Error::new(text.span(), "expected no suffix")) }
}

/// The name of a type, bare or in a string.
fn ident(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(LitStr) { text(input)?.parse() } else { input.parse() }
}

/// A path without generic arguments, bare or in a string.
fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(LitStr) {
        text(input)?.parse_with(Path::parse_mod_style)
    } else {
        input.call(Path::parse_mod_style)
    }
}

/// An entity, bare or in a string. A type and not a path, because that is what a macro's `$entity:ty` is.
fn entity(input: ParseStream<'_>) -> syn::Result<Type> {
    let ty = if input.peek(LitStr) { text(input)?.parse()? } else { input.parse()? };
    match unwrapped(&ty) {
        Type::Path(_) => Ok(ty),
        other => Err(syn::Error::new_spanned(other, "expected a path")),
    }
}

/// `(element, element)`, of one element at least.
fn list<T>(
    name: &Ident,
    input: ParseStream<'_>,
    element: Parse<T>,
    what: &str,
    example: &str,
) -> syn::Result<Vec<T>> {
    let wrong = |at| syn::Error::new(at, format!("`{name}` takes {what}: `{example}`"));
    let group: Group = input.parse().map_err(|_| wrong(name.span()))?;
    if group.delimiter() != Delimiter::Parenthesis || group.stream().is_empty() {
        return Err(wrong(name.span()));
    }
    let mut elements = Vec::new();
    // Parsed by itself, since syn would report what an error leaves behind in the group once more.
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let at = next_span(input);
            match element(input) {
                Ok(one) if ends(input) => elements.push(one),
                _ => return Err(wrong(at)),
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    all.parse2(group.stream())?;
    Ok(elements)
}

/// The type without the invisible group that a macro's `$ty` stands in, and without parentheses.
pub(crate) fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => unwrapped(&group.elem),
        Type::Paren(paren) => unwrapped(&paren.elem),
        other => other,
    }
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Where the next token stands; of a group all of it, where `input.span()` is the opening delimiter alone.
fn next_span(input: ParseStream<'_>) -> Span {
    input.fork().parse::<TokenTree>().map_or_else(|_| input.span(), |token| token.span())
}

/// Skips to the next attribute. A comma inside of a group is part of the group.
fn skip_past_comma(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            break;
        }
    }
}

/// "`a`, `b` and `c`".
fn enumerate(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}
