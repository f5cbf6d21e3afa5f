use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Page::delete(&token).filter(|p| p.id.eq(id)).execute(&db).await.ok();
}
