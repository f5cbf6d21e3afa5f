//! [`Cells`]: rows of any kind as text, so that what the library decoded compares with what PostgreSQL says.
//!
//! Each value has one text, whatever way it came: integers whatever their width, numerics without the zeros at their end,
//! timestamps in UTC and as RFC 3339 has them. So a struct of `i64` and `Decimal` compares with a [`PgRow`].

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{Column as _, Decode, Postgres, Row as _, Type, TypeInfo as _};
use uuid::Uuid;

/// A row: a text for each column, none for NULL.
pub type Texts = Vec<Option<String>>;

/// A value of a row.
pub trait Cell {
    fn cell(&self) -> Option<String>;
}

/// A row, whose columns are those of the report and in its order.
pub trait Cells {
    fn cells(&self) -> Texts;
}

macro_rules! displayed {
    ($($type:ty),*) => {$(
        impl Cell for $type {
            fn cell(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

// The text of a floating point number is the shortest that gives the number again: equal texts, equal numbers.
displayed!(bool, i16, i32, i64, f32, f64, str, String, Uuid, NaiveDate, NaiveDateTime);

impl Cell for Decimal {
    fn cell(&self) -> Option<String> {
        Some(self.normalize().to_string())
    }
}

impl Cell for DateTime<Utc> {
    fn cell(&self) -> Option<String> {
        Some(self.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// Of a column of JSON. Text in it stands for itself, so that a row may be made of JSON as well.
impl Cell for Value {
    fn cell(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        }
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(&self) -> Option<String> {
        self.as_ref().and_then(Cell::cell)
    }
}

impl<T: Cell + ?Sized> Cell for &T {
    fn cell(&self) -> Option<String> {
        (**self).cell()
    }
}

impl<T: Cell> Cells for Vec<T> {
    fn cells(&self) -> Texts {
        self.iter().map(Cell::cell).collect()
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        impl<$($name: Cell),*> Cells for ($($name,)*) {
            #[expect(non_snake_case, reason = "each value is called like its type")]
            fn cells(&self) -> Texts {
                let ($($name,)*) = self;
                vec![$($name.cell()),*]
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
}

/// Whatever protocol it came by: decoding knows both the text and the binary form.
impl Cells for PgRow {
    fn cells(&self) -> Texts {
        (0..self.len())
            .map(|column| match self.column(column).type_info().name() {
                "BOOL" => decoded::<bool>(self, column),
                "INT2" => decoded::<i16>(self, column),
                "INT4" => decoded::<i32>(self, column),
                "INT8" => decoded::<i64>(self, column),
                "FLOAT4" => decoded::<f32>(self, column),
                "FLOAT8" => decoded::<f64>(self, column),
                "NUMERIC" => decoded::<Decimal>(self, column),
                "TEXT" | "VARCHAR" | "NAME" | "unknown" => decoded::<String>(self, column),
                "UUID" => decoded::<Uuid>(self, column),
                "DATE" => decoded::<NaiveDate>(self, column),
                "TIMESTAMP" => decoded::<NaiveDateTime>(self, column),
                "TIMESTAMPTZ" => decoded::<DateTime<Utc>>(self, column),
                "JSON" | "JSONB" => decoded::<Value>(self, column),
                other => panic!("column {column} is of type {other}, which no report has yet: add it here"),
            })
            .collect()
    }
}

#[track_caller]
fn decoded<'r, T: Cell + Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    column: usize,
) -> Option<String> {
    row.try_get::<Option<T>, _>(column).expect("a value of its column's type").cell()
}
