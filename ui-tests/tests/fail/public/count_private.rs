use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Project::count(&site).fetch_one(&db).await.ok();
    Project::exists(&site).fetch_one(&db).await.ok();
}

fn main() {}
