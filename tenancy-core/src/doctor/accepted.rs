//! [`Accepted`]: the findings that a team has looked at and lives with, for a time.
//!
//! They stand in a file that is reviewed like code. Each says why and until when: what was acceptable at the launch is
//! looked at again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::schema::Code;

/// Findings that are accepted: a TOML file.
///
/// ```
/// # use tenancy_core::doctor::Accepted;
/// let accepted = Accepted::parse(
///     r#"
///     [[accept]]
///     code = "R11-OTHER-BYPASS"
///     object = "backup"
///     reason = "pg_dump logs in as it, from one host"
///     until = 2027-03-01
///     "#,
/// )?;
/// assert_eq!(accepted.iter().count(), 1);
/// # Ok::<(), tenancy_core::doctor::AcceptedError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted(Vec<Acceptance>);

/// One finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acceptance {
    /// The finding's code.
    pub code: String,
    /// The finding's object.
    pub object: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is, as the file has it: `2027-03-01`, in UTC.
    pub until: String,
    expires_at: SystemTime,
}

impl Acceptance {
    pub(crate) fn is_expired(&self, now: SystemTime) -> bool {
        now >= self.expires_at
    }
}

/// Why a file of accepted findings cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptedError {
    /// It is no TOML, or has not the fields `code`, `object`, `reason`, `until`, and no others.
    #[error("the accepted findings cannot be read: {why}")]
    Unreadable {
        /// Where, and what stands there.
        why: String,
    },
    /// There is no such code.
    #[error("{code:?} is no code of the doctor's")]
    UnknownCode {
        /// What the file says.
        code: String,
    },
    /// `connect` refuses such a database, whatever a file says.
    #[error("{code} on {object:?} cannot be accepted: the program will not connect")]
    Decides {
        /// The code.
        code: String,
        /// The object.
        object: String,
    },
    /// The reason is empty.
    #[error("{code} on {object:?} is accepted without a reason")]
    NoReason {
        /// The code.
        code: String,
        /// The object.
        object: String,
    },
    /// `until` is not a date, such as `2027-03-01` without quotes.
    #[error("{code} on {object:?}: `until` is a date, such as 2027-03-01 without quotes")]
    NotADate {
        /// The code.
        code: String,
        /// The object.
        object: String,
    },
}

impl Accepted {
    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// [`AcceptedError`]: the first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AcceptedError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            accept: Vec<Entry>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Entry {
            code: String,
            object: String,
            reason: String,
            until: toml::value::Datetime,
        }
        let file: File =
            toml::from_str(text).map_err(|error| AcceptedError::Unreadable { why: error.to_string() })?;
        let read = |Entry { code, object, reason, until }: Entry| {
            match Code::find(&code) {
                None => return Err(AcceptedError::UnknownCode { code }),
                Some(known) if known.decides => return Err(AcceptedError::Decides { code, object }),
                Some(_) => {}
            }
            if reason.trim().is_empty() {
                return Err(AcceptedError::NoReason { code, object });
            }
            match (until.date, until.time, until.offset) {
                (Some(date), None, None) => {
                    let expires_at = day_after(date);
                    Ok(Acceptance { code, object, reason, until: date.to_string(), expires_at })
                }
                _ => Err(AcceptedError::NotADate { code, object }),
            }
        };
        file.accept.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// What is accepted, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Acceptance> {
        self.0.iter()
    }
}

/// Midnight UTC at the end of a day: Howard Hinnant's `days_from_civil`.
fn day_after(date: toml::value::Date) -> SystemTime {
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    UNIX_EPOCH + Duration::from_secs(u64::try_from(days + 1).unwrap_or(0) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(fields: &str) -> Result<Accepted, AcceptedError> {
        Accepted::parse(&format!("[[accept]]\n{fields}"))
    }

    #[test]
    fn a_day_ends_with_it() {
        let accepted =
            one("code = 'G06-TEMP'\nobject = 'acme'\nreason = 'x'\nuntil = 2026-11-23").expect("a file");
        let [acceptance] = &accepted.0[..] else { panic!("one") };
        let end = UNIX_EPOCH + Duration::from_secs(1_795_478_400);
        assert!(!acceptance.is_expired(end - Duration::from_secs(1)));
        assert!(acceptance.is_expired(end));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (fields, expected) in [
            ("code = 'G06-TEMP'\nobject = 'acme'\nreason = 'x'", "missing field `until`"),
            ("code = 'G06-TEMP'\nobject = 'acme'\nuntil = 2026-11-23", "missing field `reason`"),
            ("code = 'G06-TEMP'\nobject = 'acme'\nreason = ' '\nuntil = 2026-11-23", "without a reason"),
            (
                "code = 'G06-TEMP'\nobject = 'acme'\nreason = 'x'\nuntil = 2026-11-23T00:00:00Z",
                "`until` is a date",
            ),
            ("code = 'G06'\nobject = 'acme'\nreason = 'x'\nuntil = 2026-11-23", "no code of the doctor's"),
            ("code = 'T01-RLS-OFF'\nobject = 'acme'\nreason = 'x'\nuntil = 2026-11-23", "cannot be accepted"),
            (
                "code = 'G06-TEMP'\nobject = 'acme'\nreason = 'x'\nuntil = 2026-11-23\nforever = true",
                "unknown field",
            ),
        ] {
            let error = one(fields).expect_err(fields).to_string();
            assert!(error.contains(expected), "{fields}: {error}");
        }
        let error = Accepted::parse("[[accept]]\n\ncode = ").expect_err("no TOML").to_string();
        assert!(error.contains("line 3"), "{error}");
    }
}
