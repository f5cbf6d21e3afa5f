use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::insert_many(&tenant, [new_project()]).execute(&db).await.ok();
    Project::insert_many(&id, [new_project()]).execute(&db).await.ok();
    Project::insert_many("acme", [new_project()]).execute(&db).await.ok();
    Project::insert_many([new_project()]).execute(&db).await.ok();
}

fn main() {}
