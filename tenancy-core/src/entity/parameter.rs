//! [`Parameter`]: a value on its way into a statement.
//!
//! A statement holds its values until it is rendered, and the server has them in a moment; so what columns usually hold
//! stands in the parameter itself. Types that this file does not list, and arrays, are boxed.

use std::any::Any;
use std::fmt;

use compact_str::CompactString;
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use uuid::Uuid;

use crate::TenantId;
use crate::entity::{ColumnType, Element};

/// A value of any type, to be bound once. Never printed: values are customers' data.
pub struct Parameter(Held);

/// What can be bound, whatever its type.
trait Bind: Send + Sync {
    fn bind(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError>;
}

impl<T: ColumnType> Bind for Option<T> {
    fn bind(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        arguments.add(self)
    }
}

/// Many values as one. A type of its own, since `Vec<u8>` is one value and not many.
struct ArrayOf<T>(Vec<T>);

impl<T: Element> Bind for ArrayOf<T> {
    fn bind(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        arguments.add(&self.0)
    }
}

macro_rules! held {
    ($($(#[$cfg:meta])? $variant:ident($type:ty),)*) => {
        enum Held {
            $($(#[$cfg])? $variant(Option<$type>),)*
            Text(Option<CompactString>),
            Boxed(Box<dyn Bind>),
        }

        impl Parameter {
            /// A value, or `NULL` of its type.
            pub(crate) fn of<T: ColumnType>(value: Option<T>) -> Self {
                // Each comparison of types is decided while compiling.
                let mut value = Some(value);
                $($(#[$cfg])? if let Some(value) = take::<T, $type>(&mut value) {
                    return Self(Held::$variant(value));
                })*
                if let Some(value) = take::<T, String>(&mut value) {
                    return Self(Held::Text(value.map(CompactString::from)));
                }
                Self(Held::Boxed(Box::new(value.flatten())))
            }

            pub(crate) fn bind(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
                match &self.0 {
                    $($(#[$cfg])? Held::$variant(value) => arguments.add(value),)*
                    Held::Text(text) => arguments.add(text.as_deref()),
                    Held::Boxed(value) => value.bind(arguments),
                }
            }
        }
    };
}

held! {
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Uuid(Uuid),
    Tenant(TenantId),
    #[cfg(feature = "chrono")]
    Chrono(chrono::DateTime<chrono::Utc>),
    #[cfg(feature = "chrono")]
    ChronoDate(chrono::NaiveDate),
    #[cfg(feature = "time")]
    Time(time::OffsetDateTime),
    #[cfg(feature = "time")]
    TimeDate(time::Date),
    #[cfg(feature = "rust_decimal")]
    Decimal(rust_decimal::Decimal),
}

/// The value, when `T` is `U` or an `Option` of it.
fn take<T: 'static, U: 'static>(value: &mut Option<Option<T>>) -> Option<Option<U>> {
    let value: &mut dyn Any = value;
    if let Some(value) = value.downcast_mut::<Option<Option<U>>>() {
        return value.take();
    }
    value.downcast_mut::<Option<Option<Option<U>>>>()?.take().map(Option::flatten)
}

impl Parameter {
    /// Text that is copied, short text without an allocation.
    pub(crate) fn text(text: &str) -> Self {
        Self(Held::Text(Some(CompactString::from(text))))
    }

    /// Many values as one.
    pub(crate) fn array<T: Element>(values: Vec<T>) -> Self {
        Self(Held::Boxed(Box::new(ArrayOf(values))))
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}
