use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    db.begin(&token).await.ok();
}
