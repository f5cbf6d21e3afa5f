use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find_by_id(&token, 7).fetch_optional(&db).await.ok();
}

fn main() {}
