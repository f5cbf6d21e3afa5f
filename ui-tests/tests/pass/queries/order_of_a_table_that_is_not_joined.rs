use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token).inner_join(|t| t.project_id).order_by(|(_, p)| p.slug.asc()).fetch_all(&db).await.ok();
}
