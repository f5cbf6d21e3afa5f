use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Country::find(&token.tenant()).fetch_all(&db).await.ok();
}

fn main() {}
