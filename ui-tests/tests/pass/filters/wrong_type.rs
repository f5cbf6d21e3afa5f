use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|p| p.slug.eq("3")).fetch_all(&db).await.ok();
}
