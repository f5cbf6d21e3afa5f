use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Comment::find(&site).inner_join(|c| c.project_id).fetch_all(&db).await.ok();
}

fn main() {}
