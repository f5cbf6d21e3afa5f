use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::update(&token).set(|p| p.size, 1).execute(&db).await.ok();
}

fn main() {}
