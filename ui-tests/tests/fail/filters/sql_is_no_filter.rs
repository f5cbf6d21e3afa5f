use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|_| "size = 1").fetch_all(&db).await.ok();
}

fn main() {}
