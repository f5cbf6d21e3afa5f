use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|_| true).fetch_all(&db).await.ok();
}

fn main() {}
