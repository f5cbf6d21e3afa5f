use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::exists(&tenant).fetch_one(&db).await.ok();
    Project::exists(&id).fetch_one(&db).await.ok();
    Project::exists("acme").fetch_one(&db).await.ok();
    Project::exists().fetch_one(&db).await.ok();
}

fn main() {}
