//! Reading a public key, from PEM or DER down to the bytes that a signature is checked with.
//!
//! The reader is strict and of our own. The library's takes the first bit string that it comes across, of a
//! certificate whose expiry nobody checks as well, and reads DER only in a form that no tool writes. Here a key is one
//! of two structures and nothing stands around it:
//!
//! ```text
//! SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING }   RFC 5280, section 4.1.2.7
//! RSAPublicKey         ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }          RFC 8017, appendix A.1.1
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::JwtKeyError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

// The contents of object identifiers.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// A public key of a kind that some algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublicKey<'d> {
    Rsa {
        /// The DER of the `RSAPublicKey`.
        pkcs1: &'d [u8],
        modulus_bits: usize,
    },
    Ec {
        curve: Curve,
        /// The point (SEC 1, section 2.3.3). Nobody has looked yet whether it is on the curve.
        point: &'d [u8],
    },
    /// The point (RFC 8032, section 5.1.5). Nobody has looked yet whether it is on the curve.
    Ed25519(&'d [u8; 32]),
}

/// A curve of ES256 or ES384.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// The DER inside of one PEM block with a public key (RFC 7468, section 13).
pub(super) fn der_of(pem: &[u8]) -> Result<Vec<u8>, JwtKeyError> {
    let text = str::from_utf8(pem).map_err(|_| JwtKeyError::Unreadable)?.trim();
    if text.contains("PRIVATE KEY-----") {
        return Err(JwtKeyError::PrivateKey);
    }
    let base64 = ["PUBLIC KEY", "RSA PUBLIC KEY"]
        .iter()
        .find_map(|label| {
            text.strip_prefix(&format!("-----BEGIN {label}-----"))?
                .strip_suffix(&format!("-----END {label}-----"))
        })
        .ok_or(JwtKeyError::Unreadable)?;
    // A second block, or headers, would leave characters here that are not base64.
    let base64: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).map_err(|_| JwtKeyError::Unreadable)
}

impl<'d> PublicKey<'d> {
    /// Reads a `SubjectPublicKeyInfo` or an `RSAPublicKey`.
    pub(super) fn read(der: &'d [u8]) -> Result<Self, JwtKeyError> {
        let key = Reader(der).only(SEQUENCE)?;
        match key.0.first() {
            Some(&SEQUENCE) => Self::read_subject_public_key_info(key),
            Some(&INTEGER) => Self::read_pkcs1(der, key),
            _ => Err(JwtKeyError::Unreadable),
        }
    }

    fn read_subject_public_key_info(mut key: Reader<'d>) -> Result<Self, JwtKeyError> {
        let mut algorithm = key.next(SEQUENCE)?;
        let kind = algorithm.next(OID)?.0;
        if key.0.first() == Some(&OCTET_STRING) {
            // An encrypted private key: `EncryptedPrivateKeyInfo`, RFC 5958.
            return Err(JwtKeyError::PrivateKey);
        }
        let bits = key.only(BIT_STRING)?.0;
        // The first byte counts the bits of the last one that are not used. Keys are whole bytes.
        let Some((0, bits)) = bits.split_first() else { return Err(JwtKeyError::Unreadable) };
        match kind {
            RSA_ENCRYPTION => {
                if !algorithm.0.is_empty() && !algorithm.only(NULL)?.0.is_empty() {
                    return Err(JwtKeyError::Unreadable);
                }
                Self::read_pkcs1(bits, Reader(bits).only(SEQUENCE)?)
            }
            EC_PUBLIC_KEY => match algorithm.only(OID)?.0 {
                P256 => Ok(Self::Ec { curve: Curve::P256, point: bits }),
                P384 => Ok(Self::Ec { curve: Curve::P384, point: bits }),
                _ => Err(JwtKeyError::WrongKind),
            },
            // RFC 8410, section 3: without parameters.
            ED25519 if algorithm.0.is_empty() => {
                bits.try_into().map(Self::Ed25519).map_err(|_| JwtKeyError::Unreadable)
            }
            _ => Err(JwtKeyError::WrongKind),
        }
    }

    /// `key` is what stands in the outer sequence of `pkcs1`.
    fn read_pkcs1(pkcs1: &'d [u8], mut key: Reader<'d>) -> Result<Self, JwtKeyError> {
        let modulus = key.next(INTEGER)?.0;
        if matches!(modulus, [0 | 1]) {
            // Not a modulus but a version, with which every structure for private keys begins.
            return Err(JwtKeyError::PrivateKey);
        }
        key.only(INTEGER)?;
        // A leading zero keeps the number positive; a set bit in its place would make it negative.
        let modulus = match modulus {
            [0, rest @ ..] => rest,
            [first, ..] if *first < 0x80 => modulus,
            _ => return Err(JwtKeyError::Unreadable),
        };
        let Some(first) = modulus.first().filter(|first| **first != 0) else {
            return Err(JwtKeyError::Unreadable);
        };
        Ok(Self::Rsa { pkcs1, modulus_bits: modulus.len() * 8 - first.leading_zeros() as usize })
    }
}

/// What is left of a DER encoding: tag, length, contents, and so on (X.690, section 8.1).
#[derive(Clone, Copy)]
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The contents of the next value, which has this tag.
    fn next(&mut self, tag: u8) -> Result<Self, JwtKeyError> {
        let (contents, rest) = value(self.0, tag).ok_or(JwtKeyError::Unreadable)?;
        self.0 = rest;
        Ok(Self(contents))
    }

    /// The contents of the value, after which nothing follows.
    fn only(mut self, tag: u8) -> Result<Self, JwtKeyError> {
        let contents = self.next(tag)?;
        if self.0.is_empty() { Ok(contents) } else { Err(JwtKeyError::Unreadable) }
    }
}

/// Splits off a value: its contents, and what follows.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, der) = der.split_first()?;
    let (&length, der) = der.split_first()?;
    let (length, der) = match length {
        0..=0x7f => (usize::from(length), der),
        // The long form: that many bytes of length. A key needs no more than two.
        0x81 | 0x82 => {
            let (bytes, der) = der.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), der)
        }
        _ => return None,
    };
    if found == tag { der.split_at_checked(length) } else { None }
}

/// The `RSAPublicKey` of a modulus and an exponent, as big-endian numbers.
pub(super) fn rsa_der(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    encode(SEQUENCE, &[integer(modulus), integer(exponent)].concat())
}

/// The `SubjectPublicKeyInfo` of a point by its coordinates.
pub(super) fn ec_der(curve: Curve, x: &[u8], y: &[u8]) -> Vec<u8> {
    let curve = match curve {
        Curve::P256 => P256,
        Curve::P384 => P384,
    };
    let algorithm = [encode(OID, EC_PUBLIC_KEY), encode(OID, curve)].concat();
    // SEC 1, section 2.3.3: not compressed.
    info(&algorithm, &[&[0x04], x, y].concat())
}

pub(super) fn ed25519_der(point: &[u8]) -> Vec<u8> {
    info(&encode(OID, ED25519), point)
}

fn info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let bits = [&[0], key].concat();
    encode(SEQUENCE, &[encode(SEQUENCE, algorithm), encode(BIT_STRING, &bits)].concat())
}

/// A number that is not negative, in as few bytes as it takes.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let sign: &[u8] = if bytes.get(first).is_some_and(|byte| *byte < 0x80) { &[] } else { &[0] };
    encode(INTEGER, &[sign, &bytes[first..]].concat())
}

/// What [`value`] splits off.
fn encode(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match u16::try_from(contents.len()) {
        Ok(length @ 0..=0x7f) => der.extend(length.to_be_bytes().last()),
        Ok(length @ 0x80..=0xff) => der.extend([0x81].iter().chain(length.to_be_bytes().last())),
        Ok(length) => der.extend([0x82].iter().chain(&length.to_be_bytes())),
        // No key is so long: it is cut off, and read as what it then is not.
        Err(_) => return encode(tag, &[]),
    }
    der.extend(contents);
    der
}
