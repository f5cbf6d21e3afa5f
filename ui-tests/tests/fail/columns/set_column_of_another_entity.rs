use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, tenant: TenantId, id: Uuid) {
    _ = (tenant, id);
    let title = Task::columns().title;
    Project::update(&token).all_rows().set(|_| title, "x").execute(&db).await.ok();
}

fn main() {}
