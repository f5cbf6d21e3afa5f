use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token).order_by(|_| Project::columns().slug.asc()).fetch_all(&db).await.ok();
}

fn main() {}
