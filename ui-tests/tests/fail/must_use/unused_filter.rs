#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let p = Project::columns();
    p.size.eq(1);
    _ = (&token, &db);
}

fn main() {}
