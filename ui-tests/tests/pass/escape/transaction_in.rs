use ui_tests::*;

pub async fn case(other: sqlx::PgTransaction<'static>, tx: TenantTx) {
    drop((other, tx));
}
