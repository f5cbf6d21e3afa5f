use tenancy::danger::{CrossTenant, CrossTenantTx};
use ui_tests::*;

pub async fn case(_: CrossTenant, mut report: CrossTenantTx, token: TenantToken, db: TenantDb) {
    _ = (&token, &db);
    sqlx::query("SELECT 1").execute(&mut report).await.ok();
}

fn main() {}
