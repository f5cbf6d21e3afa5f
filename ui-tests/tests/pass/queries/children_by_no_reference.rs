use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token).of_each(|t| t.project_id, [Uuid::nil()]).fetch_all(&db).await.ok();
}
