use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    sql!(&token, "SELECT count(*) FROM {Project} p WHERE p.size > {}").fetch_all::<(i64,), _>(&db).await.ok();
}

fn main() {}
