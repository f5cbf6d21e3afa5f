use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::update(&token).filter(|p| p.size.eq(2)).set(|p| p.size, 1).execute(&db).await.ok();
}
