//! [`TenantId`]: the name of a tenant.
//!
//! It is plain data: it can be parsed, printed, stored and sent, and for that very reason it proves nothing. No
//! statement accepts it; what opens a tenant's rows is a [`TenantToken`](crate::TenantToken).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use uuid::Uuid;

/// The id of a tenant: a UUID that is never nil.
///
/// ```
/// use tenancy_core::TenantId;
///
/// let id: TenantId = "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55".parse()?;
/// assert_eq!(id.to_string(), "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55");
/// assert!("00000000-0000-0000-0000-000000000000".parse::<TenantId>().is_err());
/// # Ok::<(), tenancy_core::InvalidTenantId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Uuid);

/// Why a value is not a [`TenantId`]. It never repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTenantId {
    /// The nil UUID (RFC 9562, section 5.9) names nobody.
    #[error("the nil UUID is not a tenant id")]
    Nil,
    /// The text is not a hyphenated UUID of 36 characters. Braces, `urn:uuid:` and the form without hyphens are
    /// other spellings of the same id, and are refused, so that one tenant has one spelling.
    #[error("a tenant id is written as a hyphenated UUID of 36 characters")]
    Malformed,
}

impl TenantId {
    /// A new random (version 4) id, for the moment in which a tenant is created.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The id as a [`Uuid`].
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl TryFrom<Uuid> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(uuid: Uuid) -> Result<Self, InvalidTenantId> {
        if uuid.is_nil() { Err(InvalidTenantId::Nil) } else { Ok(Self(uuid)) }
    }
}

impl From<TenantId> for Uuid {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    /// Reads a hyphenated UUID. Upper-case digits are read (RFC 9562, section 4) and printed in lower case.
    fn from_str(text: &str) -> Result<Self, InvalidTenantId> {
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(InvalidTenantId::Malformed);
        }
        Uuid::try_parse(text).map_err(|_| InvalidTenantId::Malformed)?.try_into()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

impl Serialize for TenantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(self.0.as_bytes())
        }
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Text)
        } else {
            deserializer.deserialize_bytes(Text)
        }
    }
}

/// Reads the canonical text, or the sixteen bytes of a binary format.
struct Text;

impl serde::de::Visitor<'_> for Text {
    type Value = TenantId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tenant id (a hyphenated UUID that is not nil)")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TenantId, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<TenantId, E> {
        let uuid = Uuid::from_slice(bytes).map_err(|_| E::custom(InvalidTenantId::Malformed))?;
        uuid.try_into().map_err(E::custom)
    }
}

impl Type<Postgres> for TenantId {
    fn type_info() -> PgTypeInfo {
        <Uuid as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for TenantId {
    fn array_type_info() -> PgTypeInfo {
        <Uuid as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for TenantId {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <Uuid as Encode<'_, Postgres>>::encode_by_ref(&self.0, buffer)
    }
}

impl Decode<'_, Postgres> for TenantId {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(<Uuid as Decode<'_, Postgres>>::decode(value)?.try_into()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_has_one_spelling() {
        let id: TenantId = "0B9F7C9E-3D0B-4F6E-9D0E-2F8F7F1F3C55".parse().unwrap();
        assert_eq!(id.to_string(), "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55");
        for other in [
            "{0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55}",
            "urn:uuid:0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55",
            "0b9f7c9e3d0b4f6e9d0e2f8f7f1f3c55",
            " 0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55",
            "",
            "acme",
        ] {
            assert_eq!(other.parse::<TenantId>(), Err(InvalidTenantId::Malformed), "{other}");
        }
    }

    #[test]
    fn nil_names_nobody() {
        assert_eq!(TenantId::try_from(Uuid::nil()), Err(InvalidTenantId::Nil));
        assert_eq!(Uuid::nil().to_string().parse::<TenantId>(), Err(InvalidTenantId::Nil));
        assert!(serde_json::from_str::<TenantId>("\"00000000-0000-0000-0000-000000000000\"").is_err());
    }

    #[test]
    fn serde_writes_what_it_reads() {
        let id = TenantId::random();
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(text, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<TenantId>(&text).unwrap(), id);
    }
}
