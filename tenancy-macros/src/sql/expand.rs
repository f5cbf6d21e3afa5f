//! The code of one `sql!`: the text in pieces, and the values that PostgreSQL gets beside it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, LitStr, Path, Type};

use crate::sql::Input;
use crate::sql::check::{Checked, Role};
use crate::sql::literal::{Literal, Place};
use crate::sql::refusal::Refusal;

pub(super) fn expand(input: &Input, literal: &Literal, checked: &Checked) -> TokenStream {
    match Parts::of(input, literal, checked) {
        Ok(parts) => parts.expand(input),
        Err(error) => error.into_compile_error(),
    }
}

/// What stands in the places, as Rust.
struct Parts {
    pieces: Vec<TokenStream>,
    entities: Vec<Type>,
    values: Vec<Expr>,
    /// That columns are there.
    claims: Vec<TokenStream>,
}

impl Parts {
    fn of(input: &Input, literal: &Literal, checked: &Checked) -> syn::Result<Self> {
        let private = private(&input.krate);
        let mut parts =
            Self { pieces: Vec::new(), entities: Vec::new(), values: Vec::new(), claims: Vec::new() };
        let mut text = literal.segments[0].clone();
        let places = literal.places.iter().zip(&checked.roles).zip(&literal.segments[1..]);
        for ((place, role), segment) in places {
            match role {
                Role::Value => {
                    let value: Expr = rust(input, place, "a value")?;
                    text.push_str(&format!("${}", parts.number(value)));
                }
                Role::Entity => {
                    let entity: Type = rust(input, place, "an entity")?;
                    parts.text(&private, &mut text);
                    parts.pieces.push(quote!(#private::sql_entity::<#entity>()));
                    parts.entities.push(entity);
                }
                Role::Function => {
                    let function: Path = rust(input, place, "a function")?;
                    parts.text(&private, &mut text);
                    parts.pieces.push(quote!(#private::SqlPiece::Function(#function)));
                }
            }
            text.push_str(segment);
        }
        parts.text(&private, &mut text);
        let shown = input.text.value();
        for (place, used) in checked.columns.of_entities() {
            let entity: Type = rust(input, &literal.places[place], "an entity")?;
            let (column, name) = (&used.column, literal.places[place].rust.trim());
            let refusal = Refusal::new(
                used.at.clone(),
                format!("`{name}` has no column `{column}`"),
                "its columns are named as its fields are, unless `#[tenancy(column = …)]` says otherwise",
            );
            let message = refusal.shown_in(&shown).to_string();
            parts.claims.push(quote!(
                const _: () = assert!(#private::has_column::<#entity>(#column), "{}", #message);
            ));
        }
        Ok(parts)
    }

    /// The number of a value's parameter. A variable or a field that stands there twice is one: of two, PostgreSQL would not
    /// know that what is selected is what is grouped by.
    fn number(&mut self, value: Expr) -> usize {
        let again =
            is_place(&value).then(|| self.values.iter().position(|earlier| *earlier == value)).flatten();
        again.unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        }) + 1
    }

    /// Ends a piece of text.
    fn text(&mut self, private: &TokenStream, text: &mut String) {
        if !text.is_empty() {
            let piece = std::mem::take(text);
            self.pieces.push(quote!(#private::SqlPiece::Text(#piece)));
        }
    }

    fn expand(self, input: &Input) -> TokenStream {
        let Self { pieces, entities, values, claims } = self;
        let private = private(&input.krate);
        let proof = &input.proof;
        let count = values.len();
        // No name of the user's can mean these.
        let given = Ident::new("given", Span::mixed_site());
        let bound = Ident::new("bound", Span::mixed_site());
        let span = input.text.span().resolved_at(Span::mixed_site());
        let may_read =
            entities.iter().map(|entity| quote_spanned!(span=> #private::may_read::<#entity, _>(#given);));
        let adds = values.iter().map(|value| quote_spanned!(span=> #bound.add(&(#value));));
        let first = &entities[0];
        quote! {{
            const __SQL: &[#private::SqlPiece] = &[#(#pieces),*];
            #(#claims)*
            match &(#proof) {
                #given => {
                    #(#may_read)*
                    #[allow(unused_mut)]
                    let mut #bound = #private::SqlValues::with_capacity(#count);
                    #(#adds)*
                    #private::sql_query::<#first, _>(#given, __SQL, #bound)
                }
            }
        }}
    }
}

/// Whether asking twice is the same as asking once.
fn is_place(value: &Expr) -> bool {
    match value {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Reference(reference) => is_place(&reference.expr),
        _ => false,
    }
}

fn private(krate: &Path) -> TokenStream {
    quote!(#krate::__private)
}

/// What stands between the braces, with the span of the literal.
fn rust<T: syn::parse::Parse>(input: &Input, place: &Place, what: &str) -> syn::Result<T> {
    LitStr::new(&place.rust, input.text.span()).parse().map_err(|error| {
        let shown = input.text.value();
        let refusal = Refusal::new(
            place.at.clone(),
            format!("this is not {what}: {error}"),
            "write it as Rust reads it",
        );
        syn::Error::new(input.text.span(), refusal.shown_in(&shown))
    })
}
