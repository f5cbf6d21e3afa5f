use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, pool: PgPool) {
    _ = &db;
    Project::find(&token).fetch_all(&pool).await.ok();
}

fn main() {}
