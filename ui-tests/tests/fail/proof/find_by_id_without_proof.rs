use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::find_by_id(&tenant, id).fetch_optional(&db).await.ok();
    Project::find_by_id(&id, id).fetch_optional(&db).await.ok();
    Project::find_by_id("acme", id).fetch_optional(&db).await.ok();
    Project::find_by_id(id).fetch_optional(&db).await.ok();
}

fn main() {}
