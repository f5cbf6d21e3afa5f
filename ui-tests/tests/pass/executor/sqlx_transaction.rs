use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, mut other: sqlx::PgTransaction<'_>) {
    _ = &mut other;
    Project::find(&token).fetch_all(&db).await.ok();
}
