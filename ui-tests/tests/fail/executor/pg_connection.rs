use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, mut conn: PgConnection) {
    _ = &db;
    Project::find(&token).fetch_all(&mut conn).await.ok();
}

fn main() {}
