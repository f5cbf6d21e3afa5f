use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::insert(&tenant, new_project()).execute(&db).await.ok();
    Project::insert(&id, new_project()).execute(&db).await.ok();
    Project::insert("acme", new_project()).execute(&db).await.ok();
    Project::insert(new_project()).execute(&db).await.ok();
}

fn main() {}
