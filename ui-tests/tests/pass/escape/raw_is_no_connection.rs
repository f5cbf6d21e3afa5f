use ui_tests::*;

pub async fn case(mut tx: TenantTx) {
    let raw: tenancy::RawSql<'_> = tx.raw();
    _ = raw;
}
