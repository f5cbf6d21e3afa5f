use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Tag::insert(&token, NewTag { name: "x".into() }).execute(&db).await.ok();
}
