use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::update(&tenant).all_rows().set(|p| p.size, 1).execute(&db).await.ok();
    Project::update(&id).all_rows().set(|p| p.size, 1).execute(&db).await.ok();
    Project::update("acme").all_rows().set(|p| p.size, 1).execute(&db).await.ok();
    Project::update().all_rows().set(|p| p.size, 1).execute(&db).await.ok();
}

fn main() {}
