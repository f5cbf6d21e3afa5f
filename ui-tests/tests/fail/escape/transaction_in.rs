use ui_tests::*;

pub async fn case(other: sqlx::PgTransaction<'static>, tx: TenantTx) {
    drop((TenantTx::from(other), tx));
}

fn main() {}
