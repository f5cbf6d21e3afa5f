use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    _ = &token;
    Project::find(&db).fetch_all(&db).await.ok();
}

fn main() {}
