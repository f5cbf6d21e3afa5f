use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    let conn: &mut PgConnection = &mut *tx;
    _ = conn;
}

fn main() {}
