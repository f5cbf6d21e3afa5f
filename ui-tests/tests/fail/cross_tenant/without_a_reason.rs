use tenancy::danger::CrossTenant;
use ui_tests::*;

pub async fn case(reports: CrossTenant, _: TenantDb) {
    reports.begin("figures", "alice").await.ok();
}

fn main() {}
