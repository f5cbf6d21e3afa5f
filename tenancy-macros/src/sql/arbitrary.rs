//! Arbitrary literals: whatever stands there, the macro answers, and lets nothing through that it should not.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sql::read;
use crate::sql::tests::TAKEN;

/// What literals are made of, so that most of what is made gets past the lexer.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "{A}",
    "{A} a",
    "{x}",
    "a",
    "b",
    "a.x",
    "(",
    ")",
    ",",
    "'",
    "''",
    "\"",
    "E'",
    "$1",
    "$$",
    "--",
    "/*",
    "*/",
    "\n",
    "\\",
    "{",
    "}",
    "{{",
    ";",
    "WITH",
    "RECURSIVE",
    "AS",
    "c",
    "JOIN",
    "LEFT",
    "LATERAL",
    "ON",
    "UNION",
    "ALL",
    "VALUES",
    "TABLE",
    "INSERT INTO",
    "DELETE FROM",
    "tasks",
    "set_config",
    "tenancy.bound",
    "::",
    "::int",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "IN",
    "EXISTS",
    "ORDER BY",
    "GROUP BY",
    "LIMIT",
    "OVER",
    "PARTITION BY",
    "1",
    "0.5e3",
    "NULL",
    "*",
    "=",
    "+",
    "-",
    "->>",
    "?",
    "~",
    "||",
    "ARRAY[",
    "]",
    "INTERVAL",
    "U&'",
    "ß",
    "\u{a0}",
    "\0",
    "\u{1F600}",
    "FOR UPDATE",
    "INTO",
    "FETCH FIRST",
    "count(*)",
    "lower(",
    "{f}(",
    "\t",
    "\r",
    ".",
    ":",
    "@",
    "#",
    "%",
    "^",
    "&",
    "`",
    "'}'",
    "\"}\"",
    "{'}'}",
    "{\"",
    "AT TIME ZONE",
    "extract(",
];

/// SplitMix64: the same literals for the same seed.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn arbitrary(state: &mut u64) -> String {
    let mut below = |n: usize| usize::try_from(next(state) % n as u64).expect("less than n");
    let mut text = match below(4) {
        0 => String::new(),
        1 => "SELECT a.x FROM {A} a ".to_owned(),
        _ => TAKEN[below(TAKEN.len())].to_owned(),
    };
    for _ in 0..below(12) {
        let chars: Vec<_> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let at = chars[below(chars.len())];
        match below(5) {
            0 => {
                let end = chars[below(chars.len())].max(at);
                text.replace_range(at..end, "");
            }
            1 => text.insert(at, char::from_u32(below(0x11_0000) as u32).unwrap_or('\u{fffd}')),
            2 => {
                let from = chars[below(chars.len())].max(at);
                let part = text[at..from].to_owned();
                text.push_str(&part);
            }
            _ => text.insert_str(at, &format!(" {} ", WORDS[below(WORDS.len())])),
        }
    }
    text
}

/// Arbitrary literals: none makes the macro panic, and none that is taken names a table or a function that must not stand
/// there. `SQL_FUZZ_SECONDS=600 cargo test --release -p tenancy-macros --features sql arbitrary` goes on for ten minutes.
#[test]
fn arbitrary_literals_neither_panic_nor_slip_through() {
    let seconds = std::env::var("SQL_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let seed = std::env::var("SQL_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x7e4a_4c79);
    let (mut state, mut cases, mut taken) = (seed, 0_u64, 0_u64);
    let began = std::time::Instant::now();
    let more = |cases: u64| match seconds {
        Some(seconds) => began.elapsed().as_secs() < seconds,
        None => cases < 3_000,
    };
    while more(cases) {
        let text = arbitrary(&mut state);
        let read = catch_unwind(AssertUnwindSafe(|| {
            let input = proc_macro2::Literal::string(&text);
            let krate = quote::quote!(::tenancy);
            let expanded = crate::sql::sql(quote::quote!(#krate; &token, #input));
            (read(&text).is_ok(), expanded)
        }));
        let Ok((is_taken, expanded)) = read else { panic!("seed {seed}, case {cases}: {text:?}") };
        syn::parse2::<syn::File>(quote::quote!(fn f() { #expanded }))
            .unwrap_or_else(|error| panic!("seed {seed}, case {cases}: {error}: {text:?}"));
        if is_taken {
            taken += 1;
            let words = words_outside_of_quotes(&text);
            for never in [" tenancy ", " insert into ", " delete from ", " select into ", " for update "] {
                assert!(!words.contains(never), "seed {seed}, case {cases}: {text:?}");
            }
        }
        cases += 1;
    }
    println!("{cases} cases, {taken} taken");
    assert!(taken * 50 > cases, "most of what is made is no SQL at all: {taken} of {cases} are taken");
}

/// The words in small letters, each between spaces; without strings, quoted names and comments.
fn words_outside_of_quotes(text: &str) -> String {
    let (literal, _) = read(text).expect("it was taken");
    let (mut outside, mut quote) = (String::from(" "), None);
    let text = literal.segments.join("{}");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            // `E'…'`: a backslash takes the next along.
            (None, '\'' | '"') => quote = Some((c, c == '\'' && outside.ends_with(" e"))),
            (None, c) if c.is_alphanumeric() || c == '_' || !c.is_ascii() => outside.extend(c.to_lowercase()),
            (None, _) if outside.ends_with(' ') => {}
            (None, _) => outside.push(' '),
            (Some((_, true)), '\\') => drop(chars.next()),
            (Some((q, _)), c) if c == q => quote = None,
            (Some(_), _) => {}
        }
    }
    outside + " "
}
