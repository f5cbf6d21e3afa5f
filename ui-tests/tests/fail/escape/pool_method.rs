use ui_tests::*;

pub async fn case(db: TenantDb) {
    drop(db.pool());
}

fn main() {}
