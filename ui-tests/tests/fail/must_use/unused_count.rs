#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::count(&token);
    _ = &db;
}

fn main() {}
