use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, tenant: TenantId, id: Uuid) {
    _ = (tenant, id);
    Project::update(&token).all_rows().set(|p| p.revision, 1).execute(&db).await.ok();
}

fn main() {}
