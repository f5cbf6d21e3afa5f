use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    let Ok(mut tx) = db.begin(&token).await else { return };
    Project::find(&token).fetch_all(tx.raw()).await.ok();
}

fn main() {}
