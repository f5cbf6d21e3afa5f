use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    let _rows: Vec<(Task, Option<Project>)> =
        Task::find(&token).left_join(|t| t.project_id).fetch_all(&db).await.unwrap();
}
