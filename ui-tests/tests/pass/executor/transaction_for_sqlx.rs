use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    sqlx::query("SELECT 1").execute(tx.raw()).await.ok();
}
