use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::delete(&token).execute(&db).await.ok();
}

fn main() {}
