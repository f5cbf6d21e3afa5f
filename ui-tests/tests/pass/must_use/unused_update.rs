#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::update(&token).all_rows().set(|p| p.size, 1).execute(&db).await.ok();
}
