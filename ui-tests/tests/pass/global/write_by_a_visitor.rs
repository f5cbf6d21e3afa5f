use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Tag::find(&site).fetch_all(&db).await.ok();
}
