use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    _ = &token;
    Project::find(&token).fetch_all(&db).await.ok();
}
