use ui_tests::*;

pub async fn case(db: TenantDb, pool: PgPool) {
    _ = &db;
    sqlx::query("SELECT 1").execute(&pool).await.ok();
}
