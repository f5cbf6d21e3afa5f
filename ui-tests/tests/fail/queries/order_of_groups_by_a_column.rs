use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token)
        .group_by(|t| t.project_id)
        .order_by(|_, t| t.title.asc())
        .select(|id, _| id)
        .fetch_all(&db)
        .await
        .ok();
}

fn main() {}
