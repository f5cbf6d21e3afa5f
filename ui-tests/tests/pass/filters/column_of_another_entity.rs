use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let slug = Project::columns().slug;
    Project::find(&token).filter(|_| slug.eq("x")).fetch_all(&db).await.ok();
}
