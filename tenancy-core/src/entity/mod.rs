//! Entities: the traits that the derives implement, and the columns that queries speak of.

mod alias;
mod column;
mod derived;
mod global;
mod kept;
mod key;
mod parameter;
mod row;
mod scoped;
mod side;
mod value;
mod writable;

pub use self::alias::Alias;
pub use self::column::{
    Assignable, Column, DefaultId, Defaulted, Fixed, Generated, Id, Kept, NotNull, Nullable, References,
    Required, Settable,
};
pub use self::derived::{ColumnsOf, Entity, EntityColumns, Referenced};
pub use self::global::GlobalTable;
pub use self::kept::{SoftDelete, Timestamp, Version, Versioned};
pub use self::key::UniqueKey;
pub use self::parameter::Parameter;
pub use self::row::Row;
pub use self::scoped::{PublicRead, ReadByVisitors, TenantScoped};
pub use self::side::{Inner, Nullability, Outer, Side};
pub(crate) use self::value::Slices;
pub use self::value::{ColumnType, Element, ForeignKeyOf, IntoAssignment, IntoValue, TenantKey, Values};
pub use self::writable::{NewEntity, Writable};
