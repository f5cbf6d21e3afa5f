use ui_tests::*;

pub async fn case(authority: Authority, db: TenantDb) {
    let token = authority.authenticate("jwt").await;
    Project::find(&token).fetch_all(&db).await.ok();
}

fn main() {}
