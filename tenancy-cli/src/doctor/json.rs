//! The report as JSON: `tenancy-cli/schemas/doctor.schema.json` says what stands where, and stays true over minor versions.

use serde_json::{Value, json};
use tenancy_core::doctor::{Acceptance, Report};
use tenancy_core::schema::{Code, Finding};

use super::Examined;

/// The version of the form. Fields may be added within one.
const FORMAT: u32 = 1;

pub(super) fn render(report: &Report, examined: &Examined) -> Value {
    json!({
        "format": FORMAT,
        "tool": { "name": "cargo-tenancy", "version": env!("CARGO_PKG_VERSION") },
        "clean": report.is_clean(),
        "examined": { "tables": examined.tables, "runtime_role": examined.runtime_role, "source": examined.source() },
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "accepted": report.accepted.iter().map(|(found, accepted)| {
            let mut value = finding(found);
            value["reason"] = json!(accepted.reason);
            value["until"] = json!(accepted.until);
            value
        }).collect::<Vec<_>>(),
        "expired": report.expired.iter().map(acceptance).collect::<Vec<_>>(),
        "stale": report.stale.iter().map(acceptance).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "severity": finding.severity(),
        "decides": Code::find(&finding.code).is_some_and(|code| code.decides),
        "object": finding.object,
        "problem": finding.problem,
        "meaning": finding.meaning(),
        "mend": finding.mend,
        "sql": finding.sql(),
    })
}

fn acceptance(acceptance: &Acceptance) -> Value {
    let Acceptance { code, object, reason, until, .. } = acceptance;
    json!({ "code": code, "object": object, "reason": reason, "until": until })
}
