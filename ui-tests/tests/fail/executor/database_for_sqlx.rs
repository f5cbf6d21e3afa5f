use ui_tests::*;

pub async fn case(db: TenantDb, pool: PgPool) {
    _ = &pool;
    sqlx::query("SELECT 1").execute(&db).await.ok();
}

fn main() {}
