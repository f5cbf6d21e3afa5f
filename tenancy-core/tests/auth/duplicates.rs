//! A name that stands twice, whatever its values.

use tenancy_core::AuthError;

use crate::common::*;

/// Adds a member to the end of an object.
fn and(object: &serde_json::Value, member: &str) -> String {
    let text = object.to_string();
    format!("{},{member}}}", text.strip_suffix('}').expect("an object"))
}

#[test]
fn no_claim_stands_twice() {
    let mut claims = good_claims();
    claims["nbf"] = 1.into();
    claims["iat"] = 1.into();
    claims["role"] = "user".into();
    let outcome =
        |claims: &str| authenticate(&authority(), &Signer::hs256().sign(good_header().to_string(), claims));

    outcome(&and(&claims, "\"other\":1")).expect("another name is no duplicate");
    for (name, value) in claims.as_object().expect("an object") {
        for value in [value.to_string().as_str(), "\"0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c56\"", "null"] {
            let claims = and(&claims, &format!("\"{name}\":{value}"));
            assert_eq!(outcome(&claims).err(), Some(AuthError::DuplicateName), "{claims}");
        }
    }
}

#[test]
fn an_escape_does_not_make_another_name() {
    let claims = and(&good_claims(), r#""tenant\u005fid":"5f0c7a11-1c4e-4d8b-a3c5-6a8f0f6f2f10""#);
    let token = Signer::hs256().sign(good_header().to_string(), claims);
    assert_eq!(authenticate(&authority(), &token).err(), Some(AuthError::DuplicateName));
}

#[test]
fn no_header_parameter_stands_twice() {
    let outcome =
        |header: &str| authenticate(&authority(), &Signer::hs256().sign(header, good_claims().to_string()));

    outcome(&and(&good_header(), "\"x\":1")).expect("another name is no duplicate");
    for member in
        [r#""alg":"HS256""#, r#""alg":"none""#, r#""typ":"JWT""#, r#""x":1,"x":1"#, r#""kid":null,"kid":"a""#]
    {
        let header = and(&good_header(), member);
        assert_eq!(outcome(&header).err(), Some(AuthError::DuplicateName), "{header}");
    }
}
