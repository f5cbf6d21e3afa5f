use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    let text = "SELECT 1";
    sql!(&token, text).fetch_all::<(i64,), _>(&db).await.ok();
}

fn main() {}
