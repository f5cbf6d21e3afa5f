use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, tenant: TenantId, id: Uuid) {
    _ = (tenant, id);
    let note = Project::columns().note;
    Project::update(&token).all_rows().set(|_| note, "x").execute(&db).await.ok();
}
