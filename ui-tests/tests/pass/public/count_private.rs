use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Page::count(&site).fetch_one(&db).await.ok();
    Page::exists(&site).fetch_one(&db).await.ok();
}
