use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Page::find(&site)
        .left_join_many(Comment::columns().page_id)
        .left_join(|(_, c)| c.project_id)
        .fetch_all(&db)
        .await
        .ok();
}

fn main() {}
