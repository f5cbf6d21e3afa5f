use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    _ = tx.raw();
}
