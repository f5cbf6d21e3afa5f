use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let title = Task::columns().title;
    Project::find(&token).filter(|_| title.eq("x")).fetch_all(&db).await.ok();
}

fn main() {}
