use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Page::find(&site).for_update().fetch_all(&mut tx).await.ok();
}

fn main() {}
