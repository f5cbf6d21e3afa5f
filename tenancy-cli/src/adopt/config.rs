//! `tenancy.adopt.toml`: whose the rows are, and how patient an adoption is. It is reviewed like code: its expressions become
//! part of triggers.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use tenancy_core::adopt::{AdoptError, Adoption};
use tenancy_core::schema::Outline;

use crate::failure::{self, Failure};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// What the old program logs in as.
    pub(super) old_role: String,
    #[serde(default, deserialize_with = "duration")]
    lock_timeout: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    patience: Option<Duration>,
    /// By table: `tasks`, or `"billing.invoices"`.
    #[serde(default)]
    tables: BTreeMap<String, Source>,
}

/// How the tenant of a table's rows is found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// An SQL expression over the row `this`.
    tenant_of: Option<String>,
    /// The columns that it reads.
    #[serde(default)]
    columns: Vec<String>,
    /// The column that refers to the parent whose tenant it is.
    tenant_by: Option<String>,
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            failure::io(path)(error).mend("it says whose the rows are: cargo tenancy adopt --help shows one")
        })?;
        let config: Self =
            toml::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        for (table, source) in &config.tables {
            let wrong = match source {
                Source { tenant_of: Some(_), tenant_by: Some(_), .. } => {
                    "says both `tenant_of` and `tenant_by`"
                }
                Source { tenant_of: None, tenant_by: None, .. } => "says neither `tenant_of` nor `tenant_by`",
                Source { tenant_by: Some(_), columns, .. } if !columns.is_empty() => {
                    "has `columns`, which go with `tenant_of`"
                }
                _ => continue,
            };
            return Err(Failure::new(format!("{}: the table {table:?} {wrong}", path.display())));
        }
        Ok(config)
    }

    pub(super) fn adoption(&self, outline: &Outline) -> Result<Adoption, AdoptError> {
        let mut adoption = Adoption::of(outline, &self.old_role)?;
        for (table, source) in &self.tables {
            adoption = match source {
                Source { tenant_of: Some(expression), columns, .. } => {
                    adoption.tenant_of_table(table, columns.clone(), expression)?
                }
                Source { tenant_by, .. } => {
                    adoption.tenant_of_parent(table, tenant_by.clone().unwrap_or_default())?
                }
            };
        }
        if let Some(timeout) = self.lock_timeout {
            adoption = adoption.lock_timeout(timeout);
        }
        if let Some(patience) = self.patience {
            adoption = adoption.patience(patience);
        }
        Ok(adoption)
    }
}

/// `"500ms"`, `"2s"`, `"10min"`: with PostgreSQL's own units (manual, section "Parameter Names and Values").
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1_000),
        "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    match (number.parse::<u64>().ok(), milliseconds) {
        (Some(number), Some(milliseconds)) if number > 0 => {
            Ok(Some(Duration::from_millis(number.saturating_mul(milliseconds))))
        }
        _ => {
            Err(de::Error::custom(format!("{text:?} is no time: write it as \"500ms\", \"2s\" or \"10min\"")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Timed {
        #[serde(deserialize_with = "duration")]
        time: Option<Duration>,
    }

    #[test]
    fn times_have_units() {
        let read = |text: &str| toml::from_str::<Timed>(&format!("time = '{text}'")).map(|timed| timed.time);
        assert_eq!(read("500ms").ok().flatten(), Some(Duration::from_millis(500)));
        assert_eq!(read("2 s").ok().flatten(), Some(Duration::from_secs(2)));
        assert_eq!(read("10min").ok().flatten(), Some(Duration::from_secs(600)));
        for wrong in ["", "500", "ms", "0s", "-1s", "1 fortnight", "99999999999999999999ms"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
