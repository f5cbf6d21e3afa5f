use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    let conn: &mut PgConnection = tx.raw();
    _ = conn;
}

fn main() {}
