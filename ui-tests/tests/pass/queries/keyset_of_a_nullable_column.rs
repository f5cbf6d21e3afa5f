use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::find(&token).keyset(|p| (p.slug.asc(), p.id.asc())).after(None).fetch_all(&db).await.ok();
}
