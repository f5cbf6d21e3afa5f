//! `sql!`: a hand-written SELECT that is scoped while compiling.
//!
//! The literal is taken apart by PostgreSQL's lexical rules (`literal`), read by a parser (`parse`), and asked whether it
//! reads entities and nothing else (`check`). What comes out (`expand`) is the same text in pieces: between them stand the
//! entities, which become their tenant's rows, and the values, which become parameters.

#[cfg(test)]
mod arbitrary;
mod check;
mod clauses;
mod columns;
mod expand;
mod expression;
mod functions;
mod literal;
mod parse;
mod refusal;
mod reserved;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitStr, Path, Token};

use crate::sql::check::Checked;
use crate::sql::literal::Literal;
use crate::sql::parse::Lines;
use crate::sql::refusal::Refusal;

/// What stands between the parentheses: the crate (said by the wrapper of `sql!`), proof and text.
struct Input {
    krate: Path,
    proof: Expr,
    text: LitStr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = input.call(Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        if input.is_empty() {
            return Err(
                input.error("`sql!` takes proof of a tenant and a SELECT: `sql!(&token, \"SELECT …\")`")
            );
        }
        if input.peek(LitStr) {
            return Err(input.error("proof of a tenant comes first: `sql!(&token, \"SELECT …\")`"));
        }
        let proof = input.parse()?;
        input.parse::<Token![,]>()?;
        let text = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "the SELECT is a string literal, so that it can be read while compiling",
            )
        })?;
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("values stand in the text, in braces: `WHERE p.status = {status}`"));
        }
        Ok(Self { krate, proof, text })
    }
}

pub(crate) fn sql(input: TokenStream) -> TokenStream {
    let input: Input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let text = input.text.value();
    match read(&text) {
        Ok((literal, checked)) => expand::expand(&input, &literal, &checked),
        Err(refusals) => {
            let errors = refusals.iter().map(|refusal| {
                syn::Error::new(input.text.span(), refusal.shown_in(&text)).into_compile_error()
            });
            // One expression, however many there are.
            quote::quote!({ #(#errors)* })
        }
    }
}

/// The stack of the thread that parses, in bytes: a long chain of operators is a deep tree.
const STACK: usize = 128 << 20;

/// The literal, and what it says.
fn read(text: &str) -> Result<(Literal, Checked), Vec<Refusal>> {
    let literal = Literal::read(text).map_err(|refusal| vec![refusal])?;
    let lines = Lines::new(literal.for_parser());
    let checked = std::thread::scope(|threads| {
        let parse = || {
            let statements = parse::parse(&literal, &lines).map_err(|refusal| vec![refusal])?;
            check::check(&literal, &statements, &lines)
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(threads, parse);
        thread.expect("a thread of the compiler's").join().expect("the parser does not panic")
    })?;
    Ok((literal, checked))
}
