use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|p| p.slug.is_null()).fetch_all(&db).await.ok();
}

fn main() {}
