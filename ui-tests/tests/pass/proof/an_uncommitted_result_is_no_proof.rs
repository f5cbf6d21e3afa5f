use ui_tests::*;

pub async fn case(authority: Authority, db: TenantDb) {
    let Ok(token) = authority.authenticate("jwt").await else { return };
    Project::find(&token).fetch_all(&db).await.ok();
}
