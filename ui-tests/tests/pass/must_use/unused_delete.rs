#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::delete(&token).all_rows().execute(&db).await.ok();
}
