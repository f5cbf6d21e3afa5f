use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let slug = Project::columns().slug;
    Project::find(&token).filter(|p| p.slug.eq("x").and(slug.eq("x"))).fetch_all(&db).await.ok();
}
