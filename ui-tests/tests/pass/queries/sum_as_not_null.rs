use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    let _sum: i64 = Project::find(&token).aggregate(|p| p.size.sum().or(0)).fetch_one(&db).await.unwrap();
}
