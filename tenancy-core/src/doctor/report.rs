//! [`Report`]: what the doctor found, and what of it is accepted.

use std::fmt;
use std::time::SystemTime;

use crate::doctor::{Acceptance, Accepted};
use crate::schema::{Finding, Severity};

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What is not accepted, the worst first.
    pub findings: Vec<Finding>,
    /// What is, each with why and until when.
    pub accepted: Vec<(Finding, Acceptance)>,
    /// Acceptances that ran out: what they accepted is among the findings again, if it is still there.
    pub expired: Vec<Acceptance>,
    /// Acceptances of what was not found: take them out of the file.
    pub stale: Vec<Acceptance>,
}

impl Report {
    pub(crate) fn new(findings: Vec<Finding>, accepted: &Accepted, now: SystemTime) -> Self {
        let (expired, in_force): (Vec<_>, Vec<_>) =
            accepted.iter().cloned().partition(|acceptance| acceptance.is_expired(now));
        let matches = |acceptance: &Acceptance, finding: &Finding| {
            acceptance.code == finding.code && acceptance.object == finding.object
        };
        let stale = in_force
            .iter()
            .filter(|held| !findings.iter().any(|found| matches(held, found)))
            .cloned()
            .collect();
        let mut report = Self { findings: Vec::new(), accepted: Vec::new(), expired, stale };
        for finding in findings {
            match in_force.iter().find(|acceptance| matches(acceptance, &finding)) {
                Some(acceptance) => report.accepted.push((finding, acceptance.clone())),
                None => report.findings.push(finding),
            }
        }
        report
            .findings
            .sort_by(|a, b| (a.severity(), &a.code, &a.object).cmp(&(b.severity(), &b.code, &b.object)));
        report
    }

    /// Nothing was found that is not accepted, but for what is only worth knowing.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity() == Severity::Info)
    }
}

/// For people: each finding with what it means and what mends it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            writeln!(f, "tenancy: nothing found")?;
        }
        for finding in &self.findings {
            writeln!(f, "{}: {}: {}: {}", finding.severity(), finding.code, finding.object, finding.problem)?;
            writeln!(f, "    {}", finding.meaning())?;
            for line in finding.mend.lines() {
                writeln!(f, "    > {line}")?;
            }
        }
        for (finding, acceptance) in &self.accepted {
            let (code, object) = (&finding.code, &finding.object);
            writeln!(f, "accepted until {}: {code}: {object}: {}", acceptance.until, acceptance.reason)?;
        }
        for Acceptance { code, object, until, .. } in &self.expired {
            writeln!(f, "no longer accepted since {until}: {code}: {object}")?;
        }
        for Acceptance { code, object, .. } in &self.stale {
            writeln!(f, "accepted, and not found: {code}: {object}")?;
        }
        Ok(())
    }
}
