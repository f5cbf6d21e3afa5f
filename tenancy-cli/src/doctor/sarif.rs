//! The report as SARIF 2.1.0 (OASIS), which code scanning of GitHub, GitLab and Azure DevOps reads.
//!
//! A finding is in a database, so that its place is a logical location (section 3.33). Scanners want a file as well: that is the lock
//! file, which says what should be isolated, where there is one. What is accepted is
//! a result with a suppression (section 3.35), so that a scanner shows it as dismissed and not as gone. A fingerprint of code and object has a
//! scanner know a finding again.

use serde_json::{Value, json};
use tenancy_core::doctor::{Acceptance, Report};
use tenancy_core::schema::{Code, Finding, Severity};

use super::Examined;
use crate::explain;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &Report, examined: &Examined) -> Value {
    let file = examined.file.as_deref();
    let found = report.findings.iter().map(|finding| result(finding, None, file));
    let accepted =
        report.accepted.iter().map(|(finding, acceptance)| result(finding, Some(acceptance), file));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-tenancy",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://docs.rs/tenancy",
                "rules": Code::all().iter().map(rule).collect::<Vec<_>>(),
            } },
            // The objects are names of PostgreSQL's, and no columns of a text are counted.
            "columnKind": "unicodeCodePoints",
            "results": found.chain(accepted).collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

fn rule(code: &Code) -> Value {
    let text = explain::text(code.code).unwrap_or(code.meaning);
    json!({
        "id": code.code,
        "shortDescription": { "text": code.meaning },
        "help": { "text": text, "markdown": text },
        "defaultConfiguration": { "level": level(code.severity) },
        "properties": { "tags": ["security", "multitenancy"] },
    })
}

fn result(finding: &Finding, accepted: Option<&Acceptance>, file: Option<&str>) -> Value {
    let Finding { code, object, problem, mend, .. } = finding;
    let mut result = json!({
        "ruleId": code,
        "level": level(finding.severity()),
        "message": { "text": format!("{object}: {problem}\nTo mend it: {mend}") },
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": object }] }],
        "partialFingerprints": { "codeAndObject/v1": format!("{code}:{object}") },
    });
    if let Some(file) = file {
        result["locations"][0]["physicalLocation"] = json!({
            "artifactLocation": { "uri": file.replace('\\', "/") },
            "region": { "startLine": 1 },
        });
    }
    if let Some(Acceptance { reason, until, .. }) = accepted {
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": format!("{reason} (until {until})"),
        }]);
    }
    result
}
