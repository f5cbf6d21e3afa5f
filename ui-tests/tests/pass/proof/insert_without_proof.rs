use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::insert(&token, new_project()).execute(&db).await.ok();
}
