#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::insert(&token, new_project()).execute(&db).await.ok();
}
