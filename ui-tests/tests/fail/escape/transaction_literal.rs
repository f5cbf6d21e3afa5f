use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    drop(TenantTx { token, db });
}

fn main() {}
