use tenancy::danger::{CrossTenant, Reason};
use ui_tests::*;

pub async fn case(reports: CrossTenant, _: TenantDb) {
    reports.begin(Reason::new("figures"), "alice").await.ok();
}
