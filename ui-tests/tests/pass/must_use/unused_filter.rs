#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let p = Project::columns();
    Project::find(&token).filter(|_| p.size.eq(1)).fetch_all(&db).await.ok();
}
