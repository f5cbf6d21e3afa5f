use tenancy::danger::{CrossTenant, CrossTenantTx};
use ui_tests::*;

pub async fn case(_: CrossTenant, mut report: CrossTenantTx, token: TenantToken, db: TenantDb) {
    _ = (&token, &db);
    report.count::<Project>().fetch_one(&mut report).await.ok();
}
