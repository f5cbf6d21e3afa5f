use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    drop(tx.raw().tx);
}

fn main() {}
