use tenancy::danger::{CrossTenant, CrossTenantTx};
use ui_tests::*;

pub async fn case(_: CrossTenant, mut report: CrossTenantTx, token: TenantToken, db: TenantDb) {
    _ = &mut report;
    Project::find(&token).fetch_all(&db).await.ok();
}
