use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Page::insert(&token, new_page()).execute(&db).await.ok();
}
