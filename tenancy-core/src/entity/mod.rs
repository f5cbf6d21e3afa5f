//! Entities: the traits that `#[derive(TenantScoped)]` implements, and the columns that filters speak of.

mod column;
mod parameter;
mod scoped;
mod value;

pub use self::column::{
    Assignable, Column, DefaultId, Defaulted, Fixed, Generated, Id, NotNull, Nullable, Required, Settable,
};
pub use self::parameter::Parameter;
pub use self::scoped::{NewEntity, PublicRead, Row, TenantScoped};
pub use self::value::{ColumnType, ForeignKeyOf, IntoAssignment, IntoValue, TenantKey, Values};
