use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::find(&token)
        .filter(|p| p.exists(Task::columns().project_id, |t| t.title.eq("x")))
        .fetch_all(&db)
        .await
        .ok();
}
