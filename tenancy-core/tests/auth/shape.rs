//! What is not a JWT at all, and what is too long to look at.

use serde_json::json;
use tenancy_core::AuthError;

use crate::common::*;

fn good_token() -> String {
    Signer::hs256().sign(good_header().to_string(), good_claims().to_string())
}

#[test]
fn not_three_parts_of_base64url() {
    let good = good_token();
    authenticate(&authority(), &good).expect("accepted");
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    for token in [
        "",
        ".",
        "..",
        "...",
        "....",
        "a.b.c",
        "acme",
        message,
        &format!(".{good}"),
        &format!("{good}."),
        &format!("{good}.a.b"),
        &format!("Bearer {good}"),
        &format!(" {good}"),
        &format!("{good}\n"),
        &format!("{good}="),
        &format!("{message}.+{signature}"),
        &format!("{message}.ß{signature}"),
    ] {
        assert_eq!(authenticate(&authority(), token).err(), Some(AuthError::NotAJwt), "{token:?}");
    }
}

#[test]
fn no_part_can_be_cut_off_and_no_byte_changed() {
    let good = good_token();
    for length in 0..good.len() {
        assert!(authenticate(&authority(), &good[..length]).is_err(), "{length}");
    }
    for index in 0..good.len() {
        for byte in *b"AZaz09-_.{" {
            let mut token = good.clone().into_bytes();
            if token[index] != byte {
                token[index] = byte;
                let token = String::from_utf8(token).expect("ASCII");
                assert!(authenticate(&authority(), &token).is_err(), "{index}");
            }
        }
    }
}

#[test]
fn header_and_claims_are_objects() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let (header, claims) = (good_header().to_string(), good_claims().to_string());
    for part in [
        "",
        "[]",
        "null",
        "1",
        "\"a\"",
        "{",
        "{}{}",
        "{\"a\":}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        &deep,
        "\u{feff}{}",
    ] {
        let token = Signer::hs256().sign(part, &claims);
        assert_eq!(authenticate(&authority(), &token).err(), Some(AuthError::NotAJwt), "{part}");
        let token = Signer::hs256().sign(&header, part);
        assert_eq!(authenticate(&authority(), &token).err(), Some(AuthError::NotAJwt), "{part}");
    }
    let token = Signer::hs256().sign(&header, b"{\"sub\":\"\xff\"}");
    assert_eq!(authenticate(&authority(), &token).err(), Some(AuthError::NotAJwt), "not UTF-8");
    let token = Signer::hs256().sign(&header, format!("{claims} "));
    authenticate(&authority(), &token).expect("white space is part of JSON");
}

#[test]
fn a_signed_token_that_is_too_long() {
    const LONGEST: usize = 16 * 1024;
    let with_padding = |padding: usize| {
        let mut claims = good_claims();
        claims["padding"] = json!("x".repeat(padding));
        Signer::hs256().sign(good_header().to_string(), claims.to_string())
    };
    // Three bytes of claims are four of the token, so that one of these is just within and the next just beyond.
    let (mut within, mut beyond) = (String::new(), String::new());
    for padding in 11_000..13_000 {
        let token = with_padding(padding);
        if token.len() <= LONGEST {
            within = token;
        } else {
            beyond = token;
            break;
        }
    }
    assert!(LONGEST - within.len() < 3 && beyond.len() - LONGEST < 3, "{} {}", within.len(), beyond.len());
    authenticate(&authority(), &within).expect("accepted");
    assert_eq!(authenticate(&authority(), &beyond).err(), Some(AuthError::TooLong));
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    assert_eq!(authenticate(&authority(), &"!".repeat(20_000_000)).err(), Some(AuthError::TooLong));
    assert_eq!(authenticate(&authority(), &"!".repeat(16 * 1024)).err(), Some(AuthError::NotAJwt));
}
