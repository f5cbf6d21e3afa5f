use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    db.begin(&tenant).await.ok();
    db.begin(&id).await.ok();
    db.begin("acme").await.ok();
    db.begin().await.ok();
}

fn main() {}
