#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).fetch_all(&db);
}

fn main() {}
