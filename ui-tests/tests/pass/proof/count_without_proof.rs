use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::count(&token).fetch_one(&db).await.ok();
}
