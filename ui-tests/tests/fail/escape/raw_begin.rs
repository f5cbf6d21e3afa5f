use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    sqlx::Acquire::begin(tx.raw()).await.ok();
}

fn main() {}
