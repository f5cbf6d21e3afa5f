use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::find(&token).aggregate(|p| p.size.sum()).fetch_one(&db).await.ok();
}
