use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, tenant: TenantId, id: Uuid) {
    _ = (tenant, id);
    Project::insert(&token, NewProject {}).execute(&db).await.ok();
}

fn main() {}
