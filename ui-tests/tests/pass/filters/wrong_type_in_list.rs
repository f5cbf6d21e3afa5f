use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|p| p.size.in_([1])).fetch_all(&db).await.ok();
}
