#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let Ok(tx) = db.begin(&token).await else { return };
    tx.commit().await.ok();
}
