use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::find(&token).inner_join_many(Task::columns().project_id).fetch_all(&db).await.ok();
}
