use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, id: Uuid, db: TenantDb) {
    _ = (&token, &site, id, &db);
    Project::find_by_id(&site, id).fetch_one(&db).await.ok();
}

fn main() {}
