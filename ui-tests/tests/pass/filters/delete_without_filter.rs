use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::delete(&token).filter(|p| p.size.eq(2)).execute(&db).await.ok();
}
