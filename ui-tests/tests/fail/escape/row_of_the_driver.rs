use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let Ok(row) = Project::find(&token).fetch_one(&db).await else { return };
    drop(sqlx::Row::columns(&row));
}

fn main() {}
