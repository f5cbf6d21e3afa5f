use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::delete(&token).all_rows().fetch_optional(&db).await.ok();
}
