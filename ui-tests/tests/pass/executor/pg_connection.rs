use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, mut conn: PgConnection) {
    _ = &mut conn;
    Project::find(&token).fetch_all(&db).await.ok();
}
