use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, mut other: sqlx::PgTransaction<'_>) {
    _ = &db;
    Project::find(&token).fetch_all(&mut *other).await.ok();
}

fn main() {}
