use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, tenant: TenantId, id: Uuid) {
    _ = (tenant, id);
    Project::update(&token).all_rows().set(|p| p.note, None).execute(&db).await.ok();
}
