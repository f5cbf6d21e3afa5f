use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::update(&token).all_rows().set(|p| p.size, 1).execute(&db).await.ok();
}
