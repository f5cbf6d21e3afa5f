use ui_tests::*;

pub async fn case(authority: Authority, token: TenantToken, db: TenantDb) {
    _ = (&authority, &token);
    Project::find(&authority).fetch_all(&db).await.ok();
}

fn main() {}
