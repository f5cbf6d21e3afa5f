use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, pool: PgPool) {
    _ = &pool;
    Project::find(&token).fetch_all(&db).await.ok();
}
