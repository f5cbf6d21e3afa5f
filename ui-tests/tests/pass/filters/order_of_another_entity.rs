use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let slug = Project::columns().slug;
    Project::find(&token).order_by(|_| slug.asc()).fetch_all(&db).await.ok();
}
