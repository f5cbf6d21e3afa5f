use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::delete(&token).fetch_optional(&db).await.ok();
}

fn main() {}
