use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let title = Task::columns().title;
    Project::find(&token).order_by(|_| title.asc()).fetch_all(&db).await.ok();
}

fn main() {}
