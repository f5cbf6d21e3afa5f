use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    let column = "revision";
    _ = column;
    sql!(&token, "SELECT p.revision FROM {Project} p").fetch_all::<(i64,), _>(&db).await.ok();
}
