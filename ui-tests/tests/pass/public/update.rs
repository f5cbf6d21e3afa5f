use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Page::update(&token).filter(|p| p.id.eq(id)).set(|p| p.text, "edited").execute(&db).await.ok();
}
