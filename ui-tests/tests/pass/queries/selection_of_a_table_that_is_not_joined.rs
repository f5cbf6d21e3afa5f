use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token).inner_join(|t| t.project_id).select(|(_, p)| p.slug).fetch_all(&db).await.ok();
}
