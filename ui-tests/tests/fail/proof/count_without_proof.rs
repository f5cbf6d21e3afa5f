use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::count(&tenant).fetch_one(&db).await.ok();
    Project::count(&id).fetch_one(&db).await.ok();
    Project::count("acme").fetch_one(&db).await.ok();
    Project::count().fetch_one(&db).await.ok();
}

fn main() {}
