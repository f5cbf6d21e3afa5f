//! What makes the reports worth their name: they hold for row-level security, the tenants answer them differently, and a
//! leak of any table shows.

use std::collections::BTreeSet;

use sqlx::postgres::PgRow;

use super::reports::{Kind, Report};
use super::*;

/// The tables that a report reads.
fn tables(report: &Report) -> Vec<&'static str> {
    let words: BTreeSet<&str> = report.sql.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    TABLES.into_iter().filter(|table| words.contains(table)).collect()
}

#[test]
fn there_are_reports_of_both_kinds() {
    let names: BTreeSet<&str> = Report::every().map(|report| report.name).collect();
    assert_eq!(names.len(), Report::every().count(), "each name once");
    for kind in [Kind::Builder, Kind::Sql] {
        assert!(Report::every().filter(|report| report.kind == kind).count() >= 20, "{kind:?}");
    }
    let read: BTreeSet<&str> = Report::every().flat_map(|report| tables(&report)).collect();
    assert_eq!(read, BTreeSet::from(TABLES), "every table is read");
}

/// A report's own SQL on the tables of all tenants, in a transaction that one of them is bound to: row-level security alone
/// keeps it to that tenant.
async fn bound(db: &TenantDb, token: &TenantToken, report: &Report) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut tx = db.begin(token).await.expect("a transaction");
    sqlx::query(report.sql).fetch_all(tx.raw()).await
}

#[tokio::test]
async fn a_bound_transaction_reports_as_if_there_were_one_tenant() {
    let chinook = Chinook::shared().await;
    for report in Report::every() {
        chinook.same(report.name, async |db, token| bound(db, token, &report).await).await;
    }
}

/// What stands between the tenants there is the library's text alone, and this text says nothing of tenants. Of the reports
/// over few tables: each table more makes three times the rows.
#[tokio::test]
async fn without_policies_reports_are_wrong() {
    let chinook = Chinook::without_policies().await;
    for report in Report::every().filter(|report| tables(report).len() <= 3) {
        let differing = chinook.compare(&report, async |db, token| bound(db, token, &report).await).await;
        assert_eq!(differing.len(), 3, "{}: {differing:#?}", report.name);
    }
}

/// A report that two tenants answer alike would not show one's rows in place of the other's.
#[tokio::test]
async fn every_tenant_has_an_answer_of_its_own() {
    let chinook = Chinook::shared().await;
    for report in Report::every() {
        let mut answers = Vec::new();
        for tenant in &chinook.tenants {
            let rows = chinook.reference(tenant, report.sql).await;
            assert!(!rows.is_empty(), "{} has no rows for tenant {}", report.name, tenant.number);
            let mut distinct = rows.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), rows.len(), "rows of {} are alike: its order is none", report.name);
            answers.push(rows);
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert_ne!(answers[a], answers[b], "{} of tenants {} and {}", report.name, a + 1, b + 1);
        }
    }
}

/// One table of a report without its policy, the others sound: a temporary view of that table's rows of all tenants stands
/// before the reference's. The report must show it, or it guards nothing there.
#[tokio::test]
async fn a_leak_of_any_table_shows() {
    let chinook = Chinook::shared().await;
    let mut superuser = chinook.superuser().await;
    let mut silent = Vec::new();
    for report in Report::every() {
        for tenant in &chinook.tenants {
            let reference = chinook.reference(tenant, report.sql).await;
            for table in tables(&report) {
                let columns: String = sqlx::query_scalar(
                    "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
                     WHERE attrelid = ('ref_1.' || $1)::regclass AND attnum > 0 AND NOT attisdropped",
                )
                .bind(table)
                .fetch_one(&mut superuser)
                .await
                .expect("columns");
                let leak = format!("CREATE TEMPORARY VIEW {table} AS SELECT {columns} FROM public.{table}");
                run(&mut superuser, &leak).await.expect("a view");
                if rows(&mut superuser, &tenant.reference(), report.sql).await == reference {
                    silent.push(format!("{}: {table}, tenant {}", report.name, tenant.number));
                }
                run(&mut superuser, &format!("DROP VIEW pg_temp.{table}")).await.expect("no view");
            }
        }
    }
    assert!(silent.is_empty(), "leaks that do not show:\n{}", silent.join("\n"));
}

/// What a test of the library would see if the library bound another tenant.
#[tokio::test]
async fn the_rows_of_another_tenant_are_not_the_same() {
    let chinook = Chinook::shared().await;
    for report in Report::every() {
        let other = &chinook.tenants[1].token;
        let differing = chinook.compare(&report, async |db, _| bound(db, other, &report).await).await;
        assert_eq!(differing.len(), 2, "{}: all but tenant 2: {differing:#?}", report.name);
    }
}
