use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|p| p.note.is_null()).fetch_all(&db).await.ok();
}
