use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Page::update(&site).filter(|p| p.id.eq(id)).set(|p| p.text, "defaced").execute(&db).await.ok();
}

fn main() {}
