#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let Ok(mut tx) = db.begin(&token).await else { return };
    Project::count(&token).fetch_one(&mut tx).await.ok();
    tx.commit().await.ok();
}
