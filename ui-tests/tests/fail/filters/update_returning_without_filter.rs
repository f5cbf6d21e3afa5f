use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::update(&token).set(|p| p.size, 1).fetch_all(&db).await.ok();
}

fn main() {}
