use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token)
        .filter(|t| t.title.eq("x"))
        .group_by(|t| t.title)
        .select(|title, _| title)
        .fetch_all(&db)
        .await
        .ok();
}
