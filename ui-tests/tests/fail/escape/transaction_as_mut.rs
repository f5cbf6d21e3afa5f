use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    let conn: &mut PgConnection = tx.as_mut();
    _ = conn;
}

fn main() {}
