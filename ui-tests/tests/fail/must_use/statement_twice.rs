#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let all = Project::find(&token);
    all.fetch_all(&db).await.ok();
    all.fetch_all(&db).await.ok();
}

fn main() {}
