use ui_tests::*;

pub async fn case(mut tx: TenantTx, mut superuser: PgConnection) {
    _ = (tx.raw(), &mut superuser);
}
