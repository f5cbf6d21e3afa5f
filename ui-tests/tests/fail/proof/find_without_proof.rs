use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::find(&tenant).fetch_all(&db).await.ok();
    Project::find(&id).fetch_all(&db).await.ok();
    Project::find("acme").fetch_all(&db).await.ok();
    Project::find().fetch_all(&db).await.ok();
}

fn main() {}
