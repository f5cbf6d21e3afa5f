use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Task::find(&token)
        .group_by(|t| t.title)
        .having(|t| t.title.eq("x"))
        .select(|title, _| title)
        .fetch_all(&db)
        .await
        .ok();
}

fn main() {}
