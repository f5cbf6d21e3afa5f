use ui_tests::*;

pub async fn case(tx: TenantTx) {
    let mut tx = tx;
    let raw = tx.raw();
    tx.commit().await.ok();
    sqlx::query("SELECT 1").execute(raw).await.ok();
}

fn main() {}
