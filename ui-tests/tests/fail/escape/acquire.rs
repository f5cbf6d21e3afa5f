use ui_tests::*;

pub async fn case(db: TenantDb) {
    db.acquire().await.ok();
}

fn main() {}
