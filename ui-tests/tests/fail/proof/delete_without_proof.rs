use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    Project::delete(&tenant).all_rows().execute(&db).await.ok();
    Project::delete(&id).all_rows().execute(&db).await.ok();
    Project::delete("acme").all_rows().execute(&db).await.ok();
    Project::delete().all_rows().execute(&db).await.ok();
}

fn main() {}
